"""Rolling update: the new ReplicaSet grows and the old ones shrink, within maxSurge and maxUnavailable.

Models one step of it: first the new ReplicaSet grows as far as maxSurge lets it; when it can't, old ReplicaSets shrink,
the oldest first, by their pods that are not available, and then by what is available beyond the minimum. New pods that
are not available yet keep old ones alive.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/rolling.go
"""

from __future__ import annotations

from collections.abc import Sequence

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.client.turn import OnFailure
from kcore.client.view import View
from kcore.controllers.deployment.program import Ending
from kcore.controllers.deployment.progress import sync_rollout_status
from kcore.controllers.deployment.replicas import active, available, desired, max_unavailable, new_size, size, wanted
from kcore.controllers.deployment.rollout import Rollout, with_new_replica_set
from kcore.controllers.deployment.scaling import scale_replica_set
from kcore.controllers.deployment.sync import cleanup_if_complete
from kcore.reconcile.program import Telling


def rollout_rolling(view: View, rollout: Rollout) -> Telling[Ending]:
    """Take the next step of a rolling update, and bring the status up to date."""
    found = yield from with_new_replica_set(view, rollout)
    if isinstance(found, Ending):
        return found
    moved = yield from _grow(found)
    if not moved:
        moved = yield from _shrink(found)
    if not moved:
        yield from cleanup_if_complete(found)
    return sync_rollout_status(view, found)


def most_scaled_down(rollout: Rollout) -> int:
    """Return by how many pods the old ReplicaSets may shrink in all; 0 or less when they may not."""
    unavailable = size(rollout.new) - rollout.new.status.available_replicas if rollout.new else 0
    return wanted(rollout.all) - _min_available(rollout.deployment) - unavailable


def _min_available(deployment: Deployment) -> int:
    return desired(deployment) - max_unavailable(deployment)


def _grow(rollout: Rollout) -> Telling[bool]:
    """Bring the new ReplicaSet nearer to the desired size; tell whether it was scaled."""
    deployment, new = rollout.deployment, rollout.new
    if new is None or size(new) == desired(deployment):
        return False
    if size(new) > desired(deployment):
        replicas = desired(deployment)
    else:
        replicas = new_size(deployment, wanted(rollout.all), size(new))
    yield from scale_replica_set(deployment, new, replicas)
    return replicas != size(new)


def _shrink(rollout: Rollout) -> Telling[bool]:
    """Bring the old ReplicaSets nearer to nothing; tell whether one was scaled and no update was refused."""
    most = most_scaled_down(rollout)
    olds = active(rollout.old)
    if not olds or most <= 0:
        return False
    left = yield from _clean_up_unhealthy(rollout.deployment, olds, most)
    if left is None:
        return False
    rest = left if rollout.new is None else (*left, rollout.new)
    spare = available(rest) - _min_available(rollout.deployment)
    scaled = yield from _scale_down(rollout.deployment, left, spare)
    return scaled is not None and (scaled > 0 or wanted(left) != wanted(olds))


def _clean_up_unhealthy(
    deployment: Deployment, olds: Sequence[ReplicaSet], most: int
) -> Telling[tuple[ReplicaSet, ...] | None]:
    """Take at most `most` pods that are not available from the old ReplicaSets; return those, None on an error.

    It is an error when more pods are said to be available than are wanted.
    """
    left = list(olds)
    for at, one in enumerate(olds):
        if most == 0:
            break
        fewer = min(most, size(one) - one.status.available_replicas)
        if fewer < 0:
            return None
        updated = yield from scale_replica_set(deployment, one, size(one) - fewer, OnFailure.GO_ON)
        if updated is None:
            return None
        left[at] = updated
        most -= fewer
    return tuple(left)


def _scale_down(deployment: Deployment, olds: Sequence[ReplicaSet], spare: int) -> Telling[int | None]:
    """Take at most `spare` pods from the old ReplicaSets; return how many were, None on a refusal."""
    scaled = 0
    for one in olds:
        fewer = min(size(one), spare - scaled)
        if fewer <= 0:
            continue
        if (yield from scale_replica_set(deployment, one, size(one) - fewer, OnFailure.GO_ON)) is None:
            return None
        scaled += fewer
    return scaled
