"""What holds of pods: their phases and containers, their node, their addresses, and what runs of them.

Two worlds: the phases are what the API says, the sandboxes are what is so on machines.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/status/status_manager.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.pods import ended, going, name
from kcore.invariants.recent import Standing, Steps, changes_of
from kcore.machine import Culprits, Finding, always

_LIFECYCLE = "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"
_MANAGER = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/status/status_manager.go"


def phase_not_in_table(_: ClusterState, change: Change) -> Culprits | None:
    """Return how a phase changed otherwise than the table `PHASES` has it."""
    old, new = _update(change)
    if old is None or new is None or new.status.phase in PHASES.get(old.status.phase, ()):
        return None
    return Culprits(f"its phase {old.status.phase} became {new.status.phase}", str(change.key))


def ended_container_lives(_: ClusterState, change: Change) -> Culprits | None:
    """Return how a container runs again that its pod's policy does not let run again."""
    old, new = _update(change)
    if old is None or new is None or old.spec.restart_policy == "Always" or old.status is new.status:
        return None
    policy = old.spec.restart_policy
    again = {one.name for one in new.status.container_statuses if one.state.terminated is None}
    for one in _final(old.status.container_statuses, policy):
        if one.name in again:
            return Culprits(f"its container {one.name} lives again, whose policy is {policy}", str(change.key))
    return None


def bound_again(_: ClusterState, change: Change) -> Culprits | None:
    """Return how a pod changed its node."""
    old, new = _update(change)
    if old is None or new is None or old.spec.node_name in ("", new.spec.node_name):
        return None
    return Culprits(f"it was on {old.spec.node_name} and is on {new.spec.node_name}", str(change.key))


def addresses_unique(state: ClusterState) -> Finding:
    """Tell whether no two pods that live say that they have one address, and no two sandboxes in use do."""
    said = _ADDRESSES_SAID(state)
    if said is not True:
        return said
    used: dict[str, ObjectKey] = {}
    for id_, sandbox in state.world.sandboxes.items():
        if sandbox.address and not sandbox.stopped:
            other = used.setdefault(sandbox.address, sandbox.pod)
            if other is not sandbox.pod:
                return Culprits(f"{id_.node} gave both {sandbox.address}", *sorted((str(other), str(sandbox.pod))))
    return True


def _addresses_said(state: ClusterState) -> Finding:
    """Tell whether no two pods that live say that they have one address."""
    holders: dict[str, Pod] = {}
    for pod in _living(state):
        for address in {pod.status.pod_ip, *(one.ip for one in pod.status.pod_ips)}:
            other = holders.setdefault(address, pod) if address else pod
            if other is not pod:
                return Culprits(f"they share the address {address}", name(other), name(pod))
    return True


_ADDRESSES_SAID = Standing(_addresses_said, "Pod")


def runs_where_bound(state: ClusterState) -> Finding:
    """Tell whether each sandbox of a pod that is there is on the node that the pod is bound to, and the only one."""
    places: dict[str, str] = {}
    for id_, sandbox in sorted(state.world.sandboxes.items()):
        other = places.setdefault(id_.pod_uid, id_.node)
        if other != id_.node:
            return Culprits(f"it runs on {other} and on {id_.node}", str(sandbox.pod))
        pod = state.store.get(sandbox.pod)
        if isinstance(pod, Pod) and pod.metadata.uid == id_.pod_uid and pod.spec.node_name != id_.node:
            return Culprits(
                f"it runs on {id_.node} and is bound to {pod.spec.node_name or 'no node'}", str(sandbox.pod)
            )
    return True


def one_instance_per_identity(state: ClusterState) -> Finding:
    """Tell whether of no pod, by namespace and name, containers run in two sandboxes."""
    seen: dict[ObjectKey, str] = {}
    for id_, sandbox in sorted(state.world.sandboxes.items()):
        if not sandbox.running:
            continue
        if sandbox.pod in seen:
            return Culprits(f"it runs on {seen[sandbox.pod]} and on {id_.node} at once", str(sandbox.pod))
        seen[sandbox.pod] = id_.node
    return True


def went_at_once(state: ClusterState, change: Change) -> Culprits | None:
    """Return how a pod on a node that is there went without having been asked to end before."""
    pod = change.old
    if change.new is not None or not isinstance(pod, Pod) or not pod.spec.node_name:
        return None
    there = state.store.get(ObjectKey("Node", "", pod.spec.node_name)) is not None
    if not there or going(pod) or ended(pod) or pod.spec.termination_grace_period_seconds == 0:
        return None
    return Culprits(f"it went at once, though bound to {pod.spec.node_name}", str(change.key))


def _update(change: Change) -> tuple[Pod | None, Pod | None]:
    """Return a pod before and after a change of it; nothing when it was another pod, or none."""
    old, new = change.old, change.new
    if isinstance(old, Pod) and isinstance(new, Pod) and old.metadata.uid == new.metadata.uid:
        return old, new
    return None, None


def _updates(state: ClusterState) -> Iterator[tuple[Pod, Pod]]:
    """Yield the pods that changed of late, before and after."""
    for change in changes_of(state, "Pod"):
        old, new = _update(change)
        if old is not None and new is not None:
            yield old, new


def _final(statuses: Iterable[ContainerStatus], policy: str) -> Iterator[ContainerStatus]:
    """Yield the containers that have ended for good under a restart policy other than Always."""
    for one in statuses:
        end = one.state.terminated
        if end is not None and (policy == "Never" or end.exit_code == 0):
            yield one


def _living(state: ClusterState) -> Iterator[Pod]:
    """Yield the pods with an address of their own that have not come to their end."""
    for pod in state.store.list("Pod"):
        if isinstance(pod, Pod) and pod.status.pod_ip and not pod.spec.host_network and not ended(pod):
            yield pod


def _phase_moved(state: ClusterState) -> Finding:
    return any(old.status.phase != new.status.phase for old, new in _updates(state))


def _container_ended_for_good(state: ClusterState) -> Finding:
    return any(
        old.spec.restart_policy != "Always" and any(_final(old.status.container_statuses, old.spec.restart_policy))
        for old, _ in _updates(state)
    )


def _bound(state: ClusterState) -> Finding:
    return any(bool(old.spec.node_name) for old, _ in _updates(state))


def _two_have_addresses(state: ClusterState) -> Finding:
    living = _living(state)
    return next(living, None) is not None and next(living, None) is not None


def _something_runs(state: ClusterState) -> Finding:
    return any(sandbox.running for sandbox in state.world.sandboxes.values())


def _bound_pod_went(state: ClusterState) -> Finding:
    return any(
        change.new is None and isinstance(change.old, Pod) and bool(change.old.spec.node_name)
        for change in changes_of(state, "Pod")
    )


PHASES = {
    "": frozenset({"", "Pending", "Running", "Succeeded", "Failed"}),
    "Pending": frozenset({"Pending", "Running", "Succeeded", "Failed"}),
    "Running": frozenset({"Running", "Pending", "Succeeded", "Failed"}),
    "Succeeded": frozenset({"Succeeded"}),
    "Failed": frozenset({"Failed"}),
}
"""The phases that may follow one; a pod whose init containers run anew is Pending again."""

INVARIANTS: tuple[Invariant, ...] = (
    law(
        "phases-in-table",
        "A pod that has succeeded or failed never lives again.",
        Steps(phase_not_in_table),
        _phase_moved,
        upstream=f"{_LIFECYCLE}#pod-phase",
    ),
    law(
        "ended-containers-stay-ended",
        "A container that has ended for good, as its pod's restart policy says, never runs again.",
        Steps(ended_container_lives),
        _container_ended_for_good,
        upstream=_MANAGER,
    ),
    law(
        "bound-once",
        "A pod that is bound to a node stays bound to it.",
        Steps(bound_again),
        _bound,
        upstream=f"{_LIFECYCLE}#pod-lifetime",
    ),
    law(
        "addresses-unique",
        "No two pods that live have one address, but those that share their node's.",
        Standing(addresses_unique, "Pod", world=True),
        _two_have_addresses,
        assumes=("a node has fewer pods in its lifetime than addresses, or reports the end of each in time",),
        upstream="https://kubernetes.io/docs/concepts/cluster-administration/networking/",
    ),
    law(
        "runs-where-bound",
        "What runs of a pod runs on one machine, that of the node which the pod is bound to.",
        Standing(runs_where_bound, "Pod", world=True),
        _something_runs,
        upstream=f"{_LIFECYCLE}#pod-lifetime",
    ),
    question(
        "at-most-one-running-pod-per-identity",
        "Of no pod name do two instances run at once, on whichever machines.",
        always("at-most-one-running-pod-per-identity", one_instance_per_identity),
        _something_runs,
        assumes=("nobody forces the deletion of a pod whose machine can't be heard",),
        upstream="https://kubernetes.io/docs/tasks/run-application/force-delete-stateful-set-pod/",
    ),
    question(
        "pods-go-gracefully",
        "A pod that runs on a node is asked to end before it goes.",
        Steps(went_at_once),
        _bound_pod_went,
        assumes=("nobody deletes pods with a grace period of zero", "no node is removed that has pods"),
        upstream=f"{_LIFECYCLE}#pod-termination",
    ),
)
