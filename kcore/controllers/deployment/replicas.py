"""Counts: how many pods a Deployment may have, and how many its ReplicaSets want, run and offer.

Models maxSurge and maxUnavailable (percentages of the desired count, the first rounded up, the second down; when both
come to nothing one pod may be unavailable), the sums over ReplicaSets, and the orders in which ReplicaSets are taken.

A Deployment of 10 with 25% and 25% may have 13 pods, of which 8 have to be available.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/util/deployment_util.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kcore.api.apps.deployment import Deployment, RollingUpdateDeployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.intstr import IntOrStringError, scaled_value

ROLLING_UPDATE = "RollingUpdate"
RECREATE = "Recreate"

UNLIMITED = 2**31 - 1
"""The revision history limit and progress deadline that stand for none."""

LONGEST_INTEGER = 64
"""The most characters of a number that are read; leading zeros are none that anybody writes."""

_NO_ROLLING_UPDATE = RollingUpdateDeployment()
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_INT64 = range(-(2**63), 2**63)


def desired(deployment: Deployment) -> int:
    """Return how many pods the Deployment wants."""
    return 1 if deployment.spec.replicas is None else deployment.spec.replicas


def size(replica_set: ReplicaSet) -> int:
    """Return how many pods the ReplicaSet wants."""
    return 1 if replica_set.spec.replicas is None else replica_set.spec.replicas


def is_rolling_update(deployment: Deployment) -> bool:
    """Tell whether the strategy is a rolling update."""
    return deployment.spec.strategy.type == ROLLING_UPDATE


def max_surge(deployment: Deployment) -> int:
    """Return how many pods more than desired a rolling update may have; 0 for what is no number."""
    return _fenceposts(deployment)[0] if is_rolling_update(deployment) else 0


def max_unavailable(deployment: Deployment) -> int:
    """Return how many of the desired pods a rolling update may leave unavailable; 0 for what is no number."""
    if not is_rolling_update(deployment) or desired(deployment) == 0:
        return 0
    return min(_fenceposts(deployment)[1], desired(deployment))


def resolve_fenceposts(surge: int | str | None, unavailable: int | str | None, total: int) -> tuple[int, int]:
    """Return maxSurge and maxUnavailable of `total` as numbers; IntOrStringError when one is none."""
    more = scaled_value(0 if surge is None else surge, total, round_up=True)
    less = scaled_value(0 if unavailable is None else unavailable, total, round_up=False)
    return more, 1 if more == 0 and less == 0 else less


def new_size(deployment: Deployment, pods: int, current: int) -> int:
    """Return the size that the new ReplicaSet, `current` now, gets next, where all ReplicaSets together want `pods`.

    IntOrStringError when maxSurge is no number.
    """
    total = desired(deployment)
    if not is_rolling_update(deployment):
        return total
    rolling = deployment.spec.strategy.rolling_update or _NO_ROLLING_UPDATE
    room = total + scaled_value(rolling.max_surge, total, round_up=True) - pods
    return current if room <= 0 else current + min(room, total - current)


def wanted(replica_sets: Iterable[ReplicaSet]) -> int:
    """Return how many pods the ReplicaSets want."""
    return sum(map(size, replica_sets))


def actual(replica_sets: Iterable[ReplicaSet]) -> int:
    """Return how many pods the ReplicaSets have."""
    return sum(one.status.replicas for one in replica_sets)


def ready(replica_sets: Iterable[ReplicaSet]) -> int:
    """Return how many pods of the ReplicaSets are ready."""
    return sum(one.status.ready_replicas for one in replica_sets)


def available(replica_sets: Iterable[ReplicaSet]) -> int:
    """Return how many pods of the ReplicaSets are available."""
    return sum(one.status.available_replicas for one in replica_sets)


def terminating(replica_sets: Iterable[ReplicaSet]) -> int | None:
    """Return how many pods of the ReplicaSets are going; None when one that has been looked at does not say."""
    total = 0
    for one in replica_sets:
        if one.status.terminating_replicas is not None:
            total += one.status.terminating_replicas
        elif one.status.observed_generation:
            return None
    return total


def active(replica_sets: Iterable[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """Return the ReplicaSets that want pods."""
    return tuple(one for one in replica_sets if size(one) > 0)


def by_creation(replica_set: ReplicaSet) -> tuple[int, str]:
    """Return the key that sorts older ReplicaSets first, those of one second by name."""
    return replica_set.metadata.creation_timestamp or 0, replica_set.metadata.name


def by_size_older(replica_sets: Sequence[ReplicaSet]) -> list[ReplicaSet]:
    """Return the ReplicaSets, larger ones first, of one size the older."""
    return sorted(sorted(replica_sets, key=by_creation), key=size, reverse=True)


def by_size_newer(replica_sets: Sequence[ReplicaSet]) -> list[ReplicaSet]:
    """Return the ReplicaSets, larger ones first, of one size the newer."""
    return sorted(sorted(replica_sets, key=by_creation, reverse=True), key=size, reverse=True)


def parse_integer(text: str) -> int | None:
    """Return the number that `text` is in 64 bits, None when it is none."""
    if not _INTEGER.fullmatch(text) or len(text) > LONGEST_INTEGER:
        return None
    number = int(text)
    return number if number in _INT64 else None


def _fenceposts(deployment: Deployment) -> tuple[int, int]:
    rolling = deployment.spec.strategy.rolling_update or _NO_ROLLING_UPDATE
    try:
        return resolve_fenceposts(rolling.max_surge, rolling.max_unavailable, desired(deployment))
    except IntOrStringError:
        return 0, 0
