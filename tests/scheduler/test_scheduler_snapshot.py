"""The snapshot is what the store says, however it was arrived at."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.scheduler.cache import EMPTY, snapshot_of


def pod(name, node="", cpu="100m", phase="Pending"):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {
                "nodeName": node,
                "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu} if cpu else {}}}],
            },
            "status": {"phase": phase},
        }
    )


def node(name, cpu="4"):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "status": {"allocatable": {"cpu": cpu, "pods": "10"}},
        }
    )


def afresh(store):
    """The snapshot of a store, built from its objects alone."""
    snapshot = EMPTY
    for found in (*store.list("Node"), *store.list("Pod")):
        snapshot = snapshot.after(None, found)
    return plain(snapshot)


def plain(snapshot):
    """What a snapshot says, without zeros."""
    loads = dict(snapshot.strays) | {one.node.metadata.name: one.load for one in snapshot.nodes if one.load.usage.pods}
    usages = {
        name: (
            load.usage.pods,
            load.usage.nonzero_cpu,
            load.usage.nonzero_memory,
            {key: n for key, n in load.usage.amounts.items() if n},
            dict(load.pods),
        )
        for name, load in loads.items()
    }
    empty = (0, 0, 0, {}, {})
    waiting = {key.name: "tried" for key in snapshot.waiting.tried}
    waiting |= {key.name: priority for priority, keys in snapshot.waiting.untried.items() for key in keys}
    return (
        usages,
        waiting,
        [
            (one.node.metadata.name, one.allocatable, usages.get(one.node.metadata.name, empty))
            for one in snapshot.nodes
        ],
    )


def usage(store, name):
    return plain(snapshot_of(store))[0].get(name, (0,))[0]


def test_a_pod_counts_from_binding_to_end():
    """Neither a pod that waits nor one that has ended takes up room."""
    store = Store().put(node("n1")).put(pod("a"))
    bound = store.put(pod("a", "n1"))
    ended = bound.put(pod("a", "n1", phase="Succeeded"))

    assert [usage(one, "n1") for one in (store, bound, ended)] == [0, 1, 0]


def test_a_node_may_come_after_its_pods():
    """What is bound to a name counts when a node of that name appears."""
    store = Store().put(pod("a", "n1")).put(node("n1"))

    assert snapshot_of(store).nodes[0].load.usage.pods == 1


def test_forks_of_one_store_do_not_mix():
    """Two futures of one store have a snapshot each, in whatever order they are asked for."""
    store = Store().put(node("n1")).put(node("n2"))
    left, right = store.put(pod("a", "n1")), store.put(pod("a", "n2"))
    for _ in range(2):
        assert (usage(left, "n1"), usage(left, "n2")) == (1, 0)
        assert (usage(right, "n1"), usage(right, "n2")) == (0, 1)
        assert usage(store, "n1") == 0


WRITES = st.one_of(
    st.builds(
        pod,
        st.sampled_from("abc"),
        st.sampled_from(["", "n1", "n2", "n3"]),
        st.sampled_from(["", "100m", "2"]),
        st.sampled_from(["Pending", "Running", "Succeeded", "Failed"]),
    ),
    st.builds(node, st.sampled_from(["n1", "n2"]), st.sampled_from(["4", "8"])),
    st.sampled_from([ObjectKey("Pod", "default", "a"), ObjectKey("Node", "", "n1")]),
)


@given(st.lists(WRITES, min_size=6, max_size=30), st.lists(st.integers(0, 30), min_size=3, max_size=10))
def test_a_followed_snapshot_is_a_fresh_one(writes, asked):
    """At whichever moments of whichever histories one asks, the answer is that of the store's objects."""
    store, seen = Store(), [Store()]
    for write in writes:
        if not isinstance(write, ObjectKey):
            store = store.put(write)
        elif store.get(write) is not None:
            store = store.remove(write)
        seen.append(store)
    for at in asked:
        chosen = seen[at % len(seen)]

        assert plain(snapshot_of(chosen)) == afresh(chosen)


def test_a_compacted_store_is_read_anew():
    """The log is a help, not a need."""
    store = Store().put(node("n1")).put(pod("a", "n1"))
    compacted = store.compact(store.revision)

    assert usage(store, "n1") == 1
    assert usage(compacted, "n1") == 1
    assert usage(compacted.put(pod("b", "n1")), "n1") == 2
    assert usage(attrs.evolve(compacted, revision=9), "n1") == 1
