"""Taint eviction: who goes when, by the taints of the node and what a pod bears."""

from __future__ import annotations

import attrs
import pytest
from controller_bench import START, Bench
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire, structure
from kcore.api.core.node import Node, NodeSpec
from kcore.api.core.taint import Taint, Toleration
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.controllers.tainteviction import TAINTEVICTION
from kcore.controllers.tainteviction.tolerations import Eviction, min_toleration_time, planned

POD = ObjectKey("Pod", "default", "p")
NODE = ObjectKey("Node", "", "n")


def taint(key, effect="NoExecute"):
    return Taint(key=key, effect=effect)


def toleration(key, seconds=None):
    return Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=seconds)


def node(*keys):
    return Node(metadata=ObjectMeta(name="n"), spec=NodeSpec(taints=tuple(map(taint, keys))))


def pod(*tolerations, name="p", uid="u", **meta):
    wire = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": uid, "generation": 1, **meta},
        "spec": {
            "nodeName": "n",
            "terminationGracePeriodSeconds": 30,
            "containers": [{"name": "c", "image": "i"}],
            "tolerations": [
                {"key": key, "operator": "Exists", "effect": "NoExecute"}
                | ({} if seconds is None else {"tolerationSeconds": seconds})
                for key, seconds in tolerations
            ],
        },
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    }
    return from_wire(wire)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param([], None, id="nothing to bear is borne for good"),
        pytest.param([None], None, id="no time is for good"),
        pytest.param([None, 60, 300], 60_000, id="the shortest time counts"),
        pytest.param([0, 60], 0, id="no seconds are over at once"),
        pytest.param([-5], 0, id="fewer than none too"),
    ],
)
def test_the_shortest_toleration_counts(seconds, expected):
    """In milliseconds; None is for good."""
    assert min_toleration_time(toleration("a", one) for one in seconds) == expected


PLANS = [
    pytest.param(None, "", [("a", 60)], None, id="no taints, no plan"),
    pytest.param(None, "a", [], 100, id="what is not borne ends the pod at once"),
    pytest.param(None, "a", [("a", None)], None, id="what is borne for good never does"),
    pytest.param(None, "a", [("a", 60)], 160, id="what is borne for a time ends it then"),
    pytest.param(None, "ab", [("a", 60), ("b", 20)], 120, id="the shortest of all counts"),
    pytest.param(None, "ab", [("a", 60)], 100, id="one taint that is not borne is enough"),
    pytest.param(None, "a", [("a", 60), ("a", 20)], 160, id="only the first toleration that matches counts"),
    pytest.param((50, 110), "a", [("a", 300)], 110, id="a longer time does not move a plan"),
    pytest.param((50, 300), "a", [("a", 5)], 300, id="a shorter time does not move a plan"),
    pytest.param((50, 300), "a", [("a", 0)], 300, id="no time at all does not move a plan"),
    pytest.param((50, 300), "a", [("a", None)], None, id="for good ends a plan"),
    pytest.param((50, 300), "", [("a", 60)], None, id="no more taints end a plan"),
    pytest.param((50, 300), "a", [], 100, id="what is not borne any more brings the end forward"),
    pytest.param((100, 300), "a", [("a", 5)], 105, id="a plan of the same instant is made anew"),
]


@pytest.mark.parametrize(("before", "taints", "borne", "fires"), PLANS)
def test_a_plan_is_made_kept_or_dropped(before, taints, borne, fires):
    """At second 100; times in seconds."""
    old = before and Eviction(uid="u", created_at=before[0] * 1000, fire_at=before[1] * 1000)
    new = planned(old, "u", [taint(one) for one in taints], [toleration(*one) for one in borne], 100_000)

    assert (new and new.fire_at) == (fires and fires * 1000)


def bench(*objects):
    return Bench(TAINTEVICTION, *objects)


def is_going(found):
    return found.store.get(POD).metadata.deletion_timestamp is not None


def test_a_pod_that_does_not_bear_the_taint_is_told_and_deleted():
    """The condition says why, and the deletion is graceful."""
    cluster = bench(node(), pod())
    cluster.put(node("a"))

    assert cluster.run() == [("patch", 200), ("delete", 200)]
    found = cluster.store.get(POD)
    (condition,) = [one for one in found.status.conditions if one.type == "DisruptionTarget"]
    assert (condition.status, condition.reason) == ("True", "DeletionByTaintManager")
    assert found.metadata.deletion_grace_period_seconds == 30
    assert [note.name for note in cluster.notes] == ["tainteviction.TaintManagerEviction"]


def test_a_pod_that_bears_the_taint_for_a_time_goes_when_that_is_over():
    """An alarm is set when the taint comes."""
    cluster = bench(node(), pod(("a", 60)))
    cluster.put(node("a"))

    assert cluster.run() == []
    assert cluster.wait(POD) == 60_000
    assert is_going(cluster)


def test_a_plan_is_dropped_when_the_taint_goes():
    """The alarm with it."""
    cluster = bench(node(), pod(("a", 60)))
    cluster.put(node("a"))
    cluster.run()
    cluster.now += 30_000
    cluster.put(node())

    assert cluster.run() == []
    assert (cluster.memory[POD], cluster.wakes[POD]) == (None, None)
    assert "Cancelling deletion of Pod default/p" in str(cluster.notes[-1])


def test_a_pod_bound_to_a_tainted_node_is_looked_at_when_it_comes():
    """Its time begins then."""
    cluster = bench(node("a"))
    cluster.now += 5_000
    cluster.put(pod(("a", 60)))
    cluster.run()

    assert cluster.wakes[POD] == START + 65_000


def test_a_toleration_that_is_added_ends_the_plan():
    """A pod may come to bear more."""
    cluster = bench(node("a"), pod(("a", 60)))
    cluster.put(node("a", "b"))
    cluster.queue.clear()
    cluster.put(pod(("a", 60)), pod(("a", None), ("b", None)))
    cluster.run()

    assert cluster.wakes[POD] is None


def test_a_plan_outlives_the_node():
    """What is planned for the pods of a deleted node is carried out."""
    cluster = bench(node(), pod(("a", 60)))
    cluster.put(node("a"))
    cluster.run()
    cluster.remove(NODE)
    cluster.run()
    cluster.wait(POD)

    assert is_going(cluster)


def test_another_pod_of_the_name_starts_afresh():
    """Its time begins when it comes."""
    cluster = bench(node("a"))
    cluster.put(pod(("a", 60)))
    cluster.run()
    cluster.now += 50_000
    cluster.remove(POD)
    cluster.put(pod(("a", 60), uid="other"))
    cluster.run()

    assert cluster.wakes[POD] == START + 110_000


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda cluster: cluster.put(pod(("a", 60), labels={"x": "y"})), id="a label of the pod"),
        pytest.param(
            lambda cluster: cluster.put(attrs.evolve(node("a"), metadata=ObjectMeta(name="n", labels={"x": "y"}))),
            id="a label of the node",
        ),
    ],
)
def test_what_does_not_matter_wakes_nobody(change):
    """Status, labels and the like have nothing to do with it."""
    cluster = bench(node("a"), pod(("a", 60)))
    change(cluster)

    assert cluster.queue == []


def test_pods_on_nodes_without_taints_are_left_alone():
    """Binding a pod costs no turn."""
    cluster = bench(node())
    cluster.put(pod())

    assert cluster.queue == []


def test_an_eviction_that_never_succeeds_is_given_up():
    """After five attempts; a pod that is gone is not deleted."""
    cluster = bench(node(), pod())
    cluster.put(node("a"))
    stale = cluster.store
    cluster.remove(POD)
    cluster.queue = [POD]
    cluster.turn(cluster.queue.pop(), stale)

    assert cluster.writes == []
    assert cluster.memory[POD] is None


seconds = st.none() | st.integers(-1, 400)
borne = st.lists(st.tuples(st.sampled_from("abc"), seconds), max_size=4)
marks = st.lists(st.sampled_from("abc"), max_size=3, unique=True)


@given(borne, marks, st.integers(1, 1000))
def test_looking_again_changes_no_plan(tolerations, taints, later):
    """However often, as long as it is not due."""
    given_taints = [taint(one) for one in taints]
    given_tolerations = [toleration(*one) for one in tolerations]
    plan = planned(None, "u", given_taints, given_tolerations, 0)
    if plan is None or plan.fire_at == 0:
        return

    assert planned(plan, "u", given_taints, given_tolerations, later) == plan


@given(borne, marks, marks)
def test_more_taints_never_let_a_pod_stay_longer(tolerations, taints, more):
    """A plan made with more taints is due no later."""
    given_tolerations = [toleration(*one) for one in tolerations]
    few = planned(None, "u", [taint(one) for one in taints], given_tolerations, 0)
    many = planned(None, "u", [taint(one) for one in (*taints, *more)], given_tolerations, 0)

    if few is not None:
        assert many is not None
        assert many.fire_at <= few.fire_at


@given(borne, marks)
def test_acting_on_its_own_result_writes_nothing_more(tolerations, taints):
    """A pod that goes, or may stay, is left alone when nothing changes."""
    cluster = bench(node(), pod(*tolerations))
    cluster.put(node(*taints))
    cluster.run()
    cluster.queue = []
    before = len(cluster.writes)
    cluster.put(
        structure(
            Node,
            {
                "metadata": {"name": "n", "labels": {"a": "b"}},
                "spec": {"taints": [{"key": one, "effect": "NoExecute"} for one in taints]},
            },
        )
    )
    cluster.run()

    assert len(cluster.writes) == before
