"""Ordering: in which order the containers of a sandbox stop.

Models sidecars: the regular containers are told to stop at once; a sidecar is told when all of them and every sidecar
that was started after it have ended, or when the grace period is over, and has what is left of that, two seconds at
least. Its hook before the stop runs at once, as those of all do.

Not modelled: a container that ends before it is due, which would hasten the sidecars.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kuberuntime/kuberuntime_termination_order.go
"""

from __future__ import annotations

from collections.abc import Callable

from kcore.api.evolve import evolve
from kcore.world.container import AFTER_HOOK, SIGKILL_EXIT, SIGTERM_EXIT, Container, ContainerState

Stop = Callable[[Container], Container]
"""What a request to stop makes of a container that nobody waits for."""


def stopped_in_order(
    containers: tuple[Container, ...], stop: Stop, now: int, takes: int, within: int
) -> tuple[Container, ...]:
    """Return the containers asked `now` to stop within `within` ms, each of which takes `takes` ms to do so."""
    found = {one.name: stop(one) for one in containers if not _waits(one)}
    ends = [one.due for one in found.values() if one.has_process and not one.once and one.due is not None]
    over = max(ends, default=now)
    for one in sorted((one for one in containers if _waits(one)), key=lambda one: -one.sidecar):
        found[one.name] = _stopped_at(one, now, min(over, now + within), takes, within)
        over = max(over, found[one.name].due or over)
    return tuple(found[one.name] for one in containers)


def _waits(container: Container) -> bool:
    """Tell whether a container is a sidecar that was not told to stop yet."""
    return container.sidecar > 0 and container.state is ContainerState.RUNNING


def _stopped_at(container: Container, now: int, turn: int, takes: int, within: int) -> Container:
    """Return the sidecar whose turn comes at the time `turn`, or when its hook is through."""
    hook = min(container.pre_stop, within)
    turn = max(turn, now + hook)
    waited = (turn - now - hook) // 1000 * 1000
    left = max(within - hook - waited, AFTER_HOOK)
    due, code = (turn + takes, SIGTERM_EXIT) if takes <= left else (turn + left, SIGKILL_EXIT)
    return evolve(container, state=ContainerState.STOPPING, since=now, due=due, exit_code=code, oom=False)
