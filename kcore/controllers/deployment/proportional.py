"""Proportional scaling: a Deployment that is scaled in the middle of a rollout spreads the change over its ReplicaSets.

Models the scaling of a Deployment, which is noticed by the desired count that its ReplicaSets carry. The only active
ReplicaSet, or the newest where none is, gets the new count. Old ReplicaSets beside a new one that has all pods go to 0.
Else each active ReplicaSet of a rolling update grows or shrinks by its share, from the largest to the smallest, and the
largest takes what rounding leaves over.

A Deployment of 10 with a surge of 3 that has 8 old and 5 new pods and is scaled to 15 has room for 18: the old ones
become 11 (8 × 18/13 = 11.08) and the new ones 7 (6.92).

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/sync.go
"""

from __future__ import annotations

from collections.abc import Sequence

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.controllers.deployment.annotations import DESIRED_REPLICAS, desired_replicas, max_replicas
from kcore.controllers.deployment.replicas import (
    active,
    by_creation,
    by_size_newer,
    by_size_older,
    desired,
    is_rolling_update,
    max_surge,
    parse_integer,
    size,
    wanted,
)
from kcore.controllers.deployment.rollout import Rollout
from kcore.controllers.deployment.scaling import bring_up_to_date, scale_replica_set
from kcore.reconcile.program import Telling


def is_scaling_event(rollout: Rollout) -> bool:
    """Tell whether an active ReplicaSet was last scaled for another desired count than the Deployment has."""
    total = desired(rollout.deployment)
    return any(desired_replicas(one) not in (None, total) for one in active(rollout.all))


def scale(rollout: Rollout) -> Telling[None]:
    """Scale the ReplicaSets to what the Deployment wants."""
    deployment = rollout.deployment
    only = find_active_or_latest(rollout)
    if only is not None:
        yield from scale_replica_set(deployment, only, desired(deployment))
    elif is_saturated(deployment, rollout.new):
        for one in active(reversed(rollout.old)):
            yield from scale_replica_set(deployment, one, 0)
    elif is_rolling_update(deployment):
        found = (*reversed(rollout.old), *((rollout.new,) if rollout.new else ()))
        ordered, sizes = shares(deployment, active(found))
        for one, replicas in zip(ordered, sizes, strict=True):
            yield from bring_up_to_date(deployment, one, replicas)


def find_active_or_latest(rollout: Rollout) -> ReplicaSet | None:
    """Return the only active ReplicaSet, or the newest if none is active; None when several are."""
    found = active(rollout.all)
    if len(found) == 1:
        return found[0]
    if found:
        return None
    return rollout.new or max(rollout.old, key=by_creation, default=None)


def is_saturated(deployment: Deployment, replica_set: ReplicaSet | None) -> bool:
    """Tell whether the ReplicaSet has all pods of the Deployment, both agree on that, and all are available."""
    if replica_set is None:
        return False
    total = desired(deployment)
    known = parse_integer(replica_set.metadata.annotations.get(DESIRED_REPLICAS, ""))
    return size(replica_set) == known == replica_set.status.available_replicas == total


def shares(deployment: Deployment, replica_sets: Sequence[ReplicaSet]) -> tuple[list[ReplicaSet], list[int]]:
    """Return the ReplicaSets, all active, in the order in which they are scaled, and the size that each gets."""
    total = desired(deployment)
    allowed = total + max_surge(deployment) if total > 0 else 0
    to_add = allowed - wanted(replica_sets)
    if to_add == 0 or not replica_sets:
        return list(replica_sets), [size(one) for one in replica_sets]
    ordered = by_size_newer(replica_sets) if to_add > 0 else by_size_older(replica_sets)
    sizes, added = [], 0
    for one in ordered:
        share = proportion(deployment, one, to_add, added)
        sizes.append(size(one) + share)
        added += share
    sizes[0] = max(sizes[0] + to_add - added, 0)
    return ordered, sizes


def proportion(deployment: Deployment, replica_set: ReplicaSet, to_add: int, added: int) -> int:
    """Return the share of the ReplicaSet in the `to_add` replicas, negative to shrink, `added` of which are given."""
    if size(replica_set) == 0 or to_add == added:
        return 0
    share = _fraction(deployment, replica_set)
    return min(share, to_add - added) if to_add > 0 else max(share, to_add - added)


def _fraction(deployment: Deployment, replica_set: ReplicaSet) -> int:
    """Return by how much the ReplicaSet has to change to keep its part of the pods that the Deployment may have."""
    now = size(replica_set)
    if desired(deployment) == 0:
        return -now
    before = max_replicas(replica_set) or deployment.status.replicas
    if before == 0:
        return 0
    return _rounded(float(now * (desired(deployment) + max_surge(deployment))) / float(before)) - now


def _rounded(number: float) -> int:
    """Return the nearest whole number, halves away from zero."""
    return int(number - 0.5 if number < 0 else number + 0.5)
