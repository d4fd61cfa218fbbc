"""Laws and questions about neighbours and about making room, on states made by hand."""

from __future__ import annotations

import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import budget, cluster, node, pod

HOST = "kubernetes.io/hostname"
NODES = (node("n1", {HOST: "n1"}), node("n2", {HOST: "n2"}))


def scheduled(one):
    """A pod, first without a node and then bound."""
    return {**one, "spec": {**one["spec"], "nodeName": ""}}, one


def target(reason):
    return {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": reason}]}


def told_to_go(name, reason="PreemptionByScheduler", **more):
    """A pod, and the same one with the condition that it is to go."""
    before = pod(name, spec={"priority": 5}, **more)
    return before, {**before, "status": {**before["status"], **target(reason)}}


def nominated(priority, on="n1"):
    return pod("high", node="", phase="Pending", status={"nominatedNodeName": on}, spec={"priority": priority})


def shunning(name, on="n1"):
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": "web"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return pod(name, node=on, spec={"affinity": affinity})


def spread(name, on="n1", skew=1):
    constraint = {"maxSkew": skew, "topologyKey": HOST, "whenUnsatisfiable": "DoNotSchedule"}
    constraint["labelSelector"] = {"matchLabels": {"app": "web"}}
    return pod(name, node=on, spec={"topologySpreadConstraints": [constraint]})


def waiting(**spec):
    return pod("p", node="", phase="Pending", spec={"schedulerName": "default-scheduler", **spec})


FOUR = [each for name in "pqrs" for each in told_to_go(name)]

CASES = [
    pytest.param(
        "preempted-for-a-higher-one", cluster(nominated(9), *told_to_go("p")), (), id="preempted: for a higher one"
    ),
    pytest.param(
        "preempted-for-a-higher-one",
        cluster(nominated(5), *told_to_go("p")),
        ("Pod/p",),
        id="preempted: for one of its own priority",
    ),
    pytest.param(
        "preempted-for-a-higher-one",
        cluster(nominated(9, "n2"), *told_to_go("p")),
        ("Pod/p",),
        id="preempted: for one that is to go elsewhere",
    ),
    pytest.param(
        "preempted-for-a-higher-one",
        cluster(nominated(9), *told_to_go("p"), pod("high", spec={"priority": 9})),
        (),
        id="preempted: for one that was bound since",
    ),
    pytest.param(
        "preempted-for-a-higher-one",
        cluster(*told_to_go("p", "EvictionByEvictionAPI")),
        (),
        id="preempted: evicted for another reason",
    ),
    pytest.param(
        "preemption-spares-budgets", cluster(budget(1, 2), *told_to_go("p")), (), id="budget: one that allows it"
    ),
    pytest.param(
        "preemption-spares-budgets",
        cluster(budget(0, 1), *told_to_go("p")),
        ("Pod/p", "PodDisruptionBudget/web"),
        id="budget: one that does not",
    ),
    pytest.param(
        "anti-affinity-holds-at-binding",
        cluster(*NODES, *scheduled(shunning("p")), *scheduled(pod("q", node="n2"))),
        (),
        id="anti-affinity: two nodes",
    ),
    pytest.param(
        "anti-affinity-holds-at-binding",
        cluster(*NODES, *scheduled(pod("q")), *scheduled(shunning("p"))),
        ("Pod/p", "Pod/q"),
        id="anti-affinity: beside one that it refuses",
    ),
    pytest.param(
        "anti-affinity-holds-at-binding",
        cluster(*NODES, *scheduled(shunning("p")), *scheduled(pod("q"))),
        ("Pod/q", "Pod/p"),
        id="anti-affinity: beside one that refuses it",
    ),
    pytest.param(
        "skew-within-limits-at-binding",
        cluster(*NODES, *scheduled(spread("p")), *scheduled(spread("q", "n2"))),
        (),
        id="skew: even",
    ),
    pytest.param(
        "skew-within-limits-at-binding",
        cluster(*NODES, *scheduled(spread("p")), *scheduled(spread("q"))),
        ("Pod/q",),
        id="skew: two beside none",
    ),
    pytest.param(
        "skew-within-limits-at-binding",
        cluster(*NODES, *scheduled(spread("p", skew=2)), *scheduled(spread("q", skew=2))),
        (),
        id="skew: two are allowed",
    ),
    pytest.param("a-pod-that-fits-is-bound", cluster(waiting()), ("Pod/p",), id="fits: it waits"),
    pytest.param(
        "a-pod-that-fits-is-bound", cluster(waiting(nodeSelector={"disk": "ssd"})), (), id="fits: it has no node"
    ),
    pytest.param("no-ping-pong", cluster(*FOUR[:6]), (), id="circles: three pods"),
    pytest.param("no-ping-pong", cluster(*FOUR), ("Pod/s",), id="circles: four pods"),
]


@pytest.mark.parametrize(("name", "state", "culprits"), CASES)
def test_an_invariant_of_placing_blames_who_breaks_it(name, state, culprits):
    """Nobody where it holds, and else the objects, in order."""
    assert blamed(name, state) == culprits


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("preempted-for-a-higher-one", cluster(*told_to_go("p")), id="a victim"),
        pytest.param("preemption-spares-budgets", cluster(*told_to_go("p")), id="a victim, of budgets"),
        pytest.param("anti-affinity-holds-at-binding", cluster(*scheduled(shunning("p"))), id="one that refuses"),
        pytest.param("skew-within-limits-at-binding", cluster(*scheduled(spread("p"))), id="one that is spread"),
        pytest.param("a-pod-that-fits-is-bound", cluster(waiting()), id="one that waits"),
        pytest.param("no-ping-pong", cluster(*told_to_go("p", "EvictionByEvictionAPI")), id="one that is evicted"),
    ],
)
def test_an_invariant_of_placing_is_put_to_the_test(name, state):
    """The witness tells the states in which it says something."""
    assert witnessed(name, state)
    assert not witnessed(name, cluster())
