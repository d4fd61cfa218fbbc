"""Events through both APIs: the same objects under two sets of names, and what each API asks of them."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.api.core.event import Event
from kcore.api.json import Json
from kcore.api.object import ObjectKey, OpaqueObject
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, PatchType, Request, Verb

NOW = 946_684_800_000
V1 = "Event.events.k8s.io"
AT = "2000-01-01T00:00:00.000001Z"

CORE = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "web.1", "namespace": "default"},
    "involvedObject": {"kind": "Pod", "name": "web", "namespace": "default"},
    "reason": "Killing",
    "message": "Stopping container c",
    "source": {"component": "kubelet", "host": "n1"},
    "firstTimestamp": "2000-01-01T00:00:00Z",
    "lastTimestamp": "2000-01-01T00:00:05Z",
    "count": 3,
    "type": "Normal",
}
NEW = {
    "apiVersion": "events.k8s.io/v1",
    "kind": "Event",
    "metadata": {"name": "web.2", "namespace": "default"},
    "eventTime": AT,
    "regarding": {"kind": "Pod", "name": "web", "namespace": "default"},
    "reason": "Scheduled",
    "action": "Binding",
    "note": "Successfully assigned default/web to n1",
    "reportingController": "default-scheduler",
    "reportingInstance": "default-scheduler-m1",
    "type": "Normal",
}


def changed(wire, **fields):
    return {name: value for name, value in {**copy.deepcopy(wire), **fields}.items() if value is not None}


def create(server, wire):
    return server.ask(Verb.CREATE, V1, body=wire)


def test_what_the_core_api_writes_is_read_through_the_other(server):
    """The fields have their other names there."""
    server.make(CORE)
    found = server.ask(Verb.GET, V1, "web.1").object
    wire = to_wire(found)

    assert isinstance(found, OpaqueObject)
    assert (wire["apiVersion"], wire["kind"], wire["note"]) == ("events.k8s.io/v1", "Event", "Stopping container c")
    assert wire["regarding"] == CORE["involvedObject"]
    assert wire["deprecatedSource"] == CORE["source"]
    assert (wire["deprecatedCount"], wire["deprecatedLastTimestamp"]) == (3, "2000-01-01T00:00:05Z")
    assert {"message", "involvedObject", "source", "count"}.isdisjoint(wire)


def test_what_the_other_api_writes_is_read_through_the_core(server):
    """There is one object, of the core's kind."""
    made = create(server, NEW).object
    found = server.get("Event", "web.2")

    assert isinstance(found, Event)
    assert (found.message, found.reporting_component, found.action) == (NEW["note"], "default-scheduler", "Binding")
    assert to_wire(found)["eventTime"] == AT
    assert made.metadata == found.metadata
    assert [one.metadata.name for one in server.ask(Verb.LIST, V1).items] == ["web.2"]


@pytest.mark.parametrize(
    ("change", "causes"),
    [
        pytest.param({"eventTime": None}, ["eventTime"], id="no time"),
        pytest.param({"type": "Error"}, ["type"], id="a type that is none"),
        pytest.param({"deprecatedCount": 2}, ["count"], id="a count"),
        pytest.param({"deprecatedFirstTimestamp": "2000-01-01T00:00:00Z"}, ["firstTimestamp"], id="a first time"),
        pytest.param({"deprecatedLastTimestamp": "2000-01-01T00:00:00Z"}, ["lastTimestamp"], id="a last time"),
        pytest.param({"deprecatedSource": {"host": "n1"}}, ["source"], id="a source"),
        pytest.param({"series": {"count": 1, "lastObservedTime": AT}}, ["series.count"], id="a series of one"),
        pytest.param({"series": {"count": 2}}, ["series.lastObservedTime"], id="a series without a time"),
        pytest.param({"reportingController": None}, ["reportingController"] * 3, id="nobody who reports"),
        pytest.param({"action": None}, ["action"], id="no action"),
        pytest.param({"reason": "x" * 129}, ["reason"], id="a reason that is too long"),
        pytest.param({"note": "x" * 1025}, ["message"], id="a note that is too long"),
        pytest.param({"metadata": {"name": "Web", "namespace": "default"}}, ["metadata.name"], id="a bad name"),
    ],
)
def test_an_event_of_the_new_api_is_held_to_more(server, change, causes):
    """Each fault is a cause of a 422, under the name that the core API has for the field."""
    response = create(server, changed(NEW, **change))

    assert (response.code, response.reason) == (422, "Invalid")
    assert sorted({one.field for one in response.status.causes}) == sorted(set(causes))
    assert response.status.message.startswith('Event "')


@pytest.mark.parametrize("change", [{"eventTime": None, "action": None, "type": "x"}, {"count": 5}, {"source": {}}])
def test_the_core_api_takes_what_the_other_does_not(server, change):
    """For older clients much may be left open."""
    assert server.create(changed(CORE, **change)).code == 201


SERIES = {"count": 2, "lastObservedTime": AT}


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        pytest.param({"series": SERIES}, 200, id="the series"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, 200, id="labels"),
        pytest.param({"series": {"count": 1, "lastObservedTime": AT}}, 422, id="a series of one"),
        pytest.param({"note": "else"}, 422, id="the note"),
        pytest.param({"reason": "Else"}, 422, id="the reason"),
        pytest.param({"regarding": {"name": "else"}}, 422, id="what it is about"),
        pytest.param({"type": "Warning"}, 422, id="the type"),
        pytest.param({"deprecatedCount": 4}, 422, id="the count"),
        pytest.param({"color": "red"}, 400, id="a field that there is not"),
    ],
)
@pytest.mark.parametrize("how", [PatchType.MERGE, PatchType.STRATEGIC], ids=lambda how: how.name.lower())
def test_of_an_event_only_the_series_changes(server, how, patch, code):
    """Through the new API all else is fixed."""
    create(server, NEW)
    response = server.ask(Verb.PATCH, V1, "web.2", body=patch, patch_type=how, strict=True)

    assert response.code == code
    assert server.get("Event", "web.2").series is not None or "series" not in patch or code != 200


def test_through_the_core_anything_changes(server):
    """The core API lets a count rise and a message change."""
    server.make(CORE)
    response = server.merge("Event", "web.1", {"count": 4, "message": "else"})

    assert (response.code, response.object.count, response.object.message) == (200, 4, "else")


def test_an_update_creates_what_is_not_there(server):
    """Through either API, and by the rules of a create."""
    update = server.ask(Verb.UPDATE, V1, "web.2", body=NEW)
    refused = server.ask(Verb.UPDATE, V1, "web.3", body=changed(NEW, metadata={"name": "web.3"}, eventTime=None))

    assert (update.code, refused.code) == (201, 422)


def test_an_event_is_applied_through_the_new_api(server):
    """What is applied and not there is created, what is there is changed."""
    for series in (None, SERIES):
        body = changed(NEW, series=series)
        response = server.ask(
            Verb.PATCH, V1, "web.2", body=body, patch_type=PatchType.APPLY, field_manager="me", force=True
        )
        assert response.status is None, response.status

    assert server.get("Event", "web.2").series.count == 2


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        pytest.param("regarding.kind=Pod,regarding.name=web", ["web.1", "web.2"], id="what it is about"),
        pytest.param("reportingController=default-scheduler", ["web.2"], id="who reports"),
        pytest.param("reason!=Scheduled,type=Normal", ["web.1"], id="reason and type"),
        pytest.param("involvedObject.kind=Pod", None, id="a name of the core API"),
    ],
)
def test_events_are_selected_by_their_names_here(server, selector, found):
    """The fields that may be selected by have their other names too."""
    server.make(CORE)
    create(server, NEW)
    response = server.ask(Verb.LIST, V1, field_selector=selector)

    assert response.code == (400 if found is None else 200)
    assert found is None or [one.metadata.name for one in response.items] == found


def test_a_watch_tells_of_events_in_the_words_of_its_api(server):
    """A change that the core API made is told under the new names, with the key of the new kind."""
    since = str(server.store.revision)
    server.make(CORE)
    server.delete("Event", "web.1")
    changes = server.ask(Verb.WATCH, V1, resource_version=since).changes

    assert [(one.type.value, one.key.kind) for one in changes] == [("ADDED", V1), ("DELETED", V1)]
    assert to_wire(changes[0].new)["note"] == CORE["message"]


def test_a_missing_event_is_not_found(server):
    """Reads, patches and deletes of what is not there are a 404."""
    assert server.ask(Verb.GET, V1, "x").code == 404
    assert server.ask(Verb.DELETE, V1, "x").code == 404
    assert server.ask(Verb.PATCH, V1, "x", body={}, patch_type=PatchType.MERGE).code == 404


texts = st.text("abc", max_size=3)
events = st.fixed_dictionaries(
    {"involvedObject": st.fixed_dictionaries({"name": texts, "kind": texts}), "message": texts, "reason": texts},
    optional={
        "count": st.integers(1, 9),
        "type": st.sampled_from(["Normal", "Warning"]),
        "source": st.fixed_dictionaries({"component": texts}),
        "firstTimestamp": st.just("2000-01-01T00:00:00Z"),
        "series": st.just(SERIES),
        "reportingComponent": texts,
        "related": st.fixed_dictionaries({"name": texts}),
    },
)


@given(events)
def test_an_update_with_what_was_read_changes_nothing(fields):
    """Reading through either API and writing back is no change, whatever the event says."""
    store = bootstrap(NOW)
    wire = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"}, **fields}
    key = ObjectKey("Event", "default", "e")
    store = handle(store, Request(verb=Verb.CREATE, key=key, body=Json.of(wire)), Context(now=NOW)).store
    for kind in ("Event", V1):
        there = key._replace(kind=kind)
        found = handle(store, Request(verb=Verb.GET, key=there), Context(now=NOW)).response.object
        body = Json.of(to_wire(found))
        options = Options(strict=True)
        after = handle(store, Request(verb=Verb.UPDATE, key=there, body=body, options=options), Context(now=NOW))

        assert after.response.code == 200
        assert after.store is store
