"""How long a pod may stay on a node with NoExecute taints, and when it is to go.

Models that each taint is borne by the first toleration that matches it, that the shortest of their times counts, and
that an eviction which is planned stands as long as the pod may stay for any time at all: neither a shorter nor a longer
time moves it. What lets the pod stay for good, or not at all, ends the plan.

A pod that bears one taint for 300 s and another for 60 s goes after 60 s; one that got the second taint 100 s after the
first goes after 300 s.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/tainteviction/taint_eviction.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from kcore.api.core.taint import Taint, Toleration
from kcore.client.instant import Instant, awaited
from kcore.placement.taints import NO_EXECUTE, tolerates


@attrs.frozen(kw_only=True)
class Eviction:
    """A planned eviction of the pod `uid`: `created_at` and `fire_at` are ms since 1970."""

    uid: str
    created_at: Instant
    fire_at: Instant


def no_execute_taints(taints: Iterable[Taint]) -> tuple[Taint, ...]:
    """Return the taints that end pods."""
    return tuple(one for one in taints if one.effect == NO_EXECUTE)


def used_tolerations(taints: Iterable[Taint], tolerations: Sequence[Toleration]) -> tuple[Toleration, ...] | None:
    """Return the toleration that bears each taint, None when one is not borne."""
    used = []
    for taint in taints:
        bearing = next((one for one in tolerations if tolerates(one, taint)), None)
        if bearing is None:
            return None
        used.append(bearing)
    return tuple(used)


def min_toleration_time(tolerations: Iterable[Toleration]) -> int | None:
    """Return the shortest time (ms) of `tolerations`, 0 for one that is over at once, None when all are for good."""
    seconds = [one.toleration_seconds for one in tolerations if one.toleration_seconds is not None]
    return max(min(seconds), 0) * 1000 if seconds else None


def planned(
    plan: Eviction | None, uid: str, taints: Sequence[Taint], tolerations: Sequence[Toleration], now: int
) -> Eviction | None:
    """Return the plan for the pod `uid` on a node with the NoExecute `taints`; one that is due is for now."""
    if not taints:
        return None
    used = used_tolerations(taints, tolerations)
    begun = Instant(now, matters=1)
    if used is None:
        return Eviction(uid=uid, created_at=begun, fire_at=awaited(now))
    stays = min_toleration_time(used)
    if stays is None:
        return None
    if plan is not None and plan.created_at < now:
        return plan
    return Eviction(uid=uid, created_at=begun, fire_at=awaited(now + stays))
