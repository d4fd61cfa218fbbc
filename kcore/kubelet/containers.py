"""Container statuses: what the kubelet says of each container, from what the runtime knows and what was said before.

Models the three states with reasons, times, exit codes and the state before, restart counts, readiness, and the last
word on containers of a pod that has ended.

Not modelled: container and image ids, resources that were allocated, volume mounts, messages of terminated containers.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_pods.go
"""

from __future__ import annotations

from collections.abc import Callable

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.containerstatus import (
    ContainerState as State,
)
from kcore.api.core.containerstatus import (
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    ContainerStatus,
)
from kcore.api.evolve import evolve
from kcore.api.times import Time
from kcore.kubelet.health import Health
from kcore.kubelet.images import BACK_OFF, back_off_message
from kcore.world.container import Container, ContainerState, Exit

CREATING = "ContainerCreating"
INITIALIZING = "PodInitializing"
CRASH_LOOP = "CrashLoopBackOff"
UNKNOWN = "ContainerStatusUnknown"

NOTHING = State()


def waiting(reason: str, message: str = "") -> State:
    """Return the state of a container that waits."""
    return State(waiting=ContainerStateWaiting(reason=reason, message=message))


def terminated(ended: Exit | None) -> State:
    """Return the state of a container that ended so; None gives no state."""
    if ended is None:
        return NOTHING
    return State(
        terminated=ContainerStateTerminated(
            exit_code=ended.code,
            reason=ended.reason or ("Error" if ended.code else "Completed"),
            started_at=_seconds(ended.started),
            finished_at=_seconds(ended.finished),
        )
    )


def lost(message: str) -> State:
    """Return the state of a container of which nobody knows how it ended."""
    return State(terminated=ContainerStateTerminated(exit_code=137, reason=UNKNOWN, message=message))


def container_status(
    spec: ContainerSpec,
    container: Container | None,
    old: ContainerStatus | None,
    idle: str,
    crash_loop: str,
    *,
    init: bool,
    health: Health | None = None,
) -> ContainerStatus:
    """Return the status of the container `spec`.

    `container` is what the runtime has of it, `old` what was reported last; `idle` is the reason of one that was not
    started yet. A `crash_loop` message says that its next start is put off, for its crashes or for its image. `init`
    containers are ready once they are through. `health` is what the probes of one that runs have found, None for one
    without probes.
    """
    if container is None:
        return _missing(spec, old, idle)
    state = STATES[container.state](container, idle)
    last = terminated(container.last_exit)
    if crash_loop and container.exit is not None:
        state, last = waiting(CRASH_LOOP, crash_loop), state
    elif crash_loop and container.failure is not None:
        state = waiting(BACK_OFF, back_off_message(container))
    succeeded = container.exit is not None and container.exit.code == 0
    return ContainerStatus(
        name=spec.name,
        state=state,
        last_state=last,
        ready=succeeded if init else container.has_process and (container.ready if health is None else health.ready),
        restart_count=container.restarts,
        image=container.image,
        started=container.has_process and (health is None or health.started),
    )


def _missing(spec: ContainerSpec, old: ContainerStatus | None, idle: str) -> ContainerStatus:
    """Return the status of a container that the runtime does not know: it was never started, or was lost."""
    if old is None:
        return ContainerStatus(name=spec.name, state=waiting(idle), image=spec.image, started=False)
    if old.state.terminated is not None:
        return old
    last, restarts = old.last_state, old.restart_count
    if old.state.running is not None and last.terminated is None:
        last = lost("The container could not be located when the pod was deleted.  The container used to be Running")
        restarts += 1
    return ContainerStatus(
        name=spec.name,
        state=waiting(idle),
        last_state=last,
        restart_count=restarts,
        image=spec.image,
        started=False,
    )


def ended(statuses: tuple[ContainerStatus, ...]) -> tuple[ContainerStatus, ...]:
    """Return the statuses of containers that will never be started again: what has not ended counts as failed."""
    end = lost("The container could not be located when the pod was terminated")
    return tuple(
        one if one.state.terminated is not None else evolve(one, state=end, ready=False, started=False)
        for one in statuses
    )


def tried(statuses: tuple[ContainerStatus, ...]) -> int:
    """Return how many init containers, from the first, were tried at least once; the first always was."""
    attempted = [
        index
        for index, one in enumerate(statuses)
        if one.state.waiting is None or one.last_state.terminated is not None
    ]
    return attempted[-1] + 1 if attempted else min(1, len(statuses))


def _seconds(time: int) -> Time:
    return Time(time // 1000)


def _running(container: Container, _: str) -> State:
    started = container.since if container.started is None else container.started
    return State(running=ContainerStateRunning(started_at=_seconds(started)))


STATES: dict[ContainerState, Callable[[Container, str], State]] = {
    ContainerState.STARTING: lambda container, idle: waiting(container.reason or idle, container.message),
    ContainerState.WAITING: lambda container, _: waiting(container.reason, container.message),
    ContainerState.RUNNING: _running,
    ContainerState.STOPPING: _running,
    ContainerState.EXITED: lambda container, _: terminated(container.exit),
}
"""What the API says of a container in each state of the runtime."""
