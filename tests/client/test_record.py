"""What a recorder makes of what it is told: events with counts, combined ones, series, and silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.core.references import ObjectReference
from kcore.client.record import NOTHING_TOLD, Occurrence, correlate, correlate_series
from kcore.client.record.event import event_name
from kcore.client.record.events_cache import ALIKE_FOR, BURST, COMBINED, REFILL
from kcore.client.record.series import FINISH_TIME

START = 946_684_800_000
POD = ObjectReference(kind="Pod", namespace="shop", name="web", uid="u", api_version="v1")


def occurrence(message="m", reason="Pulled", **content):
    return Occurrence(component="kubelet", host="n1", about=POD, reason=reason, message=message, **content)


class Recorder:
    """A recorder of one source and object: the events as a server would hold them by name, and how many were told."""

    def __init__(self, stage=correlate):
        self.stage = stage
        self.told = NOTHING_TOLD
        self.now = START
        self.events = {}
        self.kept = 0

    def tell(self, one, after=0):
        self.now += after
        name = next(name for name in (event_name(one, self.now, n) for n in range(100)) if name not in self.events)
        self.told, event = self.stage(self.told, one, name, self.now)
        if event is not None:
            self.events[event.metadata.name] = event
            self.kept += 1
        return event


def test_an_event_says_who_what_and_when():
    """The first of its kind counts one, lies with its object, and is called after it and the time."""
    event = Recorder().tell(occurrence("hello", type="Warning"))

    assert (event.metadata.namespace, event.metadata.name) == ("shop", f"web.{START * 1_000_000:x}")
    assert (event.involved_object, event.reason, event.message, event.type) == (POD, "Pulled", "hello", "Warning")
    assert (event.source.component, event.source.host) == ("kubelet", "n1")
    assert (event.reporting_component, event.reporting_instance) == ("kubelet", "n1")
    assert (event.count, event.first_timestamp, event.last_timestamp) == (1, START // 1000, START // 1000)
    assert (event.event_time, event.series) == (None, None)


def test_what_has_no_namespace_is_told_of_in_default():
    """A node's events lie there."""
    about = ObjectReference(kind="Node", name="n1")

    assert Occurrence(component="x", about=about, reason="R", message="m").namespace == "default"


def test_the_same_again_is_counted():
    """The event keeps its name and its first time, and its last time moves on."""
    recorder = Recorder()
    first = recorder.tell(occurrence())
    again = recorder.tell(occurrence(), after=5_000)

    assert again.metadata.name == first.metadata.name
    assert (again.count, again.first_timestamp, again.last_timestamp) == (2, START // 1000, START // 1000 + 5)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(occurrence("else"), id="another message"),
        pytest.param(occurrence(reason="Created"), id="another reason"),
        pytest.param(occurrence(type="Warning"), id="another type"),
        pytest.param(
            Occurrence(
                component="kubelet",
                host="n1",
                about=ObjectReference(
                    kind="Pod", namespace="shop", name="web", uid="u", field_path="spec.containers{c}"
                ),
                reason="Pulled",
                message="m",
            ),
            id="another container",
        ),
    ],
)
def test_anything_else_is_another_event(other):
    """Only what is the same in all that can be told of it is counted."""
    recorder = Recorder()
    recorder.tell(occurrence())

    assert recorder.tell(other).count == 1
    assert len(recorder.events) == 2


def test_ten_of_a_kind_are_combined():
    """From the tenth message on there is one event that says so, with the latest message and a count of its own."""
    recorder = Recorder()
    told = [recorder.tell(occurrence(f"m{number:02}"), after=1000) for number in range(12)]

    assert [event.count for event in told] == [1] * 10 + [2, 3]
    assert [event.message for event in told[8:]] == ["m08", f"{COMBINED}m09", f"{COMBINED}m10", f"{COMBINED}m11"]
    assert len(recorder.events) == 10


def test_events_long_apart_are_not_combined():
    """Ten minutes without one of a kind, and counting begins anew."""
    recorder = Recorder()
    for number in range(9):
        recorder.tell(occurrence(f"m{number}"))
    late = recorder.tell(occurrence("m9"), after=ALIKE_FOR + 1)

    assert late.message == "m9"


def test_a_source_that_tells_too_much_is_not_heard():
    """25 events at once about an object, then one each five minutes."""
    recorder = Recorder()
    told = [recorder.tell(occurrence()) for _ in range(BURST + 2)]
    later = [recorder.tell(occurrence(), after=REFILL) for _ in range(2)]

    assert [event is not None for event in told] == [True] * BURST + [False] * 2
    assert [event.count for event in later] == [BURST + 1, BURST + 2]
    assert recorder.tell(occurrence(), after=REFILL // 2) is None


SCHEDULING = {"reason": "FailedScheduling", "action": "Scheduling", "type": "Warning"}


def test_an_event_of_the_new_api_has_a_time_and_an_action():
    """It has no count, no source and no first time."""
    event = Recorder(correlate_series).tell(occurrence(**SCHEDULING, related=POD))

    assert (event.event_time, event.action, event.related) == (START * 1000, "Scheduling", POD)
    assert (event.reporting_component, event.reporting_instance) == ("kubelet", "kubelet-n1")
    assert (event.count, event.first_timestamp, event.source.component, event.series) == (0, None, "", None)


def test_a_series_counts_from_the_second_time():
    """The event stays as it was told first; the series says how often and when last, whatever the message."""
    recorder = Recorder(correlate_series)
    first = recorder.tell(occurrence("a", **SCHEDULING))
    second = recorder.tell(occurrence("b", **SCHEDULING), after=1000)
    third = recorder.tell(occurrence("a", **SCHEDULING), after=1000)

    assert {one.metadata.name for one in (first, second, third)} == {first.metadata.name}
    assert [one.event_time for one in (first, second, third)] == [START * 1000] * 3
    assert (second.series.count, third.series.count) == (2, 3)
    assert third.series.last_observed_time == (START + 2000) * 1000


def test_a_series_ends():
    """After six minutes without it the same is told anew."""
    recorder = Recorder(correlate_series)
    first = recorder.tell(occurrence(**SCHEDULING))
    goes_on = recorder.tell(occurrence(**SCHEDULING), after=FINISH_TIME - 1)
    anew = recorder.tell(occurrence(**SCHEDULING), after=FINISH_TIME)

    assert goes_on.metadata.name == first.metadata.name
    assert (anew.metadata.name != first.metadata.name, anew.series) == (True, None)


def test_another_action_or_object_is_another_series():
    """A pod that is bound and one that has no place are told of apart."""
    recorder = Recorder(correlate_series)
    for action in ("Scheduling", "Binding"):
        for related in (None, POD):
            recorder.tell(Occurrence(component="s", about=POD, reason="R", message="m", action=action, related=related))

    assert len(recorder.events) == 4


stories = st.lists(
    st.tuples(st.sampled_from([f"m{n}" for n in range(14)]), st.sampled_from(["A", "B"]), st.integers(0, 700_000)),
    max_size=60,
)


@given(stories)
def test_nothing_that_is_kept_is_lost_from_the_counts(story):
    """The counts of all events make up what was not silenced, and each event's times are in order."""
    recorder = Recorder()
    for message, reason, after in story:
        recorder.tell(occurrence(message, reason), after)

    assert sum(event.count for event in recorder.events.values()) == recorder.kept
    assert all(event.first_timestamp <= event.last_timestamp for event in recorder.events.values())


@given(stories)
def test_a_source_is_never_louder_than_its_limit(story):
    """Whatever happens when, at most 25 events and one more each five minutes are kept."""
    recorder = Recorder()
    for message, reason, after in story:
        recorder.tell(occurrence(message, reason), after)

        assert recorder.kept <= BURST + (recorder.now - START) // REFILL


@given(stories)
def test_a_series_loses_nothing(story):
    """What was told is one for each event, and for each series as many as it counts."""
    recorder = Recorder(correlate_series)
    for message, reason, after in story:
        recorder.tell(occurrence(message, reason, action="A"), after)
    counts = [1 if event.series is None else event.series.count for event in recorder.events.values()]

    assert sum(counts) == recorder.kept == len(story)
