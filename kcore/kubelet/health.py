"""Health: what the startup, readiness and liveness probes of a container have found by now, and when they find more.

Models delays, periods, thresholds and timeouts, without asking every few seconds: a process answers from one time to
another, so the probe that turns the verdict is known beforehand. Until the startup probe has succeeded the others are
not made; one that never succeeds, and a liveness probe that fails, has the container killed; readiness follows the
container up and down, also one that flaps by itself, as far as it stays down for long enough to be noticed.

Not modelled: what a probe sends and where, jitter of the first probe, and a readiness that changes for less than a
period. A container without a probe is taken at its word.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/prober/worker.go
"""

from __future__ import annotations

from math import lcm

import attrs

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.probe import Probe
from kcore.world.container import Container

PERIOD = 10
"""The seconds between two probes of one that does not say."""

LIVENESS = "Liveness"
STARTUP = "Startup"

FAILURES = 3
"""How often a probe that does not say fails before that counts."""


@attrs.frozen(kw_only=True)
class Health:
    """What is known of a container that runs.

    `started` tells whether its startup probe has succeeded, `ready` whether it is ready. `unhealthy` names the probe
    that has it killed ("Liveness", "Startup"), "" for none. `wake_at` is when to look again (ms since 1970).
    """

    started: bool = True
    ready: bool = False
    unhealthy: str = ""
    wake_at: int | None = None


def is_probed(spec: ContainerSpec) -> bool:
    """Tell whether a container has a probe."""
    return not (spec.startup_probe is None and spec.liveness_probe is None and spec.readiness_probe is None)


def period_of(spec: ContainerSpec) -> int:
    """Return how often (ms) all probes of a container come together, 0 for one without probes."""
    probes = [one for one in (spec.startup_probe, spec.liveness_probe, spec.readiness_probe) if one is not None]
    return lcm(*(_period(one) for one in probes)) if probes else 0


def first_success(spec: ContainerSpec) -> int:
    """Return how long (ms) a container that is well from the start runs at most before its probes have said so."""
    probes = [one for one in (spec.startup_probe, spec.readiness_probe) if one is not None]
    return sum(1000 * one.initial_delay_seconds + _period(one) * max(one.success_threshold, 1) for one in probes)


def health_of(spec: ContainerSpec, container: Container, old: ContainerStatus | None, now: int) -> Health:
    """Return what the probes of a running container have found by `now`; `old` is what was reported of it last."""
    began = container.since if container.started is None else container.started
    started_at = began
    if spec.startup_probe is not None:
        up, killed = _startup(spec.startup_probe, container, began)
        if up is None or up > now:
            unhealthy = STARTUP if killed is not None and killed <= now else ""
            return Health(started=False, unhealthy=unhealthy, wake_at=None if unhealthy else _earliest(now, up, killed))
        started_at = up
    ready, changes = _readiness(spec.readiness_probe, container, old, began, started_at, now)
    dies = None
    if spec.liveness_probe is not None:
        dies = _liveness(spec.liveness_probe, container, began, started_at)
    if dies is not None and dies <= now:
        return Health(ready=ready, unhealthy=LIVENESS)
    return Health(ready=ready, wake_at=_earliest(now, changes, dies))


def _was_ready(container: Container, old: ContainerStatus | None) -> bool:
    """Tell whether this very run of the container was reported ready."""
    return old is not None and old.ready and old.restart_count == container.restarts


def _startup(probe: Probe, container: Container, began: int) -> tuple[int | None, int | None]:
    """Return when the startup probe succeeds, or when it has failed too often."""
    first = began + probe.initial_delay_seconds * 1000
    up = _tick(first, _period(probe), container.answers_from)
    until = container.answers_until
    fails = first + (_failures(probe) - 1) * _period(probe)
    if up > fails or (until is not None and up >= until):
        return None, fails
    return up, None


def _liveness(probe: Probe, container: Container, began: int, started_at: int) -> int | None:
    """Return when the liveness probe has failed too often, None for never."""
    period, first = _period(probe), began + probe.initial_delay_seconds * 1000
    failures = (_failures(probe) - 1) * period
    slow = _tick(first, period, started_at) + failures
    if slow < container.answers_from:
        return slow
    if container.answers_until is None:
        return None
    return _tick(first, period, max(container.answers_until, started_at)) + failures + _silence(probe)


def _readiness(
    probe: Probe | None, container: Container, old: ContainerStatus | None, began: int, started_at: int, now: int
) -> tuple[bool, int | None]:
    """Return whether the container is ready `now`, and when that may change."""
    if probe is None:
        return container.ready, None
    was = _was_ready(container, old)
    period, first = _period(probe), began + probe.initial_delay_seconds * 1000
    answers, since, following = _answers(container, now)
    changes = None if following is None else _tick(first, period, following)
    if answers is was:
        return was, changes
    silent = container.answers_until is not None and since == container.answers_until
    count = (probe.success_threshold or 1) if answers else _failures(probe)
    turns = _tick(first, period, max(since, started_at)) + (count - 1) * period + (_silence(probe) if silent else 0)
    return (answers, changes) if turns <= now else (was, turns)


def _answers(container: Container, now: int) -> tuple[bool, int, int | None]:
    """Return whether the container says now that it is ready, since when, and when that changes by itself."""
    begins, ends = container.answers_from, container.answers_until
    if now < begins:
        return False, 0, begins
    if ends is not None and now >= ends:
        return False, ends, None
    if container.flaps:
        return _turn(container, max(begins, container.ready_since), now)
    return container.ready, max(begins, container.ready_since), ends


def _turn(container: Container, begins: int, now: int) -> tuple[bool, int, int | None]:
    """Return what a container says that flaps since `begins`: first that it is not ready, then that it is, by turns."""
    turns = (now - begins) // container.flaps
    since = begins + turns * container.flaps
    return container.ready and turns % 2 == 1, since, since + container.flaps


def _tick(first: int, period: int, at: int) -> int:
    """Return the first probe not before `at`, of those at `first` and every `period` from then on."""
    return first if at <= first else first + -(-(at - first) // period) * period


def _period(probe: Probe) -> int:
    return (probe.period_seconds or PERIOD) * 1000


def _failures(probe: Probe) -> int:
    return probe.failure_threshold or FAILURES


def _silence(probe: Probe) -> int:
    """Return how long (ms) it takes to learn that nobody answers."""
    return (probe.timeout_seconds or 1) * 1000


def _earliest(now: int, *times: int | None) -> int | None:
    return min((one for one in times if one is not None and one > now), default=None)
