"""Pod conditions: what the kubelet says of a pod as a whole, each with a reason.

Models the five conditions that a kubelet owns, readiness gates included; the conditions of others stay as they are.

A pod that its kubelet ends before its time has the condition DisruptionTarget, once nothing of it runs any more.

Not modelled: the conditions of a resize in place.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/status/generate.go
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod
from kcore.api.meta.condition import Condition
from kcore.api.resources import is_sidecar
from kcore.api.times import Time
from kcore.kubelet.phase import FAILED, SUCCEEDED
from kcore.world.sandbox import Cause

READY_TO_START = "PodReadyToStartContainers"
INITIALIZED = "Initialized"
READY = "Ready"
CONTAINERS_READY = "ContainersReady"
SCHEDULED = "PodScheduled"

OWNED = (READY_TO_START, INITIALIZED, READY, CONTAINERS_READY, SCHEDULED)
"""The conditions that a kubelet owns, in the order in which it writes them."""


DISRUPTION_TARGET = "DisruptionTarget"
TERMINATED = "TerminationByKubelet"
"""The reason of the condition of a pod that its kubelet ends."""


class Finding(NamedTuple):
    """The state of one condition."""

    holds: bool
    reason: str = ""
    message: str = ""


TRUE = Finding(holds=True)

FALSE = Finding(holds=False)


def conditions(
    pod: Pod, phase: str, statuses: Iterable[ContainerStatus], timestamp: Callable[[], Time], *, network: bool
) -> tuple[Condition, ...]:
    """Return all conditions of `pod`; `statuses` are those of init and regular containers.

    `network` tells whether its sandbox is up. `timestamp` is asked when a status has changed.
    """
    by_name = {one.name: one for one in statuses}
    old = {one.type: one for one in pod.status.conditions}
    kept = tuple(one for one in pod.status.conditions if one.type not in OWNED)
    containers_ready = _containers_ready(pod, phase, by_name)
    found = {
        READY_TO_START: TRUE if network else FALSE,
        INITIALIZED: _initialized(pod, phase, by_name),
        READY: _gates(pod, old) if containers_ready.holds else containers_ready,
        CONTAINERS_READY: containers_ready,
        SCHEDULED: TRUE,
    }
    generation = pod.metadata.generation
    return kept + tuple(_condition(name, found[name], old.get(name), generation, timestamp) for name in OWNED)


def disruption(pod: Pod, cause: Cause, now: Time) -> Condition:
    """Return the condition of a pod that its kubelet ended for `cause`."""
    return _made(DISRUPTION_TARGET, "True", pod.metadata.generation, now, TERMINATED, cause.message)


def _condition(
    name: str, found: Finding, old: Condition | None, generation: int, timestamp: Callable[[], Time]
) -> Condition:
    """Return one condition, dated by the last change of its status."""
    status = "True" if found.holds else "False"
    if old is None or old.status != status:
        since: Time | None = timestamp()
    elif old.reason == found.reason and old.message == found.message and old.observed_generation == generation:
        return old
    else:
        since = old.last_transition_time
    return _made(name, status, generation, since, found.reason, found.message)


@functools.lru_cache(maxsize=4096)
def _made(name: str, status: str, generation: int, since: Time | None, reason: str, message: str) -> Condition:
    """Return the condition that pods that are alike share."""
    return Condition(
        type=name,
        status=status,
        observed_generation=generation,
        last_transition_time=since,
        reason=reason,
        message=message,
    )


def _containers_ready(pod: Pod, phase: str, statuses: Mapping[str, ContainerStatus]) -> Finding:
    """Return whether all sidecars and regular containers are ready."""
    sidecars = [one.name for one in pod.spec.init_containers if is_sidecar(one)]
    names = [*sidecars, *(one.name for one in pod.spec.containers)]
    unknown = [name for name in names if name not in statuses]
    unready = [name for name in names if name in statuses and not statuses[name].ready]
    if phase == FAILED:
        return Finding(holds=False, reason="PodFailed")
    if phase == SUCCEEDED and not unknown:
        return Finding(holds=False, reason="PodCompleted")
    message = _message(("unknown", unknown), ("unready", unready))
    return Finding(holds=False, reason="ContainersNotReady", message=message) if message else TRUE


def _initialized(pod: Pod, phase: str, statuses: Mapping[str, ContainerStatus]) -> Finding:
    """Return whether all init containers are through and all sidecars up."""
    unknown = [one.name for one in pod.spec.init_containers if one.name not in statuses]
    if phase == SUCCEEDED and not unknown:
        return Finding(holds=True, reason="PodCompleted")
    if any(_has_started(statuses.get(one.name)) for one in pod.spec.containers):
        return TRUE
    incomplete = [
        one.name
        for one in pod.spec.init_containers
        if one.name in statuses and not (statuses[one.name].started if is_sidecar(one) else statuses[one.name].ready)
    ]
    message = _message(("unknown", unknown), ("incomplete", incomplete))
    return Finding(holds=False, reason="ContainersNotInitialized", message=message) if message else TRUE


def _has_started(status: ContainerStatus | None) -> bool:
    return status is not None and (status.state.running is not None or status.state.terminated is not None)


def _gates(pod: Pod, old: Mapping[str, Condition]) -> Finding:
    """Return whether the conditions that the pod's readiness gates name are True."""
    problems: list[str] = []
    for gate in pod.spec.readiness_gates:
        condition = old.get(gate.condition_type)
        if condition is None:
            problems.append(f'corresponding condition of pod readiness gate "{gate.condition_type}" does not exist.')
        elif condition.status != "True":
            problems.append(
                f'the status of pod readiness gate "{gate.condition_type}" is not "True", but {condition.status}'
            )
    return Finding(holds=False, reason="ReadinessGatesNotReady", message=", ".join(problems)) if problems else TRUE


def _message(*groups: tuple[str, list[str]]) -> str:
    """Return upstream's sentence on containers by kind of trouble, "" without any."""
    return ", ".join(f"containers with {what} status: [{' '.join(names)}]" for what, names in groups if names)
