"""The store: revisions, the log, lookups through indexes, and following another store."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.core.configmap import ConfigMap
from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta, OwnerReference
from kcore.api.object import ObjectKey
from kcore.api.selectors import label
from kcore.apiserver.changes import ChangeType
from kcore.apiserver.indexes import Indexes
from kcore.apiserver.store import EMPTY, Store
from kcore.errors import MisuseError


def config_map(name, namespace="default", **data):
    return ConfigMap(metadata=ObjectMeta(name=name, namespace=namespace), data=FrozenMap(data))


def pod(name, node="", owner="", **labels):
    owners = (OwnerReference(name="o", uid=owner),) if owner else ()
    metadata = ObjectMeta(name=name, namespace="default", labels=FrozenMap(labels), owner_references=owners)
    return Pod(metadata=metadata, spec=PodSpec(node_name=node))


def names(objects):
    return [obj.metadata.name for obj in objects]


def test_a_put_stamps_the_revision():
    """Each write is one revision, and the object carries it as its resource version."""
    store = EMPTY.put(config_map("a")).put(config_map("b"))

    assert store.revision == 2
    assert store.get(ObjectKey("ConfigMap", "default", "b")).metadata.resource_version == "2"
    assert EMPTY.revision == 0


def test_lists_are_sorted_by_namespace_and_name():
    """A list of all namespaces goes through them in order, whatever the order of creation."""
    store = EMPTY
    for namespace, name in [("z", "a"), ("default", "c"), ("default", "a"), ("b", "x")]:
        store = store.put(config_map(name, namespace))

    found = [(obj.metadata.namespace, obj.metadata.name) for obj in store.list("ConfigMap")]

    assert found == [("b", "x"), ("default", "a"), ("default", "c"), ("z", "a")]
    assert names(store.list("ConfigMap", "default")) == ["a", "c"]
    assert store.list("Secret") == ()
    assert store.list("ConfigMap", "none") == ()


def test_a_namespace_without_objects_is_forgotten():
    """Once the last object of a kind has left a namespace, a list of all does not look there."""
    store = EMPTY.put(config_map("a", "one")).put(config_map("b", "two"))
    store = store.remove(ObjectKey("ConfigMap", "one", "a"))

    assert names(store.list("ConfigMap")) == ["b"]
    assert list(store.indexes.found(("namespaces", "ConfigMap"))) == ["two"]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param("app=web", ["p1", "p2"], id="an equality"),
        pytest.param("app=web,tier=a", ["p1"], id="two equalities"),
        pytest.param("app in (web)", ["p1", "p2"], id="a set of one"),
        pytest.param("app in (web,db)", ["p1", "p2", "p3"], id="a set of two"),
        pytest.param("app!=web", ["p3", "p4"], id="an inequality"),
        pytest.param("app", ["p1", "p2", "p3"], id="existence"),
        pytest.param("app=none", [], id="nothing"),
        pytest.param("", ["p1", "p2", "p3", "p4"], id="everything"),
    ],
)
def test_select_finds_what_the_selector_matches(selector, expected):
    """Selecting through the label index finds what looking at everything would."""
    store = EMPTY
    for one in [pod("p1", app="web", tier="a"), pod("p2", app="web"), pod("p3", app="db"), pod("p4")]:
        store = store.put(one)

    assert names(store.select("Pod", "default", label.parse(selector))) == expected
    assert names(store.select("Pod", None, label.parse(selector))) == expected
    assert store.select("Pod", "default", label.nothing()) == ()


def test_owner_and_node_are_looked_up_by_index():
    """Dependents are found by the owner's uid and pods by their node, those without one under the empty name."""
    store = EMPTY.put(pod("a", node="n1", owner="u1")).put(pod("b", owner="u1")).put(pod("c", node="n1"))

    assert names(store.owned_by("u1")) == ["a", "b"]
    assert names(store.on_node("n1")) == ["a", "c"]
    assert names(store.on_node("")) == ["b"]
    assert store.owned_by("none") == ()


def test_a_status_write_moves_no_index():
    """What changes neither labels, owners nor node leaves the indexes the same object."""
    store = EMPTY.put(pod("a", node="n1", owner="u1", app="web"))
    found = store.get(ObjectKey("Pod", "default", "a"))
    after = store.put(attrs.evolve(found, status=attrs.evolve(found.status, phase="Running")))

    assert after.indexes is store.indexes


def test_the_log_tells_what_happened():
    """Changes are additions, modifications and deletions with the object before and after."""
    store = EMPTY.put(config_map("a", x="1")).put(config_map("a", x="2")).remove(ObjectKey("ConfigMap", "default", "a"))
    changes = store.changes_since(0)

    assert [change.type for change in changes] == [ChangeType.ADDED, ChangeType.MODIFIED, ChangeType.DELETED]
    assert [change.revision for change in changes] == [1, 2, 3]
    assert changes[1].old.data == {"x": "1"}
    assert changes[1].new.data == {"x": "2"}
    assert store.changes_since(2) == changes[2:]
    assert store.changes_since(3) == ()


def test_compacted_changes_are_gone():
    """After a compaction older revisions can't be asked for, and younger ones can."""
    store = EMPTY.put(config_map("a")).put(config_map("b")).put(config_map("c")).compact(2)

    assert store.changes_since(1) is None
    assert [change.revision for change in store.changes_since(2)] == [3]
    assert store.compact(1) is store
    with pytest.raises(MisuseError, match="yet to come"):
        store.compact(9)


def test_a_follower_may_skip_what_does_not_concern_it():
    """A store that follows one kind has that kind's objects, and a watch on it goes on from its revision."""
    leader = EMPTY.put(config_map("a")).put(pod("p")).put(config_map("b"))
    follower = EMPTY
    for change in leader.changes_since(0):
        if change.key.kind == "ConfigMap":
            follower = follower.apply(change)

    assert follower.list("ConfigMap") == leader.list("ConfigMap")
    assert follower.list("Pod") == ()
    assert follower.revision == 3
    assert [change.revision for change in follower.changes_since(1)] == [3]
    with pytest.raises(MisuseError, match="not newer"):
        follower.apply(leader.changes_since(0)[0])


def test_removing_what_is_not_there_is_a_mistake():
    """A remove of an absent key is refused; a follower that hears of one only moves on."""
    key = ObjectKey("ConfigMap", "default", "a")
    with pytest.raises(MisuseError, match="no ConfigMap/a"):
        EMPTY.remove(key)
    gone = EMPTY.put(config_map("a")).remove(key).changes_since(1)[0]

    assert EMPTY.apply(gone) == Store(revision=2)


def test_a_store_of_objects_is_one_of_as_many_writes():
    """Loading objects at once gives the objects and indexes of writing them, without the log."""
    objects = [pod("a", node="n1", owner="u", app="x"), config_map("b"), pod("c")]
    loaded, written = Store.of(objects), EMPTY
    for one in objects:
        written = written.put(one)

    assert loaded.objects == written.objects
    assert loaded.indexes == written.indexes
    assert (loaded.revision, loaded.compacted) == (3, 3)
    assert loaded.changes_since(2) is None
    assert loaded.indexes == Indexes.of(written.objects)
