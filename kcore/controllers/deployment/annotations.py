"""What a Deployment writes on its ReplicaSets: revision, history, and the counts that tell scaling from rolling.

Models the annotations that are copied from the Deployment to its new ReplicaSet and, on a rollback, the other way;
those of the Deployment controller itself and of `kubectl apply` are not. A ReplicaSet that becomes the newest again
gets a new revision, and its earlier ones go to its history, which is kept to 2,000 characters.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/util/deployment_util.go
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.frozenmap import FrozenMap
from kcore.controllers.deployment.replicas import desired, max_surge, parse_integer

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"
ROLLBACK_TO = "deprecated.deployment.rollback.to"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

NOT_COPIED = frozenset({LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO})

HISTORY_LIMIT = 2000
"""How long the history of revisions may get, in characters."""

_INT32 = range(2**31)


def revision(replica_set: ReplicaSet) -> int | None:
    """Return the revision of the ReplicaSet, 0 when it has none yet, None when what it has is no number."""
    text = replica_set.metadata.annotations.get(REVISION)
    return 0 if text is None else parse_integer(text)


def max_revision(replica_sets: Iterable[ReplicaSet]) -> int:
    """Return the highest revision, at least 0."""
    return max((0, *(revision(one) or 0 for one in replica_sets)))


def last_revision(replica_sets: Iterable[ReplicaSet]) -> int:
    """Return the second highest revision, at least 0."""
    highest = second = 0
    for number in map(revision, replica_sets):
        if number is None:
            continue
        if number >= highest:
            highest, second = number, highest
        elif number > second:
            second = number
    return second


def for_new_replica_set(deployment: Deployment, annotations: FrozenMap[str], newest: int) -> FrozenMap[str]:
    """Return the annotations that the new ReplicaSet, which has `annotations`, gets as the revision `newest`.

    A revision that is not lower stays; where it is no number, nothing is changed at all.
    """
    text = annotations.get(REVISION, "")
    number = parse_integer(text) if text else 0
    if number is None:
        return annotations
    copied = annotations.update({k: v for k, v in deployment.metadata.annotations.items() if k not in NOT_COPIED})
    if number >= newest:
        return copied
    if REVISION in annotations:
        history = _history(copied.get(REVISION_HISTORY, ""), text)
        copied = copied if history is None else copied.set(REVISION_HISTORY, history)
    return copied.set(REVISION, str(newest))


def with_counts(deployment: Deployment, annotations: FrozenMap[str]) -> FrozenMap[str]:
    """Return `annotations` with the desired and the greatest number of pods that the Deployment has now."""
    total = desired(deployment)
    return annotations.update({DESIRED_REPLICAS: str(total), MAX_REPLICAS: str(total + max_surge(deployment))})


def desired_replicas(replica_set: ReplicaSet) -> int | None:
    """Return how many pods the Deployment wanted when it last scaled the ReplicaSet; None when that is not known."""
    return _count(replica_set, DESIRED_REPLICAS)


def max_replicas(replica_set: ReplicaSet) -> int | None:
    """Return how many pods the Deployment could have when it last scaled the ReplicaSet; None when not known."""
    return _count(replica_set, MAX_REPLICAS)


def rolled_back(deployment: Deployment, replica_set: ReplicaSet) -> FrozenMap[str]:
    """Return the annotations of the Deployment once it has gone back to `replica_set`."""
    own = {key: value for key, value in deployment.metadata.annotations.items() if key in NOT_COPIED}
    its = {key: value for key, value in replica_set.metadata.annotations.items() if key not in NOT_COPIED}
    return FrozenMap({**own, **its})


def _count(replica_set: ReplicaSet, name: str) -> int | None:
    text = replica_set.metadata.annotations.get(name, "")
    number = parse_integer(text) if text.isdigit() else None
    return number if number is not None and number in _INT32 else None


def _history(earlier: str, revision: str) -> str | None:
    """Return the history with `revision` at its end, the oldest dropped for room; None when there is no room at all."""
    if not earlier or earlier.startswith(","):
        return revision
    revisions = earlier.split(",")
    length = len(earlier) + len(revision) + 1
    start = 0
    while length > HISTORY_LIMIT and start < len(revisions):
        length -= len(revisions[start]) + 1
        start += 1
    return ",".join((*revisions[start:], revision)) if length <= HISTORY_LIMIT else None
