"""What holds of the places that pods get: room, ports, taints, labels, volumes, and that there is one.

Pods that were created on a node, without a scheduler, are their kubelet's to refuse; they are not counted here.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kcore.api.core.affinity import NodeSelector, NodeSelectorRequirement
from kcore.api.core.container import ContainerPort
from kcore.api.core.node import Node
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.core.taint import Taint, Toleration
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.quantity import ZERO, Quantity
from kcore.api.resources import pod_requests
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import NO_LOSS, PROMPT, Invariant, law, question
from kcore.invariants.pods import ended, name
from kcore.invariants.recent import Standing, Steps, after, as_of, changes_of, past
from kcore.machine import Culprits, Finding, leads_to

_PLUGINS = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins"
_NUMBER = re.compile(r"-?[0-9]+")
_EVERY_ADDRESS = ("", "0.0.0.0")  # noqa: S104 - words of the API; nothing is bound here


def bound_within_allocatable(state: ClusterState) -> Finding:
    """Tell whether the pods that were scheduled to a node do not ask for more than it has to give."""
    for node, pods in _nodes_and_pods(state):
        if _excess(node, pods):
            scheduled = _scheduled(state, pods)
            excess = _excess(node, scheduled)
            if excess:
                return Culprits(excess, name(node), *map(name, scheduled))
    return True


def host_ports_unique(state: ClusterState) -> Finding:
    """Tell whether no two pods that were scheduled to a node want one port of it."""
    for node, pods in _nodes_and_pods(state):
        if _sharing(pods):
            shared = _sharing(_scheduled(state, pods))
            if shared:
                port, *both = shared
                return Culprits(f"both want the port {port} of {node.metadata.name}", *map(str, both))
    return True


def bound_where_refused(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a binding went to a node that does not take the pod: selected, tolerated, and not cordoned.

    A node that has changed since may have taken it then.
    """
    old, new = change.old, change.new
    if not isinstance(old, Pod) or not isinstance(new, Pod) or not new.spec.node_name or old.spec.node_name:
        return None
    key = ObjectKey("Node", "", new.spec.node_name)
    node = state.store.get(key)
    why = _refusal(new, node) if isinstance(node, Node) else "there is no such node"
    if not why or any(one.key == key for one in after(state, change)):
        return None
    return Culprits(f"bound to {new.spec.node_name}: {why}", str(change.key))


def bound_out_of_reach(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a binding went to a node from which a volume of the pod can't be reached."""
    old, new = change.old, change.new
    if not isinstance(old, Pod) or not isinstance(new, Pod) or not new.spec.node_name or old.spec.node_name:
        return None
    node = as_of(state, ObjectKey("Node", "", new.spec.node_name), change)
    if isinstance(node, Node):
        for volume, demanded in _bound_volumes(state, new):
            if not _is_one_of(demanded, node):
                return Culprits(f"bound to {node.metadata.name}, out of reach of its volume", str(change.key), volume)
    return None


def _bound_volumes(state: ClusterState, pod: Pod) -> Iterator[tuple[str, NodeSelector]]:
    """Yield the volumes of a pod that are not everywhere, and where they are."""
    for one in pod.spec.volumes:
        name_ = one.persistent_volume_claim.claim_name if one.persistent_volume_claim else ""
        claim = state.store.get(ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name_)) if name_ else None
        if isinstance(claim, PersistentVolumeClaim) and claim.spec.volume_name:
            volume = state.store.get(ObjectKey("PersistentVolume", "", claim.spec.volume_name))
            if isinstance(volume, PersistentVolume) and volume.spec.node_affinity is not None:
                demanded = volume.spec.node_affinity.required
                if demanded is not None:
                    yield name(volume), demanded


def _bound_with_a_volume(state: ClusterState) -> Finding:
    return any(
        isinstance(change.new, Pod) and bool(change.new.spec.node_name) and any(_bound_volumes(state, change.new))
        for change in changes_of(state, "Pod")
    )


def pods_schedulable(state: ClusterState) -> Finding:
    """Tell whether the scheduler has found a place for each pod that it has looked at."""
    for pod in state.store.on_node(""):
        if isinstance(pod, Pod) and not ended(pod):
            for one in pod.status.conditions:
                if (one.type, one.status, one.reason) == ("PodScheduled", "False", "Unschedulable"):
                    return Culprits(one.message, name(pod))
    return True


def nodes_of_pods_exist(state: ClusterState) -> Finding:
    """Tell whether every pod that is bound is bound to a node that is there."""
    for pod in state.store.list("Pod"):
        if isinstance(pod, Pod) and pod.spec.node_name and not _node(state, pod):
            return Culprits(f"it is bound to {pod.spec.node_name}, which is gone", name(pod))
    return True


def _some_node_of_a_pod_is_gone(state: ClusterState) -> Finding:
    return nodes_of_pods_exist(state) is not True


def _node(state: ClusterState, pod: Pod) -> bool:
    return state.store.get(ObjectKey("Node", "", pod.spec.node_name)) is not None


def _nodes_and_pods(state: ClusterState) -> Iterator[tuple[Node, Sequence[Pod]]]:
    """Yield each node that has pods with those of them that have not come to their end."""
    for node in state.store.list("Node"):
        found = state.store.on_node(node.metadata.name)
        if found and isinstance(node, Node):
            yield node, [one for one in found if isinstance(one, Pod) and not ended(one)]


def _scheduled(state: ClusterState, pods: Sequence[Pod]) -> Sequence[Pod]:
    """Return the pods without those that were created on their node of late."""
    placed = {
        change.key
        for change in past(state)
        if change.old is None and isinstance(change.new, Pod) and change.new.spec.node_name
    }
    return [pod for pod in pods if key_of(pod) not in placed]


def _excess(node: Node, pods: Sequence[Pod]) -> str:
    """Return what pods ask for beyond what a node has to give; "" for nothing."""
    room = node.status.allocatable
    most = room.get("pods", ZERO)
    if len(pods) > most.value:
        return f"{len(pods)} pods where there is room for {most}"
    asked: dict[str, Quantity] = {}
    for pod in pods:
        for resource, amount in pod_requests(pod).items():
            asked[resource] = asked.get(resource, ZERO) + amount
    over = [resource for resource, amount in asked.items() if amount > room.get(resource, ZERO) and amount > ZERO]
    return f"{asked[over[0]]} of {over[0]} where there is {room.get(over[0], ZERO)}" if over else ""


def _sharing(pods: Sequence[Pod]) -> tuple[int, str, str] | None:
    """Return a port of their node that two pods want, and the two; None when each has its own."""
    taken: list[tuple[ContainerPort, Pod]] = []
    for pod in pods:
        wanted = _host_ports(pod)
        for port, other in taken:
            if any(_same_port(port, one) for one in wanted):
                return port.host_port, name(other), name(pod)
        taken += [(port, pod) for port in wanted]
    return None


def _host_ports(pod: Pod) -> list[ContainerPort]:
    beside = (one for one in pod.spec.init_containers if one.restart_policy == "Always")
    return [port for one in (*beside, *pod.spec.containers) for port in one.ports if port.host_port]


def _same_port(one: ContainerPort, other: ContainerPort) -> bool:
    if (one.host_port, one.protocol or "TCP") != (other.host_port, other.protocol or "TCP"):
        return False
    return one.host_ip == other.host_ip or one.host_ip in _EVERY_ADDRESS or other.host_ip in _EVERY_ADDRESS


def _refusal(pod: Pod, node: Node) -> str:
    """Return why a node does not take a pod; "" when nothing here speaks against it."""
    wrong = [key for key, value in pod.spec.node_selector.items() if node.metadata.labels.get(key) != value]
    if wrong:
        return f"its label {wrong[0]} is another"
    of_node = pod.spec.affinity.node_affinity if pod.spec.affinity else None
    demanded = of_node.required_during_scheduling_ignored_during_execution if of_node else None
    if demanded is not None and not _is_one_of(demanded, node):
        return "it is none of the nodes that the pod's affinity demands"
    taints = [one for one in node.spec.taints if one.effect in ("NoSchedule", "NoExecute")]
    if node.spec.unschedulable:
        taints.append(_UNSCHEDULABLE)
    hostile = [one for one in taints if not any(_tolerates(each, one) for each in pod.spec.tolerations)]
    return f"its taint {hostile[0].key} is not tolerated" if hostile else ""


def _is_one_of(selector: NodeSelector, node: Node) -> bool:
    """Tell whether one of the terms matches the node; an empty one matches none."""
    labels, fields = node.metadata.labels, {"metadata.name": node.metadata.name}
    return any(
        (term.match_expressions or term.match_fields)
        and all(_meets(labels.get(one.key), one) for one in term.match_expressions)
        and all(_meets(fields.get(one.key), one) for one in term.match_fields)
        for term in selector.node_selector_terms
    )


def _meets(value: str | None, asked: NodeSelectorRequirement) -> bool:
    if asked.operator in ("In", "NotIn"):
        return (value is not None and value in asked.values) is (asked.operator == "In")
    if asked.operator in ("Gt", "Lt"):
        numbers = [int(one) for one in (value or "", *asked.values) if _NUMBER.fullmatch(one)]
        return len(numbers) == 2 and (numbers[0] - numbers[1]) * (1 if asked.operator == "Gt" else -1) > 0
    return (value is not None) is (asked.operator == "Exists")


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or toleration.value == taint.value


_UNSCHEDULABLE = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


def _two_on_a_node(state: ClusterState) -> Finding:
    return any(len(pods) > 1 for _, pods in _nodes_and_pods(state))


def _ports_wanted(state: ClusterState) -> Finding:
    return any(isinstance(change.new, Pod) and bool(_host_ports(change.new)) for change in changes_of(state, "Pod"))


def _bound_with_a_choice(state: ClusterState) -> Finding:
    """Tell whether a pod was bound while some node would not have taken it."""
    nodes = [one for one in state.store.list("Node") if isinstance(one, Node)]
    return any(
        isinstance(change.new, Pod)
        and bool(change.new.spec.node_name)
        and any(_refusal(change.new, one) for one in nodes)
        for change in changes_of(state, "Pod")
    )


def _pod_bound(state: ClusterState) -> Finding:
    return any(isinstance(change.new, Pod) and bool(change.new.spec.node_name) for change in changes_of(state, "Pod"))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "bound-within-allocatable",
        "The pods that are scheduled to a node never ask for more than it has to give, of CPU, memory, pods or other.",
        Standing(bound_within_allocatable, "Node", "Pod"),
        _two_on_a_node,
        assumes=(
            "what a node has to give does not shrink",
            "no answer to a binding is lost: its scheduler would give the place away again before it hears of it",
        ),
        timings=NO_LOSS,
        upstream=f"{_PLUGINS}/noderesources/fit.go",
    ),
    law(
        "host-ports-unique",
        "No two pods that are scheduled to a node want one port of it.",
        Standing(host_ports_unique, "Node", "Pod"),
        _ports_wanted,
        assumes=("no answer to a binding is lost",),
        timings=NO_LOSS,
        upstream=f"{_PLUGINS}/nodeports/node_ports.go",
    ),
    law(
        "bound-where-allowed",
        "A pod is bound to a node that it selects and demands, whose taints it tolerates, and which is not cordoned.",
        Steps(bound_where_refused),
        _bound_with_a_choice,
        assumes=("the scheduler has heard of the last change of the node: else it binds by what the node was",),
        timings=PROMPT,
        upstream=f"{_PLUGINS}/tainttoleration/taint_toleration.go",
    ),
    law(
        "volumes-reach-their-node-at-binding",
        "A pod is bound to a node from which each volume of its bound claims can be reached.",
        Steps(bound_out_of_reach),
        _bound_with_a_volume,
        assumes=("the scheduler has heard of the claims and volumes as they are",),
        timings=PROMPT,
        upstream=f"{_PLUGINS}/volumebinding/volume_binding.go",
    ),
    question(
        "every-pod-is-schedulable",
        "There is a node for every pod.",
        Standing(pods_schedulable),
        _pod_bound,
        upstream="https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/",
    ),
    question(
        "nothing-stays-bound-to-a-missing-node",
        "A pod whose node is gone is deleted in the end.",
        leads_to("nothing-stays-bound-to-a-missing-node", _some_node_of_a_pod_is_gone, nodes_of_pods_exist),
        _some_node_of_a_pod_is_gone,
        assumes=("the pod garbage collector runs",),
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podgc/gc_controller.go",
    ),
)
