"""Each plugin's no and each plugin's score."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.placement.fit import Usage, amounts_of
from kcore.scheduler.framework import Code, NodeInfo, pod_info
from kcore.scheduler.plugins.node_affinity import NODE_AFFINITY
from kcore.scheduler.plugins.node_resources_fit import NODE_RESOURCES_FIT
from kcore.scheduler.plugins.node_unschedulable import NODE_UNSCHEDULABLE
from kcore.scheduler.plugins.taint_toleration import TAINT_TOLERATION


def pod(requests=None, **spec):
    containers = [{"name": "c", "resources": {"requests": requests or {}}}]
    found = from_wire({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers, **spec}})
    return pod_info(found)


def node(*used, allocatable=None, **spec):
    given = {"cpu": "4", "memory": "4Gi", "pods": "10"} if allocatable is None else allocatable
    found = from_wire(
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "spec": spec, "status": {"allocatable": given}}
    )
    usage = Usage()
    for one in used:
        usage = usage.plus(one.request)
    return NodeInfo(node=found, allocatable=amounts_of(found.status.allocatable), usage=usage)


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
    assert not NODE_AFFINITY.relevant(pod())
    assert NODE_AFFINITY.relevant(pod(nodeSelector={"zone": "a"}))


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
