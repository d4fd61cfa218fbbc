"""Settling and advancing: virtual time, quiet windows, limits, and who still moves when a bound ends a run."""

from __future__ import annotations

import attrs
import pytest
from cluster_models.small import applied, booted, calm, clerk, config_map, data, idler, patch, pod

from kcore.api.object import ObjectKey
from kcore.client.turn import Turn
from kcore.cluster.clock import next_event_time
from kcore.cluster.events import TimePassed
from kcore.machine import Refusal
from kcore.model import START, UnsettledError, advance, settle


def every(period, times):
    """A reconcile that writes its map every `period` ms, so many times."""

    def reconcile(memory, view, key):
        count = memory or 0
        if count == times or view.get(ObjectKey(*key)) is None:
            return Turn(memory=count)
        if memory is not None and not view.elapsed(START + count * period, 0):
            return Turn(memory=count, wake_at=START + count * period)
        return Turn(memory=count + 1, requests=(patch(count=str(count + 1)),), wake_at=START + (count + 1) * period)

    return reconcile


def writing(period, times):
    """A cluster with a map that is written every so often."""
    model, state = booted(clerk(every(period, times)))
    return model, applied(model, state, config_map())


def test_settle_runs_until_nothing_has_changed_for_the_quiet_window():
    """Three writes a second apart, then two seconds of quiet."""
    model, state = writing(1000, 3)
    settled = settle(model, state, quiet=2000)

    assert data(settled.state) == {"count": "3"}
    assert settled.state.now == START + 2000 + 2000
    assert settled.quiet


def test_a_quiet_window_shorter_than_the_pauses_settles_early():
    """Half a second of quiet after the first write is enough."""
    model, state = writing(1000, 3)
    settled = settle(model, state, quiet=500)

    assert data(settled.state) == {"count": "1"}
    assert settled.state.now == START + 500


def test_settle_ends_at_its_limit_and_says_that_it_is_not_quiet():
    """What moves for ever does not settle."""
    model, state = writing(1000, 10**6)
    settled = settle(model, state, quiet=2000, limit=5000)

    assert settled.state.now == START + 5000
    assert not settled.quiet
    assert data(settled.state) == {"count": "6"}


def test_settling_what_is_settled_only_waits():
    """No event but the passing of the window."""
    model, state = writing(1000, 1)
    once = settle(model, state)
    twice = settle(model, once.state)

    assert twice.events == 0
    assert twice.state.store is once.state.store
    assert twice.state.now == once.state.now + 2000


def test_a_run_that_never_ends_names_who_still_moves():
    """The most active comes first."""

    def restless(memory, view, key):
        return Turn(wake_at=view.now())

    model, state = booted(clerk(restless), clerk(idler, family="idle"))
    with pytest.raises(UnsettledError, match="not settled after 100 events; still moving: clerk@m1") as error:
        settle(model, applied(model, state, config_map()), max_events=100)

    assert error.value.moving == ("clerk@m1",)
    assert error.value.events == 100


def test_advance_runs_what_is_due_before_a_time_and_stops_the_clock_there():
    """What is due at that very time has not happened yet."""
    model, state = writing(1000, 5)
    before = advance(model, state, START + 2000)
    after = advance(model, before, START + 2001)

    assert (before.now, data(before)) == (START + 2000, {"count": "2"})
    assert (after.now, data(after)) == (START + 2001, {"count": "3"})


def test_advancing_in_steps_comes_to_the_same_as_at_once():
    """Where the clock is stopped on the way makes no difference."""
    model, state = booted(nodes=2)
    state = applied(model, state, pod("a"), pod("b"))
    at_once = advance(model, state, START + 5000)
    for until in (1, 100, 149, 150, 151, 300, 301, 2000, 5000):
        state = advance(model, state, START + until)

    assert state == at_once


@pytest.mark.parametrize("until", [START, START - 1, 0], ids=["now", "just before", "long ago"])
def test_a_time_that_has_come_changes_nothing(until):
    """The clock does not run backwards; the same state comes back."""
    model, state = writing(1000, 1)

    assert advance(model, state, until) is state


def test_the_next_event_time_is_now_while_something_is_due():
    """Then it is that of the first alarm, and at the end there is none."""
    model, state = writing(1000, 2)
    waiting, _, _ = calm(model, state)
    end = settle(model, state).state

    assert next_event_time(state) == START
    assert next_event_time(waiting) == START + 1000
    assert next_event_time(end) is None


def test_the_next_event_time_sees_the_world_too():
    """A container that starts is due when its image is there."""
    model, state = booted(nodes=1)
    waiting, _, _ = calm(model, applied(model, state, pod("p")))

    assert next_event_time(waiting) == START + waiting.config.pod_start


def test_time_passes_to_the_next_event_and_not_beyond():
    """Nothing is skipped, and nothing runs backwards."""
    model, state = writing(1000, 2)
    waiting, _, _ = calm(model, state)

    assert model.next_move(waiting) == TimePassed(START + 1000)
    assert "something is due before" in str(model.step(waiting, TimePassed(START + 1001)))
    assert "does not run backwards" in str(model.step(waiting, TimePassed(START - 1)))
    assert not isinstance(model.step(waiting, TimePassed(START + 999)), Refusal)


def test_no_event_of_a_run_makes_the_clock_go_back():
    """Time passes only by its own event, and only forwards."""
    model, state = booted(nodes=2)
    state = applied(model, state, pod("a"), pod("b", image="x"))
    times = [state.now]

    def watch(event, step):
        moved = step.state.now != times[-1]
        assert not moved or isinstance(event, TimePassed)
        times.append(step.state.now)

    settle(model, state, watcher=watch)

    assert times == sorted(times)
    assert len(set(times)) > 2


def test_an_old_state_still_steps_the_same_after_the_run_has_gone_on():
    """A fork is a reference: two runs from one state are equal, and neither touches it."""
    model, state = booted(nodes=2)
    state = applied(model, state, pod("a"))
    kept = attrs.evolve(state)
    one = settle(model, state)
    applied(model, one.state, pod("b"))
    other = settle(model, state)

    assert one == other
    assert state == kept


def test_two_runs_take_the_same_events():
    """The same input gives the same run."""
    runs = []
    for _ in range(2):
        model, state = booted(nodes=3)
        events = []
        settle(
            model,
            applied(model, state, *(pod(f"p{number}") for number in range(5))),
            watcher=lambda event, step, events=events: events.append((event, step.notes)),
        )
        runs.append(events)

    assert runs[0] == runs[1]
    assert len(runs[0]) > 20
