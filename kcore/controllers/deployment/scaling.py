"""Scaling one ReplicaSet: its size and the counts of the Deployment that it carries.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/sync.go
"""

from __future__ import annotations

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.evolve import evolve
from kcore.client.turn import OnFailure
from kcore.controllers.deployment.annotations import with_counts
from kcore.controllers.deployment.program import tell, update
from kcore.controllers.deployment.replicas import size
from kcore.reconcile.program import Telling


def scale_replica_set(
    deployment: Deployment, replica_set: ReplicaSet, replicas: int, on_failure: OnFailure = OnFailure.STOP
) -> Telling[ReplicaSet | None]:
    """Give the ReplicaSet that many replicas and return it as stored; None when that was refused.

    One that has them already is left alone.
    """
    if size(replica_set) == replicas:
        return replica_set
    return (yield from bring_up_to_date(deployment, replica_set, replicas, on_failure))


def bring_up_to_date(
    deployment: Deployment, replica_set: ReplicaSet, replicas: int, on_failure: OnFailure = OnFailure.STOP
) -> Telling[ReplicaSet | None]:
    """Give the ReplicaSet that many replicas and the counts of the Deployment, and return it as stored.

    One that has all of it already is left alone; None when the update was refused.
    """
    before, metadata = size(replica_set), replica_set.metadata
    annotations = with_counts(deployment, metadata.annotations)
    if before == replicas and annotations == metadata.annotations:
        return replica_set
    spec = evolve(replica_set.spec, replicas=replicas)
    changed = evolve(replica_set, metadata=evolve(metadata, annotations=annotations), spec=spec)
    updated = yield from update(changed, on_failure)
    if updated is not None and before != replicas:
        direction = "up" if before < replicas else "down"
        message = f"Scaled {direction} replica set {metadata.name} from {before} to {replicas}"
        yield from tell("ScalingReplicaSet", message, on=deployment)
    return updated
