"""Pod phase: one word for how all the containers of a pod are.

Models `getPhase` as a tally of the containers by state and a table over it, the first row that applies. Sidecars (init
containers whose restart policy is Always) hold the phase up while they start and keep the pod Running while they run;
one that has stopped does not count.

Not modelled: restart policies and rules of single containers, and static pods.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_pods.go
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

import attrs

from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.podspec import PodSpec
from kcore.api.resources import is_sidecar

PENDING = "Pending"
RUNNING = "Running"
SUCCEEDED = "Succeeded"
FAILED = "Failed"

TERMINAL = frozenset({SUCCEEDED, FAILED})

ALWAYS = "Always"
ON_FAILURE = "OnFailure"
NEVER = "Never"


class Shape(enum.Enum):
    """What the state of a container means for its pod."""

    UNKNOWN = "no status"
    WAITING = "waits for its first start"
    COMING_UP = "runs, but is not up yet"
    RUNNING = "runs"
    SUCCEEDED = "ended with exit code 0"
    FAILED = "ended with another exit code"
    AGAIN = "waits to be started again"
    AGAIN_FAILED = "waits to be started again after another exit code than 0"

    __hash__ = object.__hash__  # a member is equal to itself alone, and looked up with every status


@attrs.frozen(kw_only=True)
class Tally:
    """How many containers are in which state.

    Init containers count as `pending_initialization` until they have succeeded, as `failed_initialization` when their
    last run failed; `started` tells whether a regular container has ever run; `succeeded` is a part of `stopped`.
    """

    pending_initialization: int = 0
    failed_initialization: int = 0
    unknown: int = 0
    waiting: int = 0
    running: int = 0
    stopped: int = 0
    succeeded: int = 0
    started: bool = False


def shape_of(status: ContainerStatus | None) -> Shape:
    """Return what the status of a container means, None for no status."""
    if status is None:
        return Shape.UNKNOWN
    state = status.state
    if state.running is not None:
        return Shape.RUNNING
    if state.terminated is not None:
        return Shape.FAILED if state.terminated.exit_code else Shape.SUCCEEDED
    last = status.last_state.terminated
    if last is None:
        return Shape.WAITING
    return Shape.AGAIN_FAILED if last.exit_code else Shape.AGAIN


def tally_of(spec: PodSpec, statuses: Iterable[ContainerStatus]) -> Tally:
    """Return how many of the pod's containers are in which state, by their statuses."""
    by_name = {one.name: one for one in statuses}
    regular = tuple([shape_of(by_name.get(one.name)) for one in spec.containers])
    init = [one for one in spec.init_containers if not is_sidecar(one)]
    sidecars = [one for one in spec.init_containers if is_sidecar(one)]
    return _tally(
        regular,
        tuple([shape_of(by_name.get(one.name)) for one in init]),
        tuple([_sidecar_shape(by_name.get(one.name)) for one in sidecars]),
    )


def _sidecar_shape(status: ContainerStatus | None) -> Shape:
    """Return what the status of a sidecar means: one that runs may still be coming up."""
    shape = shape_of(status)
    coming_up = shape is Shape.RUNNING and status is not None and not status.started
    return Shape.COMING_UP if coming_up else shape


@lru_cache(maxsize=4096)
def _tally(regular: tuple[Shape, ...], init: tuple[Shape, ...], sidecars: tuple[Shape, ...]) -> Tally:
    """Return the sum of what each container counts as."""
    counts: Counter[str] = Counter()
    for shapes, row in ((regular, _REGULAR), (init, _INIT), (sidecars, _SIDECAR)):
        for shape in shapes:
            counts.update(row.get(shape, ()))
    return Tally(**counts, started=any(shape in _STARTED for shape in regular))


def phase_of(tally: Tally, restart_policy: str, *, terminal: bool) -> str:
    """Return the phase; `terminal` tells that nothing will be started again, whatever the restart policy says."""
    return next(phase for applies, phase in PHASES if applies(tally, restart_policy or ALWAYS, terminal))


_STARTED = frozenset({Shape.RUNNING, Shape.SUCCEEDED, Shape.FAILED})

_REGULAR = {
    Shape.UNKNOWN: ("unknown",),
    Shape.WAITING: ("waiting",),
    Shape.RUNNING: ("running",),
    Shape.SUCCEEDED: ("stopped", "succeeded"),
    Shape.FAILED: ("stopped",),
    Shape.AGAIN: ("stopped",),
    Shape.AGAIN_FAILED: ("stopped",),
}
"""What a regular container counts as."""

_INIT = {
    Shape.UNKNOWN: ("pending_initialization",),
    Shape.WAITING: ("pending_initialization",),
    Shape.RUNNING: ("pending_initialization",),
    Shape.FAILED: ("failed_initialization",),
    Shape.AGAIN_FAILED: ("failed_initialization",),
}
"""What an init container counts as; one that has succeeded counts no more."""

_SIDECAR = {
    Shape.UNKNOWN: ("unknown",),
    Shape.WAITING: ("waiting", "pending_initialization"),
    Shape.COMING_UP: ("running", "pending_initialization"),
    Shape.RUNNING: ("running",),
}
"""What a sidecar counts as; one that has stopped does not count."""


def _none_left(tally: Tally) -> bool:
    """Tell whether every container has run and none runs now."""
    return tally.running == 0 and tally.stopped > 0 and tally.unknown == 0


PHASES: tuple[tuple[Callable[[Tally, str, bool], bool], str], ...] = (
    (lambda tally, policy, _: tally.failed_initialization > 0 and policy == NEVER, FAILED),
    (lambda tally, policy, _: tally.pending_initialization > 0 and not tally.started, PENDING),
    (lambda tally, policy, _: tally.waiting > 0, PENDING),
    (lambda tally, policy, _: tally.running > 0 and tally.unknown == 0, RUNNING),
    (lambda tally, _, terminal: _none_left(tally) and terminal and tally.stopped == tally.succeeded, SUCCEEDED),
    (lambda tally, _, terminal: _none_left(tally) and terminal, FAILED),
    (lambda tally, policy, _: _none_left(tally) and policy == ALWAYS, RUNNING),
    (lambda tally, _, __: _none_left(tally) and tally.stopped == tally.succeeded, SUCCEEDED),
    (lambda tally, policy, _: _none_left(tally) and policy == NEVER, FAILED),
    (lambda tally, _, __: _none_left(tally), RUNNING),
    (lambda *_: True, PENDING),
)
"""The phase of the first row that applies to (tally, restart policy, terminal); the last row always does."""
