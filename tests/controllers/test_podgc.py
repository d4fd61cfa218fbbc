"""Pod garbage collection: who goes, when the collector looks, and who stays."""

from __future__ import annotations

import pytest
from controller_bench import START, Bench
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.controllers.podgc import PODGC, podgc
from kcore.controllers.podgc.gc_controller import (
    GC_CHECK_PERIOD,
    QUARANTINE_TIME,
    TERMINATED,
    by_eviction_and_creation,
    next_check,
)

POD = ObjectKey("Pod", "default", "p")
NODE = ObjectKey("Node", "", "n")
OUT_OF_SERVICE = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}


def node(*taints, ready="False"):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "n"},
            "spec": {"taints": list(taints)},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }
    )


def pod(name="p", on="n", phase="Running", deleting=False, created=0, reason="", **meta):
    mark = {"deletionTimestamp": "2000-01-01T00:10:00Z", "deletionGracePeriodSeconds": 30} if deleting else {}
    born = f"2000-01-01T00:00:{created:02}Z"
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "default",
                "uid": f"u-{name}",
                "creationTimestamp": born,
                **mark,
                **meta,
            },
            "spec": {"nodeName": on, "containers": [{"name": "c", "image": "i"}]},
            "status": {"phase": phase, "reason": reason},
        }
    )


def names(bench):
    return [one.metadata.name for one in bench.store.list("Pod")]


def test_the_pods_of_a_deleted_node_go_after_the_quarantine():
    """At the first look that is 40 s after the one that missed the node; each is marked failed first."""
    bench = Bench(PODGC, node(), pod(), pod("q", phase="Succeeded"))
    bench.now += 5_000
    bench.remove(NODE)
    bench.run()

    assert bench.wait(NODE) == GC_CHECK_PERIOD - 5_000 + QUARANTINE_TIME
    assert bench.writes == [("patch", 200), ("delete", 200), ("delete", 200)]
    assert names(bench) == []


def test_an_orphan_says_why_it_failed():
    """Its finalizer keeps it to be read."""
    bench = Bench(PODGC, node(), pod(finalizers=["example.com/stay"]))
    bench.remove(NODE)
    bench.run()
    bench.wait(NODE)
    (found,) = bench.store.list("Pod")
    (condition,) = found.status.conditions

    assert found.status.phase == "Failed"
    assert (condition.type, condition.reason, condition.message) == (
        "DisruptionTarget",
        "DeletionByPodGC",
        "PodGC: node no longer exists",
    )


def test_a_node_that_comes_back_in_time_keeps_its_pods():
    """Nothing is written."""
    bench = Bench(PODGC, node(), pod())
    bench.remove(NODE)
    bench.run()
    bench.put(node())
    bench.wait(NODE)

    assert bench.writes == []
    assert bench.wakes[NODE] is None


def test_a_stale_cache_does_not_cost_pods_their_lives():
    """The API server is asked before they go."""
    bench = Bench(PODGC, node(), pod())
    bench.remove(NODE)
    bench.run()
    stale = bench.store
    bench.put(node())
    bench.now = bench.wakes[NODE]
    bench.turn(NODE, stale)

    assert bench.writes == []
    assert names(bench) == ["p"]


def test_a_pod_bound_to_a_node_that_is_not_there_is_an_orphan():
    """Its node need not ever have been there."""
    bench = Bench(PODGC)
    bench.put(pod())
    bench.run()
    bench.wait(NODE)

    assert names(bench) == []


def test_a_pod_deleted_before_it_was_bound_goes_at_the_next_look():
    """Nobody else would end it."""
    bench = Bench(PODGC, pod(on="", phase="Pending"))
    bench.now += 1
    bench.put(pod(on="", phase="Pending", deleting=True))
    bench.run()

    assert bench.wait(POD) == GC_CHECK_PERIOD - 1
    assert bench.writes == [("patch", 200), ("delete", 200)]
    assert names(bench) == []


@pytest.mark.parametrize(
    ("taints", "ready", "deleting", "goes"),
    [
        pytest.param([OUT_OF_SERVICE], "False", True, True, id="out of service, not ready, being deleted: it goes"),
        pytest.param([OUT_OF_SERVICE], "Unknown", True, True, id="a node that nothing is known of is not ready"),
        pytest.param([OUT_OF_SERVICE], "True", True, False, id="a ready node ends its pods itself"),
        pytest.param([], "False", True, False, id="a node that is merely not ready may come back"),
        pytest.param([OUT_OF_SERVICE], "False", False, False, id="a pod that nobody deletes stays"),
    ],
)
@pytest.mark.parametrize("node_first", [True, False], ids=["the node changes first", "the pod changes first"])
def test_pods_being_deleted_on_nodes_out_of_service_go(taints, ready, deleting, goes, node_first):
    """Whichever happens last makes the collector look."""
    bench = Bench(PODGC, node(ready="True"), pod())
    changes = [node(*taints, ready=ready), pod(deleting=deleting)]
    bench.put(*(changes if node_first else changes[::-1]))
    bench.now += 1
    bench.run()
    if goes:
        bench.wait(POD)

    assert (names(bench) == []) is goes


def test_ended_pods_beyond_the_threshold_go_evicted_and_oldest_first():
    """Pods that run do not count."""
    bench = Bench(podgc(2))
    bench.put(pod("run"))
    bench.put(*(pod(name, phase="Succeeded", created=at) for at, name in enumerate(["b", "a", "c"])))
    bench.put(pod("evicted", phase="Failed", reason="Evicted", created=9))
    bench.now += 1
    bench.run()
    bench.wait(TERMINATED)

    assert names(bench) == ["a", "c", "run"]


def test_a_threshold_of_none_lets_all_ended_pods_stay():
    """Upstream switches the collection off at 0."""
    bench = Bench(podgc(0))
    bench.put(*(pod(f"p{at}", phase="Failed") for at in range(5)))
    bench.run()

    assert bench.writes == []


def test_pods_that_live_and_die_below_the_threshold_cost_no_turn():
    """The collector hears of them and does nothing."""
    bench = Bench(PODGC, node())
    bench.put(pod(), pod(phase="Succeeded"), pod("q"), pod("q", deleting=True))
    bench.remove(POD)

    assert bench.queue == []


def test_a_look_that_fails_is_repeated_at_the_next():
    """A patch that meets another pod of the name is refused, and the pod of the cache is not deleted."""
    bench = Bench(PODGC, pod(on="", phase="Pending", deleting=True))
    stale = bench.store
    bench.put(pod(on="", phase="Pending", uid="other"))
    bench.turn(POD, stale)

    assert bench.wakes[POD] == START + GC_CHECK_PERIOD
    assert names(bench) == ["p"]


def test_evicted_pods_come_before_older_ones():
    """Then the oldest, then by name."""
    pods = [
        pod("b"),
        pod("a"),
        pod("old", created=0),
        pod("young", created=9),
        pod("e", phase="Failed", reason="Evicted", created=30),
    ]

    assert [one.metadata.name for one in sorted(pods, key=by_eviction_and_creation)] == ["e", "a", "b", "old", "young"]


@given(st.integers(0, 10**13))
def test_the_next_look_is_never_far(now):
    """At once, or within a period; and looks are a period apart."""
    assert 0 <= next_check(now) - now < GC_CHECK_PERIOD
    assert next_check(next_check(now) + 1) - next_check(now) == GC_CHECK_PERIOD
