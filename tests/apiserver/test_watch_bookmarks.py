"""Watches that begin with what is there, and bookmarks, by which a watcher goes on where nothing concerned it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.kinds import by_name, key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Bookmark
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.store import Store

STREAM = {"send_initial_events": True, "resource_version_match": "NotOlderThan", "allow_watch_bookmarks": True}


def config_map(name, value="", **labels):
    meta = {"name": name, "namespace": "default", "labels": labels}
    return from_wire({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"v": value}})


def node(name):
    return from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})


def watched(store, **options):
    request = Request(verb=Verb.WATCH, key=ObjectKey("ConfigMap", "", ""), options=Options(**options))
    return handle(store, request, Context(now=0)).response


def told(response):
    return [(one.type.value, one.key.name) for one in response.changes]


@pytest.fixture
def store():
    """Two ConfigMaps, then two Nodes, at revision 4."""
    return Store.of([config_map("a"), config_map("b"), node("n1")]).put(node("n2"))


@pytest.mark.parametrize("version", ["", "0", "2", "4"])
def test_a_stream_begins_with_what_is_there(store, version):
    """The objects come as additions, then the bookmark that says that these were all."""
    response = watched(store, resource_version=version, **STREAM)

    assert told(response) == [("ADDED", "a"), ("ADDED", "b")]
    assert response.bookmark == Bookmark(revision=4, initial_events_end=True)


def test_the_end_of_the_beginning_is_marked(store):
    """The bookmark is an object of the kind with a revision and the annotation, and nothing else."""
    bookmark = watched(store, **STREAM).bookmark

    assert bookmark.wire(by_name("cm")) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"resourceVersion": "4", "annotations": {"k8s.io/initial-events-end": "true"}},
    }
    assert Bookmark(revision=7).wire(by_name("cm"))["metadata"] == {"resourceVersion": "7"}


@pytest.mark.parametrize(
    ("options", "expected", "bookmark"),
    [
        pytest.param({}, ["a", "b"], None, id="without bookmarks"),
        pytest.param(
            {"allow_watch_bookmarks": True}, ["a", "b"], Bookmark(revision=4, initial_events_end=True), id="with"
        ),
        pytest.param(
            {"allow_watch_bookmarks": True, "resource_version": "0"},
            ["a", "b"],
            Bookmark(revision=4, initial_events_end=True),
            id="of any version",
        ),
        pytest.param({**STREAM, "send_initial_events": False}, [], None, id="that wants no beginning"),
        pytest.param({**STREAM, "allow_watch_bookmarks": False}, ["a", "b"], None, id="that wants the beginning alone"),
    ],
)
def test_a_watch_without_a_revision(store, options, expected, bookmark):
    """It begins with what is there unless it says otherwise; the end of that is told to who takes bookmarks."""
    response = watched(store, **options)

    assert [one.key.name for one in response.changes] == expected
    assert response.bookmark == bookmark
    assert response.revision == 4


@pytest.mark.parametrize(
    ("since", "bookmark"),
    [
        pytest.param("3", Bookmark(revision=4), id="which others have moved on from"),
        pytest.param("4", None, id="at which all still is"),
        pytest.param("9", None, id="that is yet to come"),
    ],
)
def test_a_bookmark_tells_of_progress_since(store, since, bookmark):
    """Where only others changed there is a bookmark and nothing else; where nothing did there is none."""
    response = watched(store, resource_version=since, allow_watch_bookmarks=True)

    assert (response.changes, response.bookmark) == ((), bookmark)
    assert response.revision == max(4, int(since))


def test_a_bookmark_outlives_compaction(store):
    """A watcher of what seldom changes goes on from its bookmark, where one without has to list anew."""
    marked = watched(store, resource_version="3", allow_watch_bookmarks=True).bookmark.revision
    later = store.compact(4).put(config_map("c"))

    assert told(watched(later, resource_version=str(marked))) == [("ADDED", "c")]
    assert watched(later, resource_version="3").code == 410


class Reflector:
    """A client that keeps what a watch tells it of, and begins anew when it is told that it is too late."""

    def __init__(self, **options):
        self.options = options
        self.objects, self.revision = {}, None

    def hear(self, store):
        response = None
        if self.revision is not None:
            response = watched(store, resource_version=str(self.revision), allow_watch_bookmarks=True, **self.options)
        if response is None or response.code == 410:
            self.objects = {}
            response = watched(store, **STREAM, **self.options)
        for change in response.changes:
            self.objects.pop(change.key, None)
            if change.new is not None:
                self.objects[change.key] = change.new
            self.revision = change.revision
        if response.bookmark is not None:
            self.revision = response.bookmark.revision


acts = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abc"), st.sampled_from(["red", "blue"])),
        st.tuples(st.just("remove"), st.sampled_from("abc"), st.just("")),
        st.tuples(st.sampled_from(["other", "compact", "hear"]), st.just(""), st.just("")),
    ),
    max_size=30,
)


@given(acts, st.sampled_from([{}, {"label_selector": "color=red"}, {"field_selector": "metadata.name=a"}]))
def test_a_reflector_has_what_a_list_has(story, options):
    """Whatever is written and compacted, who follows streams and bookmarks alone ends with the list."""
    store, reflector = Store.of([config_map("a", color="red")]), Reflector(**options)
    for number, (act, name, color) in enumerate(story):
        key = ObjectKey("ConfigMap", "default", name)
        if act == "put":
            store = store.put(config_map(name, str(number), color=color))
        elif act == "remove" and store.get(key) is not None:
            store = store.remove(key)
        elif act == "other":
            store = store.put(node("n"))
        elif act == "compact":
            store = store.compact(store.revision)
        elif act == "hear":
            reflector.hear(store)
    reflector.hear(store)
    request = Request(verb=Verb.LIST, key=ObjectKey("ConfigMap", "", ""), options=Options(**options))
    items = handle(store, request, Context(now=0)).response.items

    assert reflector.objects == {key_of(one): one for one in items}
    assert reflector.revision is None or reflector.revision <= store.revision


@given(acts)
def test_who_is_up_to_date_is_never_told_to_begin_anew(story):
    """A watcher that takes bookmarks and hears after each change never meets a 410, compacted as it may be."""
    store, since = Store.of([config_map("a")]), 1
    for act, name, color in story:
        if act == "put":
            store = store.put(config_map(name, color=color))
        elif act == "other":
            store = store.put(node("n"))
        response = watched(store, resource_version=str(since), allow_watch_bookmarks=True)
        since = response.bookmark.revision if response.bookmark else since
        store = store.compact(store.revision)

        assert response.code == 200
        assert since == store.revision
