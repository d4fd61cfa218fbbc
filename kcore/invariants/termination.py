"""What holds of the order in which things end: sidecars after the containers that they serve, critical pods last.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kuberuntime/kuberuntime_termination_order.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.pod import Pod
from kcore.cluster.power import shutdown_periods_of
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law
from kcore.machine import Culprits, Finding
from kcore.world.container import SIGKILL_EXIT, SIGTERM_EXIT, Container, ContainerState
from kcore.world.sandbox import Sandbox, uid_of

_SIDECARS = "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"
_SHUTDOWN = "https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/"

TERMINATED = "Terminated"
"""The reason of a pod that a shutdown ends."""


def sidecars_outlast_the_others(state: ClusterState) -> Finding:
    """Tell whether no sidecar has ended as it was told to while a container that it serves still ends in time."""
    for sandbox in _ending(state):
        began = min((one.since for one in sandbox.containers if one.state is ContainerState.STOPPING), default=None)
        served = [one.name for one in sandbox.containers if one.has_process and not one.sidecar and not one.once]
        for one in sandbox.containers if began is not None and served else ():
            if one.sidecar and _ended_in_time(one, sandbox, began):
                return Culprits(f"the sidecar {one.name} has ended before {', '.join(served)}", str(sandbox.pod))
    return True


def pods_of_higher_priority_end_later(state: ClusterState) -> Finding:
    """Tell whether a machine that shuts down has ended no pod of a priority whose time has not come."""
    for name in sorted(state.world.machines):
        shutdown = state.world.machines[name].shutdown
        if shutdown is None:
            continue
        begun = [period.priority for period in shutdown_periods_of(state.config)][shutdown.group + 1 :]
        for sandbox in state.world.sandboxes_on(name):
            pod = _pod_of(state, sandbox)
            if pod is not None and _is_shut_down(sandbox) and begun and (pod.spec.priority or 0) >= begun[0]:
                return Culprits(f"it is ended before its time on {name}", str(sandbox.pod))
    return True


def _ended_in_time(sidecar: Container, sandbox: Sandbox, began: int | None) -> bool:
    """Tell whether a sidecar has ended on its signal before the grace period was over."""
    ended, within = sidecar.exit, sandbox.stop_within
    if ended is None or within is None or began is None or ended.code not in (SIGTERM_EXIT, SIGKILL_EXIT):
        return False
    return began < ended.finished < began + within * 1000


def _ending(state: ClusterState) -> Iterator[Sandbox]:
    for _, sandbox in sorted(state.world.sandboxes.items()):
        if sandbox.stopping and any(one.sidecar for one in sandbox.containers):
            yield sandbox


def _is_shut_down(sandbox: Sandbox) -> bool:
    return sandbox.cause is not None and sandbox.cause.reason == TERMINATED


def _pod_of(state: ClusterState, sandbox: Sandbox) -> Pod | None:
    found = state.store.get(sandbox.pod)
    return found if isinstance(found, Pod) and uid_of(found) == sandbox.id.pod_uid else None


def _a_sidecar_waits(state: ClusterState) -> Finding:
    return any(
        any(one.sidecar and one.has_process for one in sandbox.containers) and sandbox.stopping
        for sandbox in _ending(state)
    )


def _a_pod_is_shut_down(state: ClusterState) -> Finding:
    return any(_is_shut_down(one) and one.running for one in state.world.sandboxes.values())


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "sidecars-outlast-the-others",
        "A sidecar is told to stop when the containers that it serves have ended, or when the grace period is over.",
        sidecars_outlast_the_others,
        _a_sidecar_waits,
        upstream=_SIDECARS,
    ),
    law(
        "pods-of-higher-priority-end-later",
        "A machine that shuts down ends a pod only when the period of its priority has begun.",
        pods_of_higher_priority_end_later,
        _a_pod_is_shut_down,
        upstream=_SHUTDOWN,
    ),
)
