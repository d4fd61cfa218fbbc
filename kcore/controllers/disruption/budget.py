"""The budget: from a PodDisruptionBudget, its pods and their controllers to the status it should have.

Models expected, desired and healthy pods, `minAvailable` and `maxUnavailable` as numbers and percentages, evicted pods
that are not gone yet, the condition DisruptionAllowed, and the fail-safe: what cannot be computed allows nothing.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/disruption/disruption.go
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import attrs

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.intstr import IntOrStringError, scaled_value
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ObjectKey
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget, PodDisruptionBudgetStatus
from kcore.api.times import Time
from kcore.apiserver.conditions import found, with_condition
from kcore.controllers.disruption.scale import Cluster, ExpectedScale, SyncError, expected_scale
from kcore.reconcile.podutil import is_pod_ready
from kcore.reconcile.program import Program

DELETION_TIMEOUT = 120_000
"""How long, in ms, an evicted pod may take until its deletion is seen; after that it counts again."""

DISRUPTION_ALLOWED = "DisruptionAllowed"


@attrs.frozen(kw_only=True)
class Clock:
    """The questions about time: whether so many ms have passed since a time in ms, and what time it is in seconds."""

    elapsed: Callable[[int, int], bool]
    timestamp: Callable[[], Time]


class Event(NamedTuple):
    """An event about the object at `on`."""

    on: ObjectKey
    type: str
    reason: str
    message: str


@attrs.frozen(kw_only=True)
class Decision:
    """The status that a budget should have, what to say, and when (s since 1970) an evicted pod is overdue.

    `failed` tells that the status is the fail-safe one.
    """

    status: PodDisruptionBudgetStatus
    events: tuple[Event, ...] = ()
    overdue: Time | None = None
    failed: bool = False


class _Count(NamedTuple):
    """How many pods there should be, and how many of them healthy."""

    expected: ExpectedScale
    desired_healthy: int


def decide(pdb: PodDisruptionBudget, pods: Sequence[Pod], cluster: Cluster, clock: Clock) -> Program[Decision]:
    """Find the status of `pdb`, which selects `pods`; it is the present one where nothing has changed."""
    key = key_of(pdb)
    events = [] if pods else [Event(key, "Normal", "NoPods", "No matching pods found")]
    try:
        count = yield from _expected_pod_count(pdb, pods, cluster)
    except (SyncError, IntOrStringError) as error:
        why = f"Failed to calculate the number of expected pods: {error}"
        failed = Event(key, "Warning", "CalculateExpectedPodCountFailed", why)
        return fail_safe(pdb, str(error), (*events, failed), clock)
    if count.expected.unmanaged:
        events.append(Event(key, "Warning", "UnmanagedPods", _UNMANAGED.format(_shown(pdb.spec.selector))))
    listed, overdue, more = _disrupted_pods(pdb, pods, clock)
    healthy = sum(1 for pod in pods if _is_healthy(pod, listed, clock))
    status = _status(pdb, count, healthy, listed, clock)
    return Decision(status=status, events=(*events, *more), overdue=overdue)


def fail_safe(pdb: PodDisruptionBudget, error: str, events: tuple[Event, ...], clock: Clock) -> Decision:
    """Return the decision to allow nothing, as the sync failed for the reason `error`."""
    condition = Condition(
        type=DISRUPTION_ALLOWED,
        status="False",
        reason="SyncFailed",
        message=error,
        observed_generation=pdb.status.observed_generation,
    )
    conditions = with_condition(pdb.status.conditions, condition, clock.timestamp())
    status = evolve(pdb.status, disruptions_allowed=0, conditions=conditions)
    return Decision(status=status, events=events, failed=True)


def _expected_pod_count(pdb: PodDisruptionBudget, pods: Sequence[Pod], cluster: Cluster) -> Program[_Count]:
    """Find what the limits of `pdb` come to; SyncError or IntOrStringError when they come to nothing."""
    minimum, maximum = pdb.spec.min_available, pdb.spec.max_unavailable
    if maximum is None and minimum is None:
        return _Count(ExpectedScale(0), 0)
    if maximum is None and isinstance(minimum, int):
        return _Count(ExpectedScale(len(pods)), minimum)
    expected = yield from expected_scale(pods, cluster)
    if maximum is None:
        return _Count(expected, scaled_value(minimum, expected.total, round_up=True))
    return _Count(expected, max(expected.total - scaled_value(maximum, expected.total, round_up=True), 0))


def _disrupted_pods(
    pdb: PodDisruptionBudget, pods: Sequence[Pod], clock: Clock
) -> tuple[FrozenMap[Time], Time | None, tuple[Event, ...]]:
    """Return the evicted pods that are still awaited to go, when the first is overdue, and who has not gone."""
    listed: dict[str, Time] = {}
    events: list[Event] = []
    for pod in pods:
        since = pdb.status.disrupted_pods.get(pod.metadata.name)
        if since is None or pod.metadata.deletion_timestamp is not None:
            continue
        if clock.elapsed(since * 1000, DELETION_TIMEOUT + 1):
            namespace = pdb.metadata.namespace  # upstream says it twice and never the name
            message = f"Pod was expected by PDB {namespace}/{namespace} to be deleted but it wasn't"
            events.append(Event(key_of(pod), "Warning", "NotDeleted", message))
        else:
            listed[pod.metadata.name] = since
    first = min(listed.values(), default=None)
    overdue = None if first is None else Time(first + DELETION_TIMEOUT // 1000)
    return FrozenMap(listed), overdue, tuple(events)


def _is_healthy(pod: Pod, listed: FrozenMap[Time], clock: Clock) -> bool:
    """Tell whether `pod` is ready and nobody is about to delete it."""
    if pod.metadata.deletion_timestamp is not None or not is_pod_ready(pod):
        return False
    since = listed.get(pod.metadata.name)
    return since is None or clock.elapsed(since * 1000, DELETION_TIMEOUT)


def _status(
    pdb: PodDisruptionBudget, count: _Count, healthy: int, listed: FrozenMap[Time], clock: Clock
) -> PodDisruptionBudgetStatus:
    """Return the status with these counts; the present one, condition included, where they are its own."""
    allowed = max(healthy - count.desired_healthy, 0) if count.expected.total > 0 else 0
    status = PodDisruptionBudgetStatus(
        observed_generation=pdb.metadata.generation,
        disrupted_pods=listed,
        disruptions_allowed=allowed,
        current_healthy=healthy,
        desired_healthy=count.desired_healthy,
        expected_pods=count.expected.total,
        conditions=pdb.status.conditions,
    )
    wanted = _allowed_condition(status)
    present = found(status.conditions, DISRUPTION_ALLOWED)
    if present is not None and status == evolve(pdb.status, extra=status.extra) and _says(present, wanted):
        return pdb.status
    return evolve(status, conditions=with_condition(status.conditions, wanted, clock.timestamp()))


def _allowed_condition(status: PodDisruptionBudgetStatus) -> Condition:
    """Return the condition that says whether `status` allows a disruption."""
    verdict, reason = ("True", "SufficientPods") if status.disruptions_allowed > 0 else ("False", "InsufficientPods")
    generation = status.observed_generation
    return Condition(type=DISRUPTION_ALLOWED, status=verdict, reason=reason, observed_generation=generation)


def _says(present: Condition, wanted: Condition) -> bool:
    return (present.status, present.reason) == (wanted.status, wanted.reason)


def _shown(selector: LabelSelector | None) -> str:
    """Return a selector as messages show it."""
    if selector is None:
        return "nil"
    labels = "".join(f"{key}: {value}," for key, value in selector.match_labels.items())
    expressions = "".join(
        f"LabelSelectorRequirement{{Key:{one.key},Operator:{one.operator},Values:[{' '.join(one.values)}],}},"
        for one in selector.match_expressions
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


_UNMANAGED = (
    "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a result, the status of "
    "the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please "
    'set ".spec.minAvailable" field of the PDB to an integer value.'
)
