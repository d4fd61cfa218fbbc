"""Pace: how far and how fast a size may follow what the metrics ask for.

Models stabilisation, in which the highest or the lowest of the recent recommendations is taken; the policies of a
behavior, which limit the change in a period by pods or percent; the limit without a behavior, twice the size or four;
the bounds; and the reasons that the conditions AbleToScale and ScalingLimited give.

Of the recommendations those are kept that can still be the highest or lowest of a window; upstream keeps the others
too, and takes their places later. One that is older than both windows is forgotten: a window that is widened afterwards
does not see it again.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/horizontal.go
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import attrs

from kcore.api.autoscaling.horizontalpodautoscaler import (
    HorizontalPodAutoscalerBehavior,
    HorizontalPodAutoscalerSpec,
    HPAScalingPolicy,
    HPAScalingRules,
)
from kcore.api.evolve import evolve
from kcore.client.instant import Instant
from kcore.controllers.podautoscaler.replica_calculator import MAX_INT32
from kcore.reconcile.podutil import Elapsed

DOWNSCALE_STABILISATION = 300
"""The seconds for which the highest recommendation counts where no behavior says otherwise."""

SCALE_UP_FACTOR, SCALE_UP_MINIMUM = 2, 4
"""Without a behavior a size at most doubles at a time, or grows to four."""

DISABLED, MIN = "Disabled", "Min"
PODS = "Pods"
READY = ("ReadyForNewScale", "recommended size matches current size")
UP_STABILIZED = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
)
DOWN_STABILIZED = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
)
WITHIN_RANGE = ("DesiredWithinRange", "the desired count is within the acceptable range")
TOO_MANY = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
UP_LIMIT = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
DOWN_LIMIT = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")

ABOVE_MAX = "Current number of replicas above Spec.MaxReplicas"
BELOW_MIN = "Current number of replicas below Spec.MinReplicas"

Said = tuple[str, str]
"""The reason and the message of a condition."""

_NO_RULES = HPAScalingRules()


class Stamped(NamedTuple):
    """A number of replicas, recommended or changed, and when that was."""

    replicas: int
    at: Instant


@attrs.frozen(kw_only=True)
class Record:
    """What is remembered of an autoscaler: recommendations as the metrics made them, and changes up and down."""

    recommendations: tuple[Stamped, ...] = ()
    ups: tuple[Stamped, ...] = ()
    downs: tuple[Stamped, ...] = ()


@attrs.frozen(kw_only=True)
class Wish:
    """A size and what is wanted in its place, within bounds; `now` is ms since 1970."""

    current: int
    wanted: int
    minimum: int
    maximum: int
    now: int
    elapsed: Elapsed


@attrs.frozen(kw_only=True)
class Paced:
    """The size to take, the record afterwards, and what the conditions say: able to scale, and limited or not."""

    replicas: int
    record: Record
    able: Said
    limited: bool
    limit: Said


def out_of_bounds(wish: Wish) -> tuple[int, str] | None:
    """Return the bound that a size is to come back to whatever the metrics say, and why; None when it is within."""
    if wish.current > wish.maximum:
        return wish.maximum, ABOVE_MAX
    return (wish.minimum, BELOW_MIN) if wish.current < wish.minimum else None


def normalize(spec: HorizontalPodAutoscalerSpec, record: Record, wish: Wish) -> Paced:
    """Return what becomes of a wish: stabilised by what was recommended before, and limited by what changed before."""
    rising = spec.behavior is not None and wish.wanted >= wish.current
    able = UP_STABILIZED if rising else DOWN_STABILIZED
    if spec.behavior is None:
        stable = max(_recent(record, wish, DOWNSCALE_STABILISATION * 1000 + 1))
        replicas, limit = _within_rules(evolve(wish, wanted=stable))
    else:
        stable = _stabilized(spec, record, wish)
        replicas, limit = _within_rates(spec.behavior, record, evolve(wish, wanted=stable))
    span = max(windows(spec)) * 1000 + 1
    remembered = (one for one in record.recommendations if not wish.elapsed(one.at, span))
    latest = _recommended(spec, wish.wanted, wish.now)
    return Paced(
        replicas=replicas,
        record=evolve(record, recommendations=undominated((*remembered, latest))),
        able=READY if stable == wish.wanted else able,
        limited=replicas != stable,
        limit=limit,
    )


def scaled(behavior: HorizontalPodAutoscalerBehavior | None, record: Record, wish: Wish, replicas: int) -> Record:
    """Return the record after the size has become `replicas`; without a behavior nobody asks for it."""
    if behavior is None:
        return record
    rising = replicas > wish.current
    rules = (behavior.scale_up if rising else behavior.scale_down) or _NO_RULES
    period = max((policy.period_seconds for policy in rules.policies or ()), default=0) * 1000
    event = Stamped(abs(replicas - wish.current), Instant(wish.now, matters=period))
    before = record.ups if rising else record.downs
    events = (*(one for one in before if not wish.elapsed(one.at, period + 1)), event)
    return evolve(record, ups=events) if rising else evolve(record, downs=events)


def begun(spec: HorizontalPodAutoscalerSpec, current: int, now: int) -> Record:
    """Return the record of an autoscaler that is looked at for the first time: the size counts as recommended."""
    return Record(recommendations=(_recommended(spec, current, now),))


def windows(spec: HorizontalPodAutoscalerSpec) -> tuple[int, int]:
    """Return for how many seconds recommendations count, upwards and downwards."""
    behavior = spec.behavior
    if behavior is None:
        return 0, DOWNSCALE_STABILISATION
    up, down = behavior.scale_up or _NO_RULES, behavior.scale_down or _NO_RULES
    window = down.stabilization_window_seconds
    return up.stabilization_window_seconds or 0, DOWNSCALE_STABILISATION if window is None else window


def undominated(recommendations: Iterable[Stamped]) -> tuple[Stamped, ...]:
    """Return the recommendations that no later one stands for, both as the highest and as the lowest."""
    kept: list[Stamped] = []
    for one in reversed(tuple(recommendations)):
        numbers = [later.replicas for later in kept]
        if not numbers or not min(numbers) <= one.replicas <= max(numbers):
            kept.append(one)
    return tuple(reversed(kept))


def _recommended(spec: HorizontalPodAutoscalerSpec, replicas: int, now: int) -> Stamped:
    return Stamped(replicas, Instant(now, matters=max(windows(spec)) * 1000 + 1))


def _recent(record: Record, wish: Wish, span: int) -> tuple[int, ...]:
    """Return what was recommended less than `span` ms ago, and what is wanted now."""
    return (wish.wanted, *(one.replicas for one in record.recommendations if not wish.elapsed(one.at, span)))


def _stabilized(spec: HorizontalPodAutoscalerSpec, record: Record, wish: Wish) -> int:
    """Return the size, moved no further than the recommendations of either window agree upon."""
    up, down = windows(spec)
    lowest, highest = min(_recent(record, wish, up * 1000)), max(_recent(record, wish, down * 1000))
    return min(max(wish.current, lowest), highest)


def _within_rules(wish: Wish) -> tuple[int, Said]:
    """Return the size within the bounds, and within what may be added at a time."""
    limit = max(SCALE_UP_FACTOR * wish.current, SCALE_UP_MINIMUM)
    if wish.wanted < wish.minimum:
        return wish.minimum, TOO_FEW
    if wish.wanted > min(limit, wish.maximum):
        return min(limit, wish.maximum), UP_LIMIT if wish.maximum > limit else TOO_MANY
    return wish.wanted, WITHIN_RANGE


def _within_rates(behavior: HorizontalPodAutoscalerBehavior, record: Record, wish: Wish) -> tuple[int, Said]:
    """Return the size within the bounds, and within what the policies leave of a change."""
    if wish.wanted > wish.current:
        limit = max(_up_limit(behavior.scale_up or _NO_RULES, record, wish), wish.current)
        if wish.wanted > min(limit, wish.maximum):
            return min(limit, wish.maximum), UP_LIMIT if wish.maximum > limit else TOO_MANY
    elif wish.wanted < wish.current:
        limit = min(_down_limit(behavior.scale_down or _NO_RULES, record, wish), wish.current)
        if wish.wanted < max(limit, wish.minimum):
            return max(limit, wish.minimum), DOWN_LIMIT if wish.minimum < limit else TOO_FEW
    return wish.wanted, WITHIN_RANGE


def _up_limit(rules: HPAScalingRules, record: Record, wish: Wish) -> int:
    """Return the size up to which the policies let grow; the one that leaves most counts, or least if asked for."""
    if rules.select_policy == DISABLED:
        return wish.current
    select: Callable[[Iterable[int]], int] = min if rules.select_policy == MIN else max
    limits = [_grown(policy, _at_start(policy, record, wish)) for policy in rules.policies or ()]
    nothing = MAX_INT32 if rules.select_policy == MIN else -MAX_INT32 - 1
    return select(limits) if limits else nothing


def _down_limit(rules: HPAScalingRules, record: Record, wish: Wish) -> int:
    """Return the size down to which the policies let shrink."""
    if rules.select_policy == DISABLED:
        return wish.current
    select: Callable[[Iterable[int]], int] = max if rules.select_policy == MIN else min
    limits = [_shrunk(policy, _at_start(policy, record, wish)) for policy in rules.policies or ()]
    nothing = -MAX_INT32 - 1 if rules.select_policy == MIN else MAX_INT32
    return select(limits) if limits else nothing


def _grown(policy: HPAScalingPolicy, size: int) -> int:
    if policy.type == PODS:
        return size + policy.value
    return math.ceil(size * (1 + policy.value / 100))


def _shrunk(policy: HPAScalingPolicy, size: int) -> int:
    return size - policy.value if policy.type == PODS else int(size * (1 - policy.value / 100))


def _at_start(policy: HPAScalingPolicy, record: Record, wish: Wish) -> int:
    """Return the size at the beginning of the period that ends now, as far as the recorded changes tell."""
    period = policy.period_seconds * 1000

    def changed(events: Iterable[Stamped]) -> int:
        return sum(one.replicas for one in events if not wish.elapsed(one.at, period))

    return wish.current - changed(record.ups) + changed(record.downs)
