"""Each plugin's no and each plugin's score."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.placement.fit import Usage, amounts_of
from kcore.placement.hostports import ANY_ADDRESS, HostPort
from kcore.scheduler.framework import Code, Load, NodeInfo, PlacedPod, default_normalize, reversed_normalize
from kcore.scheduler.plugins.node_affinity import NODE_AFFINITY
from kcore.scheduler.plugins.node_name import NODE_NAME
from kcore.scheduler.plugins.node_ports import NODE_PORTS
from kcore.scheduler.plugins.node_resources_balanced_allocation import NODE_RESOURCES_BALANCED_ALLOCATION
from kcore.scheduler.plugins.node_resources_fit import NODE_RESOURCES_FIT
from kcore.scheduler.plugins.node_unschedulable import NODE_UNSCHEDULABLE
from kcore.scheduler.plugins.taint_toleration import TAINT_TOLERATION
from kcore.scheduler.podinfo import pod_info


def pod(requests=None, **spec):
    containers = [{"name": "c", "resources": {"requests": requests or {}}}]
    found = from_wire({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers, **spec}})
    return pod_info(found)


def node(*used, allocatable=None, pods=(), **spec):
    given = {"cpu": "4", "memory": "4Gi", "pods": "10"} if allocatable is None else allocatable
    found = from_wire(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "spec": spec, "status": {"allocatable": given}}
    )
    usage = Usage()
    for one in used:
        usage = usage.plus(one.request)
    return NodeInfo(node=found, allocatable=amounts_of(found.status.allocatable), load=Load(usage=usage, pods=pods))


def taking(ip, port, protocol="TCP"):
    """A pod that takes a port of its node."""
    return PlacedPod(namespace="default", ports=(HostPort(ip, protocol, port),))


def wanting(port, **more):
    return {"containers": [{"name": "c", "ports": [{"containerPort": port, "hostPort": port, **more}]}]}


def preferring(weight, *expressions):
    preference = {"matchExpressions": [{"key": key, "operator": "Exists"} for key in expressions]}
    terms = [{"weight": weight, "preference": preference}]
    return {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": terms}}}


CORDON = {"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}
SPOT = {"key": "spot", "effect": "NoSchedule"}
RESOLVABLE = Code.UNSCHEDULABLE
UNRESOLVABLE = Code.UNSCHEDULABLE_AND_UNRESOLVABLE


@pytest.mark.parametrize(
    ("plugin", "asking", "given", "answer"),
    [
        pytest.param(NODE_UNSCHEDULABLE, pod(), node(), None, id="an open node takes pods"),
        pytest.param(
            NODE_UNSCHEDULABLE,
            pod(),
            node(unschedulable=True),
            (UNRESOLVABLE, "node(s) were unschedulable"),
            id="a cordoned node takes none",
        ),
        pytest.param(
            NODE_UNSCHEDULABLE, pod(tolerations=[CORDON]), node(unschedulable=True), None, id="but those that bear it"
        ),
        pytest.param(
            TAINT_TOLERATION,
            pod(),
            node(taints=[SPOT]),
            (UNRESOLVABLE, "node(s) had untolerated taint(s)"),
            id="a taint keeps off",
        ),
        pytest.param(
            TAINT_TOLERATION,
            pod(tolerations=[{"key": "spot", "operator": "Exists"}]),
            node(taints=[SPOT]),
            None,
            id="a toleration bears it",
        ),
        pytest.param(
            NODE_AFFINITY,
            pod(nodeSelector={"zone": "a"}),
            node(),
            (UNRESOLVABLE, "node(s) didn't match Pod's node affinity/selector"),
            id="a node without the label",
        ),
        pytest.param(NODE_NAME, pod(nodeName="n1"), node(), None, id="the node that a pod names"),
        pytest.param(
            NODE_NAME,
            pod(nodeName="n2"),
            node(),
            (UNRESOLVABLE, "node(s) didn't match the requested node name"),
            id="another node than the pod names",
        ),
        pytest.param(
            NODE_PORTS,
            pod(**wanting(80)),
            node(pods=((taking("10.0.0.1", 80), 1),)),
            (RESOLVABLE, "node(s) didn't have free ports for the requested pod ports"),
            id="a port on all addresses is not free when one is taken",
        ),
        pytest.param(
            NODE_PORTS,
            pod(**wanting(80, hostIP="10.0.0.2")),
            node(pods=((taking("10.0.0.1", 80), 1),)),
            None,
            id="a port on another address is free",
        ),
        pytest.param(
            NODE_PORTS,
            pod(**wanting(80, protocol="UDP")),
            node(pods=((taking(ANY_ADDRESS, 80), 1),)),
            None,
            id="a port of another protocol is free",
        ),
        pytest.param(
            NODE_RESOURCES_FIT,
            pod({"cpu": "2"}),
            node(pod({"cpu": "3"})),
            (RESOLVABLE, "Insufficient cpu"),
            id="a node that is full now",
        ),
        pytest.param(
            NODE_RESOURCES_FIT,
            pod({"cpu": "5"}),
            node(),
            (UNRESOLVABLE, "Insufficient cpu"),
            id="a node that is too small for good",
        ),
    ],
)
def test_a_filter_says_why_not(plugin, asking, given, answer):
    """Code and reason are the real ones."""
    rejection = plugin.filter(asking, given)

    assert (rejection and (rejection.code, *rejection.reasons)) == answer
    assert rejection is None or rejection.plugin == plugin.name


def test_a_plugin_with_nothing_to_say_is_skipped():
    """Node affinity concerns only the pods that ask for nodes."""
    assert not NODE_AFFINITY.filters(pod())
    assert NODE_AFFINITY.filters(pod(nodeSelector={"zone": "a"}))
    assert not NODE_AFFINITY.scores(pod())
    assert NODE_AFFINITY.scores(pod(**preferring(1, "ssd")))
    assert not NODE_RESOURCES_BALANCED_ALLOCATION.scores(pod())
    assert not NODE_PORTS.filters(pod())
    assert not NODE_NAME.filters(pod())


@pytest.mark.parametrize(
    ("asking", "given", "score"),
    [
        pytest.param(pod({"cpu": "1", "memory": "2Gi"}), node(), 62, id="75 of cpu and 50 of memory"),
        pytest.param(
            pod({"cpu": "1", "memory": "1Gi"}), node(pod({"cpu": "1", "memory": "1Gi"})), 50, id="used counts"
        ),
        pytest.param(pod({"cpu": "4", "memory": "4Gi"}), node(), 0, id="nothing left"),
        pytest.param(pod(), node(allocatable={"cpu": "1"}), 90, id="100 millicores for one that asks for nothing"),
        pytest.param(pod(), node(allocatable={"pods": "10"}), 0, id="a node that has neither"),
    ],
)
def test_the_emptier_node_is_better(asking, given, score):
    """LeastAllocated is the mean of what is left of cpu and memory."""
    assert NODE_RESOURCES_FIT.score(asking, given) == score


@pytest.mark.parametrize(
    ("asking", "given", "score"),
    [
        pytest.param(pod({"cpu": "1", "memory": "1Gi"}), node(), 75, id="in balance before and after"),
        pytest.param(pod({"cpu": "4"}), node(), 50, id="all of one and nothing of the other is the worst"),
        pytest.param(
            pod({"memory": "2Gi"}),
            node(pod({"cpu": "2"})),
            87,
            id="75 before and 100 after",
        ),
        pytest.param(pod({"cpu": "1"}), node(allocatable={"cpu": "1"}), 75, id="one resource is always in balance"),
    ],
)
def test_a_pod_goes_where_it_brings_balance(asking, given, score):
    """The score is 50 and half of what is left to 50 of the gain."""
    assert NODE_RESOURCES_BALANCED_ALLOCATION.score(asking, given) == score


def test_taints_that_only_warn_are_counted():
    """Each PreferNoSchedule taint that a pod does not bear counts one; other effects are not counted."""
    taints = [{"key": key, "effect": "PreferNoSchedule"} for key in "abc"] + [SPOT]
    bears_a = {"key": "a", "operator": "Exists", "effect": "PreferNoSchedule"}
    bears_b_otherwise = {"key": "b", "operator": "Exists", "effect": "NoSchedule"}

    assert TAINT_TOLERATION.score(pod(tolerations=[bears_a, bears_b_otherwise]), node(taints=taints)) == 2


def test_preferred_nodes_score_by_weight():
    """A term that does not match adds nothing."""
    labelled = from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"ssd": ""}}})
    given = NodeInfo(node=labelled, allocatable=amounts_of(labelled.status.allocatable), load=Load())

    assert NODE_AFFINITY.score(pod(**preferring(7, "ssd")), given) == 7
    assert NODE_AFFINITY.score(pod(**preferring(7, "ssd", "gpu")), given) == 0


def test_scores_are_normalised_to_the_highest():
    """In hundredths, rounded down, forwards and backwards; where all are zero they stay or are all best."""
    assert list(default_normalize([1, 2, 3])) == [33, 66, 100]
    assert list(reversed_normalize([0, 1, 3])) == [100, 67, 0]
    assert list(default_normalize([0, 0])) == [0, 0]
    assert list(reversed_normalize([0, 0])) == [100, 100]
