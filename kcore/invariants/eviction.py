"""What holds when a node runs out of memory or disk: whom its kubelet ends for that, and whom it never does.

The questions beside it are whether anything is ended at all for want of room, which real Kubernetes does not prevent.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/eviction/eviction_manager.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.pod import Pod
from kcore.api.resources import pod_requests
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.pods import ended, name
from kcore.machine import Culprits, Finding
from kcore.world.container import OOM_KILLED, ContainerState
from kcore.world.sandbox import MIRROR, Sandbox, uid_of
from kcore.world.usage import MEMORY, usage_of

_CONCEPT = "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"
_OOM = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"

EVICTED = "Evicted"
SYSTEM_CRITICAL = 2_000_000_000
LOW_ON_MEMORY = "The node was low on resource: memory."


def no_critical_pod_is_evicted(state: ClusterState) -> Finding:
    """Tell whether no pod that the system needs was ended, or is being ended, for want of room."""
    for sandbox in _evicted(state):
        pod = _pod_of(state, sandbox)
        if pod is not None and _is_critical(pod):
            return Culprits(f"a critical pod is evicted from {sandbox.id.node}", name(pod))
    return True


def evictions_spare_those_within_their_requests(state: ClusterState) -> Finding:
    """Tell whether nobody who keeps within what it asked for is ended while somebody is there who does not.

    Judged while all of the evicted pod still runs, by those that used as much before it was told to stop. Where a load
    makes the use, it has gone to others by then, and nothing is said.
    """
    if any(one.metric == MEMORY for one in state.world.metrics.loads):
        return True
    for sandbox in _evicted(state):
        pod = _pod_of(state, sandbox) if sandbox.running else None
        if pod is None or sandbox.cause is None or not sandbox.cause.message.startswith(LOW_ON_MEMORY):
            continue
        told = min(one.since for one in sandbox.containers if one.state is ContainerState.STOPPING)
        partly = any(one.exit is not None and one.exit.finished >= told for one in sandbox.containers)
        if partly or _beyond(state, sandbox, pod) > 0:
            continue
        for other in _standing(state, sandbox, told):
            greedy = _pod_of(state, other)
            if greedy is None or _is_critical(greedy) or ended(greedy):
                continue
            if _beyond(state, other, greedy) > 0:
                return Culprits(f"{name(pod)} is evicted before {name(greedy)}, which uses more than it asked for")
    return True


def no_pod_is_evicted(state: ClusterState) -> Finding:
    """Tell whether no pod has failed because its node ran out of something."""
    for pod in state.store.list("Pod"):
        if isinstance(pod, Pod) and pod.status.reason == EVICTED:
            return Culprits("it was evicted", name(pod))
    return True


def no_container_runs_out_of_memory(state: ClusterState) -> Finding:
    """Tell whether no container was killed, the last time that it ended, for using more memory than its limit."""
    for sandbox in state.world.sandboxes.values():
        for one in sandbox.containers:
            last = one.exit or one.last_exit
            if last is not None and last.reason == OOM_KILLED:
                return Culprits(f"{one.name} was killed for want of memory", str(sandbox.pod))
    return True


def _evicted(state: ClusterState) -> Iterator[Sandbox]:
    for _, sandbox in sorted(state.world.sandboxes.items()):
        if sandbox.cause is not None and sandbox.cause.reason == EVICTED:
            yield sandbox


def _standing(state: ClusterState, evicted: Sandbox, told: int) -> Iterator[Sandbox]:
    """Yield what else runs on the machine, and has used what it does since before the time `told` (ms since 1970)."""
    for one in state.world.sandboxes_on(evicted.id.node):
        used_before = all(max(each.since, each.uses_from) < told for each in one.containers)
        if one.id != evicted.id and one.running and not one.stopping and used_before:
            yield one


def _beyond(state: ClusterState, sandbox: Sandbox, pod: Pod) -> int:
    """Return how much more memory a pod uses than it asked for, in bytes."""
    usage = usage_of(state.world, state.store, sandbox.id.node, MEMORY, state.now)
    used = next((one.total for one in usage.pods if one.uid == sandbox.id.pod_uid), 0)
    asked = pod_requests(pod).get(MEMORY)
    return used - (0 if asked is None else asked.value)


def _pod_of(state: ClusterState, sandbox: Sandbox) -> Pod | None:
    found = state.store.get(sandbox.pod)
    return found if isinstance(found, Pod) and uid_of(found) == sandbox.id.pod_uid else None


def _is_critical(pod: Pod) -> bool:
    return MIRROR in pod.metadata.annotations or (pod.spec.priority or 0) >= SYSTEM_CRITICAL


def _somebody_is_evicted(state: ClusterState) -> Finding:
    return any(True for _ in _evicted(state))


def _one_of_several_is_evicted(state: ClusterState) -> Finding:
    return any(sum(each.running for each in state.world.sandboxes_on(one.id.node)) > 1 for one in _evicted(state))


def _a_critical_pod_is_under_pressure(state: ClusterState) -> Finding:
    nodes = {sandbox.id.node for sandbox in _evicted(state)}
    pods = (pod for node in nodes for pod in state.store.on_node(node))
    return any(isinstance(pod, Pod) and _is_critical(pod) and not ended(pod) for pod in pods)


def _a_pod_runs(state: ClusterState) -> Finding:
    return any(one.running for one in state.world.sandboxes.values())


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "critical-pods-are-not-evicted",
        "A pod that the system needs is never ended because its node runs out of memory or disk.",
        no_critical_pod_is_evicted,
        _a_critical_pod_is_under_pressure,
        upstream=_CONCEPT,
    ),
    law(
        "evictions-spare-those-within-their-requests",
        "A pod that uses no more memory than it asked for is not evicted before one that does.",
        evictions_spare_those_within_their_requests,
        _one_of_several_is_evicted,
        upstream=_CONCEPT,
    ),
    question(
        "no-pod-is-evicted",
        "No pod is ended because its node runs out of memory or disk.",
        no_pod_is_evicted,
        _a_pod_runs,
        assumes=("pods use no more than they ask for, and nothing else uses what their nodes have",),
        upstream=_CONCEPT,
    ),
    question(
        "no-container-runs-out-of-memory",
        "No container is killed because it uses more memory than its limit.",
        no_container_runs_out_of_memory,
        _a_pod_runs,
        assumes=("what containers use is known when their limits are set",),
        upstream=_OOM,
    ),
)
