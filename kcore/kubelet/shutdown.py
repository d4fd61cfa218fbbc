"""Shutdown: the machine is told to go off, and waits while its kubelet ends the pods, those of least priority first.

Models graceful node shutdown: the node is not ready any more and takes no pods; the pods are ended group by group, each
within the period of its group, or within its own where that is shorter; a group begins when the one before it has ended
or its period is over, and groups without pods are passed over; then the machine goes off. A pod that was ended has
failed with the reason Terminated.

Not modelled: a shutdown that is called off, and volumes that are unmounted meanwhile. Upstream learns at once that a
group has ended; this kubelet looks every second.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/nodeshutdown/nodeshutdown_manager.go
"""

from __future__ import annotations

from bisect import bisect_left

from kcore.api.core.pod import Pod
from kcore.client.turn import Turn
from kcore.kubelet.config import Period
from kcore.kubelet.lifecycle import MINIMUM_GRACE, spec_grace
from kcore.kubelet.phase import TERMINAL
from kcore.world.actions import PowerOff, ProceedShutdown, StopSandbox
from kcore.world.machine import Shutdown
from kcore.world.sandbox import Cause, Sandbox, SandboxId, uid_of
from kcore.world.view import MachineView

POLL = 1000
"""How often (ms) the kubelet looks at how far a shutdown has come."""

CAUSE = Cause("Terminated", "Pod was terminated in response to imminent node shutdown.")

NOT_ADMITTED = Cause("NodeShutdown", "Pod was rejected as the node is shutting down.")

SHUTTING_DOWN = ("False", "KubeletNotReady", "node is shutting down")
"""The condition Ready of a node that shuts down: status, reason and message."""


def group_of(pod: Pod, periods: tuple[Period, ...]) -> int:
    """Return the place among `periods` of the one that holds for a pod: of its priority, or the next lower one."""
    priority = pod.spec.priority or 0
    place = bisect_left([one.priority for one in periods], priority)
    if place == len(periods):
        return place - 1
    return place - 1 if place > 0 and periods[place].priority > priority else place


def drive(view: MachineView, node: str, shutdown: Shutdown, periods: tuple[Period, ...]) -> Turn:
    """Return the turn that begins the next group when its time has come, and puts the machine off after the last."""
    groups = sorted({group_of(pod, periods) for pod in active(view, node)})
    over = shutdown.group < 0 or view.elapsed(shutdown.since, periods[shutdown.group].seconds * 1000)
    if shutdown.group in groups and not over:
        return Turn(wake_at=view.now() + POLL)
    following = next((one for one in groups if one > shutdown.group), None)
    whole = SandboxId(node, "")
    if following is None:
        return Turn(actions=(PowerOff(id=whole),))
    return Turn(actions=(ProceedShutdown(id=whole, group=following),), wake_at=view.now() + POLL)


def active(view: MachineView, node: str) -> list[Pod]:
    """Return the pods that the node has taken and that have not ended, or have not been reported to have."""
    pods = [one for one in view.on_node(node) if isinstance(one, Pod)]
    statics = [one for one in view.machine().static_pods if all(uid_of(pod) != one.metadata.uid for pod in pods)]
    found = [pod for pod in pods if _is_active(pod, view.sandbox(uid_of(pod)))]
    return found + [pod for pod in statics if not _is_over(view.sandbox(pod.metadata.uid))]


def _is_over(sandbox: Sandbox | None) -> bool:
    return sandbox is None or sandbox.stopped


def _is_active(pod: Pod, sandbox: Sandbox | None) -> bool:
    if pod.status.phase in TERMINAL:
        return sandbox is not None and sandbox.running
    return sandbox is not None or pod.status.start_time is not None


def is_due(pod: Pod, shutdown: Shutdown, periods: tuple[Period, ...]) -> bool:
    """Tell whether the group of a pod is the one that is ended, or was before."""
    return group_of(pod, periods) <= shutdown.group


def stop_of(pod: Pod, sandbox: Sandbox, periods: tuple[Period, ...]) -> StopSandbox:
    """Return what ends a pod within the time that its group has."""
    grace = min(spec_grace(pod), periods[group_of(pod, periods)].seconds)
    return StopSandbox(id=sandbox.id, grace=max(grace, MINIMUM_GRACE), cause=CAUSE)
