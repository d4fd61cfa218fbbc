"""Whom preemption would send away, and where."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.apiserver.store import Store
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.explain import explain
from kcore.scheduler.hypothesis import Guest, Hypothesis, with_guests
from kcore.scheduler.nominations import guest_of
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.preemption import Situation, preempt
from kcore.scheduler.profile import DEFAULT_PROFILE


def node(name, cpu="2", **spec):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "spec": spec,
            "status": {"allocatable": {"cpu": cpu, "pods": "10"}},
        }
    )


def pod(name, cpu="1", on="", priority=0, start="2001-01-01T00:00:00Z", labels=None, **spec):
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": labels or {}},
            "spec": {"nodeName": on, "containers": containers, "priority": priority, **spec},
            "status": {"phase": "Running" if on else "Pending", **({"startTime": start} if on else {})},
        }
    )


def budget(allowed, **labels):
    return from_wire(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "b", "namespace": "default"},
            "spec": {"selector": {"matchLabels": labels}},
            "status": {"disruptionsAllowed": allowed},
        }
    )


def tried(asking, *objects, promises=None):
    nodes = [one for one in objects if type(one).__name__ == "Node"]
    pods = [one for one in objects if type(one).__name__ == "Pod"]
    snapshot = snapshot_of(Store.of([*nodes, *pods]))
    info = pod_info(asking, snapshot.owners)
    situation = Situation(
        pod=asking,
        info=info,
        snapshot=snapshot,
        profile=DEFAULT_PROFILE,
        pods_on=lambda name: [one for one in pods if one.spec.node_name == name],
        budgets=[one for one in objects if type(one).__name__ == "PodDisruptionBudget"],
        promises=promises or {},
    )
    return preempt(situation, explain(info, snapshot, DEFAULT_PROFILE, promises or {}))


def victims(found):
    return {one.node: [victim.metadata.name for victim in one.victims] for one in found.candidates}


HIGH = pod("p", "2", priority=100)


@pytest.mark.parametrize(
    ("asking", "objects", "expected"),
    [
        pytest.param(HIGH, (pod("a", on="n1"), pod("b", on="n1")), ["a", "b"], id="all that are in the way go"),
        pytest.param(
            pod("p", "1", priority=100),
            (pod("a", on="n1", priority=5), pod("b", on="n1", priority=1)),
            ["b"],
            id="the more important ones stay",
        ),
        pytest.param(
            pod("p", "1", priority=100),
            (pod("late", on="n1", start="2001-01-02T00:00:00Z"), pod("early", on="n1")),
            ["late"],
            id="of equal ones the longest running stay",
        ),
        pytest.param(
            pod("p", "1", priority=100),
            (pod("a", on="n1", priority=1, labels={"app": "a"}), pod("b", on="n1", priority=5), budget(0, app="a")),
            ["b"],
            id="one with a budget stays before one that is more important",
        ),
    ],
)
def test_no_more_pods_go_than_must(asking, objects, expected):
    """As many as possible come back, those first whose budget would be broken."""
    assert victims(tried(asking, node("n1"), *objects)) == {"n1": expected}


def test_equals_are_never_sent_away():
    """A pod goes only for one of higher priority."""
    found = tried(HIGH, node("n1"), pod("a", on="n1", priority=100))

    assert found.candidates == ()
    assert found.message == "0/1 nodes are available: 1 No preemption victims found for incoming pod."


def test_what_no_going_helps_is_left_alone():
    """A cordoned node and one that is too small stay as they are."""
    found = tried(HIGH, node("n1", unschedulable=True), node("n2", "1"), pod("a", on="n1"), pod("b", on="n2"))

    assert found.message == "0/2 nodes are available: 2 Preemption is not helpful for scheduling."


def test_a_polite_pod_sends_nobody_away():
    """The policy Never is said in the message."""
    found = tried(pod("p", "2", priority=100, preemptionPolicy="Never"), node("n1"), pod("a", on="n1"))

    assert not found.eligible
    assert found.message == "not eligible due to preemptionPolicy=Never."


@pytest.mark.parametrize(
    ("objects", "best"),
    [
        pytest.param(
            (pod("a", "2", "n1", labels={"app": "a"}), pod("b", "2", "n2", priority=5), budget(0, app="a")),
            ("n2",),
            id="no budget is broken",
        ),
        pytest.param((pod("a", "2", "n1", 5), pod("b", on="n2"), pod("c", on="n2")), ("n2",), id="the least priority"),
        pytest.param((pod("a", "2", "n1"), pod("b", on="n2"), pod("c", on="n2")), ("n1",), id="the fewest pods"),
        pytest.param(
            (pod("a", "2", "n1"), pod("b", "2", "n2", start="2001-01-02T00:00:00Z")), ("n2",), id="the latest start"
        ),
        pytest.param((pod("a", "2", "n1"), pod("b", "2", "n2")), ("n1", "n2"), id="or none of them is better"),
    ],
)
def test_the_cheapest_node_is_taken(objects, best):
    """Budgets first, then the highest priority, their sum, their number and their age."""
    assert tried(HIGH, node("n1"), node("n2"), *objects).best == best


def test_room_that_is_promised_is_not_there():
    """A nominated pod counts as if it were on its node, for the filters and for who has to go."""
    promises = {"n1": [guest_of(pod("nominated", "1", priority=100))]}
    found = tried(pod("p", "1", priority=100), node("n1"), pod("a", on="n1"), promises=promises)

    assert victims(found) == {"n1": ["a"]}


def test_a_nominated_node_that_will_do_is_the_only_one_asked():
    """The others stand as not asked."""
    snapshot = snapshot_of(Store.of([node("n1"), node("n2")]))
    told = explain(pod_info(pod("p")), snapshot, DEFAULT_PROFILE, nominated="n2")

    assert told.best == ("n2",)
    assert [one.rejection is None for one in told.nodes] == [False, True]


def count(_, given):
    """How many pods are on nodes, by node and in all."""
    yield given.node.metadata.name, given.load.usage.pods
    yield "all", given.load.usage.pods


def test_a_hypothesis_changes_no_fact():
    """The sums are those of the cluster with one node changed; the cluster's own stay."""
    snapshot = snapshot_of(Store.of([node("n1"), node("n2"), pod("a", on="n1"), pod("b", on="n2")]))
    given = snapshot.node("n1")
    guest = guest_of(pod("a"))
    emptied = Hypothesis(snapshot, given, with_guests(given, [guest], -1))
    fuller = Hypothesis(snapshot, given, with_guests(given, [guest, Guest(*guest)]))

    assert emptied.tally(count, None) == {"n2": 1, "all": 1}
    assert fuller.tally(count, None) == {"n1": 3, "n2": 1, "all": 4}
    assert snapshot.tally(count, None) == {"n1": 1, "n2": 1, "all": 2}
    assert emptied.names == snapshot.names
