"""Laws and questions about neighbours and about making room, on states made by hand."""

from __future__ import annotations

import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import budget, busy, cluster, meta, node, pod

HOST = "kubernetes.io/hostname"
NODES = (node("n1", {HOST: "n1"}), node("n2", {HOST: "n2"}))


def scheduled(one):
    """A pod, first without a node and then bound."""
    return {**one, "spec": {**one["spec"], "nodeName": ""}}, one


def target(reason):
    return {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": reason}]}


def told_to_go(name, reason="PreemptionByScheduler", **more):
    """A pod, and the same one with the condition that it is to go."""
    before = pod(name, **{**more, "spec": {"priority": 5, **more.get("spec", {})}})
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


def demanding(name, app="web", on="n1"):
    term = {"topologyKey": HOST, "labelSelector": {"matchLabels": {"app": app}}}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return pod(name, node=on, spec={"affinity": affinity})


def demanding_node(operator, *values):
    asked = {"key": HOST, "operator": operator, "values": list(values)}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [asked]}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


def storing(name, on="n1"):
    return pod(name, node=on, spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]})


def stored_on(name):
    """A bound claim, and its volume on one node."""
    terms = [{"matchExpressions": [{"key": HOST, "operator": "In", "values": [name]}]}]
    spec = {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}, "local": {"path": "/d"}}
    volume = {**meta("PersistentVolume", "v"), "spec": spec}
    volume["metadata"]["namespace"] = ""
    return volume, {**meta("PersistentVolumeClaim", "c"), "spec": {"volumeName": "v"}}


def asking(name="high", cpu="2", priority=9, **status):
    """A pod that waits and asks for a whole node."""
    containers = [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}]
    spec = {"priority": priority, "containers": containers, "schedulerName": "default-scheduler"}
    return pod(name, node="", phase="Pending", status=status, spec=spec, labels={"app": "high"}, owner=None)


def small(name, on, **more):
    """A pod that leaves no room for a whole node's."""
    return pod(name, node=on, spec={"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]}, **more)


def making_room(*there):
    """A pod is nominated for n1 and the pods of the app web that are there are told to go, one after the other."""
    waits = asking()
    gone = [one for one in there if one["spec"]["nodeName"] == "n1"]
    told = [{**one, "status": {**one["status"], **target("PreemptionByScheduler")}} for one in gone]
    return cluster(*NODES, *there, budget(0, 1), waits, asking(nominatedNodeName="n1"), *told)


FREE = {"labels": {"app": "api"}}

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
    pytest.param(
        "affinity-holds-at-binding",
        cluster(*NODES, *scheduled(pod("q")), *scheduled(demanding("p"))),
        (),
        id="affinity: beside one that it demands",
    ),
    pytest.param(
        "affinity-holds-at-binding",
        cluster(*NODES, *scheduled(pod("q", node="n2")), *scheduled(demanding("p"))),
        ("Pod/p",),
        id="affinity: the one that it demands is elsewhere",
    ),
    pytest.param(
        "affinity-holds-at-binding",
        cluster(*NODES, *scheduled(demanding("p"))),
        (),
        id="affinity: the first of those that it demands",
    ),
    pytest.param(
        "affinity-holds-at-binding",
        cluster(*NODES, *scheduled(demanding("p", "db"))),
        ("Pod/p",),
        id="affinity: one that is no more than asked for",
    ),
    pytest.param(
        "affinity-holds-at-binding",
        cluster(node("n1"), *scheduled(demanding("p"))),
        ("Pod/p",),
        id="affinity: a node without a domain",
    ),
    *(
        pytest.param(
            "bound-where-allowed",
            cluster(node("n1", {HOST: value}), *scheduled(pod("p", spec=demanding_node(operator, *values)))),
            culprits,
            id=f"node affinity: {value} {operator} {' '.join(values)}".strip(),
        )
        for value, operator, values, culprits in (
            ("n1", "In", ("n1", "n2"), ()),
            ("n1", "In", ("n2",), ("Pod/p",)),
            ("n1", "NotIn", ("n2",), ()),
            ("n1", "NotIn", ("n1",), ("Pod/p",)),
            ("n1", "Exists", (), ()),
            ("n1", "DoesNotExist", (), ("Pod/p",)),
            ("7", "Gt", ("6",), ()),
            ("7", "Gt", ("7",), ("Pod/p",)),
            ("7", "Lt", ("8",), ()),
            ("n1", "Lt", ("8",), ("Pod/p",)),
        )
    ),
    pytest.param(
        "volumes-reach-their-node-at-binding",
        cluster(*NODES, *stored_on("n1"), *scheduled(storing("p"))),
        (),
        id="volume: on the node",
    ),
    pytest.param(
        "volumes-reach-their-node-at-binding",
        cluster(*NODES, *stored_on("n2"), *scheduled(storing("p"))),
        ("Pod/p", "PersistentVolume/v"),
        id="volume: on another node",
    ),
    pytest.param(
        "budgets-break-only-if-nothing-else-serves",
        making_room(small("p", "n1"), small("q", "n2", **FREE)),
        ("Pod/p",),
        id="budget: another node would do without",
    ),
    pytest.param(
        "budgets-break-only-if-nothing-else-serves",
        making_room(small("p", "n1"), small("q", "n2")),
        (),
        id="budget: it keeps those of the other node too",
    ),
    pytest.param(
        "budgets-break-only-if-nothing-else-serves",
        making_room(small("p", "n1", **FREE), small("q", "n2", **FREE)),
        (),
        id="budget: none is broken",
    ),
    pytest.param("fitting-pods-are-bound-when-settled", cluster(waiting()), ("Pod/p",), id="settled: a pod waits"),
    pytest.param("fitting-pods-are-bound-when-settled", cluster(asking(cpu="3")), (), id="settled: it has no node"),
    pytest.param(
        "fitting-pods-are-bound-when-settled",
        busy(cluster(waiting()), "scheduler"),
        (),
        id="settled: the scheduler has not looked yet",
    ),
    pytest.param(
        "evicted-pods-go-elsewhere",
        cluster(*told_to_go("p", "EvictionByEvictionAPI", spec={"schedulerName": "default-scheduler"})),
        ("Pod/p",),
        id="evicted: its node is the best still",
    ),
    pytest.param(
        "evicted-pods-go-elsewhere",
        cluster(
            node("n1", unschedulable=True),
            *told_to_go("p", "EvictionByEvictionAPI", spec={"schedulerName": "default-scheduler"}),
        ),
        (),
        id="evicted: its node is cordoned",
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
        pytest.param("evicted-pods-go-elsewhere", cluster(*told_to_go("p", "EvictionByEvictionAPI")), id="an eviction"),
        pytest.param("affinity-holds-at-binding", cluster(*scheduled(demanding("p"))), id="one that demands"),
        pytest.param(
            "volumes-reach-their-node-at-binding",
            cluster(*stored_on("n1"), *scheduled(storing("p"))),
            id="one with a volume",
        ),
        pytest.param("budgets-break-only-if-nothing-else-serves", cluster(*told_to_go("p")), id="a victim, of any"),
        pytest.param("fitting-pods-are-bound-when-settled", cluster(waiting()), id="one that has no node"),
    ],
)
def test_an_invariant_of_placing_is_put_to_the_test(name, state):
    """The witness tells the states in which it says something."""
    assert witnessed(name, state)
    assert not witnessed(name, cluster())
