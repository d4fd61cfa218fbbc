"""The conditions of a Deployment: Available, Progressing and ReplicaFailure, with their reasons.

Models the setting, replacing and removing of conditions: one whose status and reason are as they were stays as it is,
message and times included; one whose reason alone changes keeps the time of its last transition. What is set goes last.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/util/deployment_util.go
"""

from __future__ import annotations

from kcore.api.apps.deployment import DeploymentStatus
from kcore.api.evolve import evolve
from kcore.api.meta.condition import Condition
from kcore.client.view import View

AVAILABLE = "Available"
PROGRESSING = "Progressing"
REPLICA_FAILURE = "ReplicaFailure"

REPLICA_SET_UPDATED = "ReplicaSetUpdated"
FAILED_RS_CREATE = "ReplicaSetCreateError"
NEW_REPLICA_SET = "NewReplicaSetCreated"
FOUND_NEW_RS = "FoundNewReplicaSet"
NEW_RS_AVAILABLE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"
PAUSED = "DeploymentPaused"
RESUMED = "DeploymentResumed"

MINIMUM_REPLICAS_AVAILABLE = "MinimumReplicasAvailable"
MINIMUM_REPLICAS_UNAVAILABLE = "MinimumReplicasUnavailable"


def new_condition(view: View, kind: str, status: str, reason: str, message: str) -> Condition:
    """Return a condition of the type `kind` that was seen and became so now."""
    now = view.timestamp()
    return Condition(
        type=kind, status=status, last_update_time=now, last_transition_time=now, reason=reason, message=message
    )


def condition_of(status: DeploymentStatus, kind: str) -> Condition | None:
    """Return the condition of the type `kind`, if there is one."""
    return next((one for one in status.conditions if one.type == kind), None)


def with_condition(status: DeploymentStatus, condition: Condition) -> DeploymentStatus:
    """Return the status with `condition`, unless it says nothing new."""
    current = condition_of(status, condition.type)
    if current is not None and current.status == condition.status:
        if current.reason == condition.reason:
            return status
        condition = evolve(condition, last_transition_time=current.last_transition_time)
    rest = without_condition(status, condition.type)
    return evolve(rest, conditions=(*rest.conditions, condition))


def without_condition(status: DeploymentStatus, kind: str) -> DeploymentStatus:
    """Return the status without the condition of the type `kind`."""
    if condition_of(status, kind) is None:
        return status
    return evolve(status, conditions=tuple(one for one in status.conditions if one.type != kind))


def of_replica_set(condition: Condition) -> Condition:
    """Return the condition of a ReplicaSet as one of its Deployment."""
    return Condition(
        type=condition.type,
        status=condition.status,
        last_update_time=condition.last_transition_time,
        last_transition_time=condition.last_transition_time,
        reason=condition.reason,
        message=condition.message,
    )
