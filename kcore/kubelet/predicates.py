"""Predicates: whether a kubelet takes a pod that is bound to its node, and how long it lets it run.

Models admission when the kubelet first sees a pod: a node under pressure takes critical pods alone, or where it is only
short of memory those too that ask for something or tolerate it; the node has to be one that the pod asks for, without
taints that would have it evicted, with its host ports free and with room beside the pods that were taken before. A pod
that is not taken fails with the reason, and nothing of it ever runs. A pod with a deadline fails when that has passed.

Not modelled: making room for a critical pod, admission anew when the kubelet restarts, topology and devices.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/lifecycle/predicate.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.podstatus import PodStatus
from kcore.api.core.taint import Taint
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.hashmap import HashMap
from kcore.api.memo import Memo
from kcore.api.object import ApiObject
from kcore.api.qos import BEST_EFFORT, pod_qos
from kcore.kubelet.eviction import REASON as EVICTED
from kcore.kubelet.eviction import is_critical
from kcore.kubelet.phase import FAILED, TERMINAL
from kcore.kubelet.thresholds import MEMORY_PRESSURE, PRESSURES
from kcore.placement.fit import PODS, Usage, amounts_of, request_of
from kcore.placement.hostports import conflict, host_ports
from kcore.placement.nodeaffinity import matches_node_affinity
from kcore.placement.taints import NO_EXECUTE, NO_SCHEDULE, untolerated
from kcore.reconcile.derived import Derived
from kcore.world.view import MachineView

PREFIX = "Pod was rejected: "
DEADLINE_EXCEEDED = "DeadlineExceeded"
OVER_TIME = "Pod was active on the node longer than the specified deadline"


class Rejection(NamedTuple):
    """Why a pod is not taken: a reason as a status gives it, and a sentence."""

    reason: str
    message: str


def is_new(pod: Pod) -> bool:
    """Tell whether no kubelet has taken the pod yet."""
    return pod.status.start_time is None


def rejection(pod: Pod, node: Node, view: MachineView) -> Rejection | None:
    """Return why `node` does not take `pod`, None if it does; the rows are asked in upstream's order."""
    allocatable, pressures = _facts(node.status)
    if pressures and not _fits_under(pressures, pod):
        return Rejection(EVICTED, f"The node had condition: [{' '.join(pressures)}]. ")
    lacking = _lacking(pod, node, allocatable, view) if allocatable else None
    if lacking is not None:
        return lacking
    if not matches_node_affinity(pod.spec.node_selector, pod.spec.affinity, node):
        return _failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
    ports = host_ports(pod.spec)
    if ports and conflict(ports, (port for one in _taken(pod, node, view) for port in host_ports(one.spec))):
        return _failed("NodePorts", "node(s) didn't have free ports for the requested pod ports")
    if node.spec.taints and untolerated(node.spec.taints, pod.spec.tolerations, _EVICTING) is not None:
        return _failed("TaintToleration", "node(s) had taints that the pod didn't tolerate")
    return None


def _failed(predicate: str, why: str) -> Rejection:
    return Rejection(predicate, f"Predicate {predicate} failed: {why}")


def _fits_under(pressures: tuple[str, ...], pod: Pod) -> bool:
    """Tell whether a node under `pressures` takes `pod` all the same."""
    if is_critical(pod):
        return True
    if pressures != (MEMORY_PRESSURE,):
        return False
    return pod_qos(pod) != BEST_EFFORT or untolerated((_MEMORY_TAINT,), pod.spec.tolerations, _SCHEDULING) is None


def _lacking(pod: Pod, node: Node, allocatable: FrozenMap[int], view: MachineView) -> Rejection | None:
    """Return what of a resource the node lacks; a node that says nothing of what it can give lacks nothing."""
    wanted = request_of(pod).amounts
    if not wanted and PODS not in allocatable:
        return None
    if _has_room(node.metadata.name, wanted, allocatable, view):
        return None
    taken = tuple(_taken(pod, node, view))
    if PODS in allocatable and len(taken) + 1 > allocatable[PODS]:
        return _out_of(PODS, 1, len(taken), allocatable[PODS])
    used: dict[str, int] = {}
    for one in taken if wanted else ():
        for name, amount in request_of(one).amounts.items():
            used[name] = used.get(name, 0) + amount
    for name, amount in wanted.items():
        if used.get(name, 0) + amount > allocatable.get(name, 0):
            return _out_of(name, amount, used.get(name, 0), allocatable.get(name, 0))
    return None


def _has_room(node: str, wanted: FrozenMap[int], allocatable: FrozenMap[int], view: MachineView) -> bool:
    """Tell whether all that is bound to the node fits, this pod among them, taken or not: then nobody need be asked."""
    bound: Usage = view.derive(f"bound to {node}", lambda store: _BOUND(store).get(node, _NOTHING))
    fits = all(bound.amounts.get(name, 0) <= allocatable.get(name, 0) for name in wanted)
    return fits and (PODS not in allocatable or bound.pods <= allocatable[PODS])


def _place(found: ApiObject | None) -> tuple[str, Pod] | None:
    """Return a pod that has a node and has not ended, and the node."""
    if not isinstance(found, Pod) or not found.spec.node_name or found.status.phase in TERMINAL:
        return None
    return found.spec.node_name, found


def _after(usage: HashMap[str, Usage], old: ApiObject | None, new: ApiObject | None) -> HashMap[str, Usage]:
    """Return what is bound to each node after a pod was `old` and became `new`."""
    left, come = _place(old), _place(new)
    if left is not None and come is not None and left[0] == come[0]:
        before, after = request_of(left[1]), request_of(come[1])
        if before is after or before == after:
            return usage
    for place, sign in ((left, -1), (come, 1)):
        if place is not None:
            node, pod = place
            usage = usage.set(node, usage.get(node, _NOTHING).plus(request_of(pod), sign))
    return usage


def _out_of(resource: str, requested: int, used: int, capacity: int) -> Rejection:
    numbers = f"requested: {requested}, used: {used}, capacity: {capacity}"
    return Rejection(f"OutOf{resource}", f"Node didn't have enough resource: {resource}, {numbers}")


def _taken(pod: Pod, node: Node, view: MachineView) -> Iterator[Pod]:
    """Yield the other pods of the node that were taken and have not ended."""
    for one in view.on_node(node.metadata.name):
        if not isinstance(one, Pod) or one.status.phase in TERMINAL or one.metadata.uid == pod.metadata.uid:
            continue
        if not is_new(one) or view.sandbox(one.metadata.uid) is not None:
            yield one


def rejected_status(pod: Pod, why: Rejection) -> PodStatus:
    """Return the status of a pod that is not taken."""
    generation = pod.metadata.generation
    message = PREFIX + why.message
    return evolve(pod.status, phase=FAILED, reason=why.reason, message=message, observed_generation=generation)


def deadline_of(pod: Pod) -> int | None:
    """Return when the pod has run long enough (ms since 1970), None for never."""
    start, seconds = pod.status.start_time, pod.spec.active_deadline_seconds
    return None if start is None or seconds is None else (start + seconds) * 1000


_EVICTING = frozenset({NO_EXECUTE})
_SCHEDULING = frozenset({NO_SCHEDULE})
_MEMORY_TAINT = Taint(key="node.kubernetes.io/memory-pressure", effect=NO_SCHEDULE)
_NOTHING = Usage()
_NO_USAGE: HashMap[str, Usage] = HashMap()
_facts: Memo[tuple[FrozenMap[int], tuple[str, ...]]] = Memo(
    lambda status: (
        amounts_of(status.allocatable),
        tuple(one.type for one in status.conditions if one.type in PRESSURES and one.status == "True"),
    )
)
"""What the status of a node says that pods may have of it, and the pressures that it is under."""

_BOUND: Derived[HashMap[str, Usage]] = Derived(_NO_USAGE, _after, ("Pod",))
