"""Progress: whether a rollout gets on, is through, or has not moved for too long.

Models the condition Progressing of a Deployment with a deadline: a rollout is complete when all pods are of the new
template and available, it progresses when there are more new, fewer old, or more ready or available pods than before,
and it has timed out when none of that happened for `progressDeadlineSeconds`. What no longer moves is looked at again
when the deadline passes. A ReplicaSet that can't make its pods shows in the condition ReplicaFailure.

A Deployment whose rollout was complete never times out, so it is not looked at again; upstream does, to no effect.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/progress.go
"""

from __future__ import annotations

from kcore.api.apps.deployment import Deployment, DeploymentStatus
from kcore.api.evolve import evolve
from kcore.api.meta.condition import Condition
from kcore.client.view import View
from kcore.controllers.deployment.conditions import (
    NEW_RS_AVAILABLE,
    PROGRESSING,
    REPLICA_FAILURE,
    REPLICA_SET_UPDATED,
    TIMED_OUT,
    condition_of,
    new_condition,
    of_replica_set,
    with_condition,
    without_condition,
)
from kcore.controllers.deployment.program import Ending, status_call
from kcore.controllers.deployment.rollout import Rollout, has_progress_deadline
from kcore.controllers.deployment.sync import calculate_status, deployment_complete

SECOND = 1000
"""In ms."""


def sync_rollout_status(view: View, rollout: Rollout) -> Ending:
    """Write the status of a Deployment that is being rolled out, or plan the next look at it."""
    deployment = rollout.deployment
    status = _with_progress(view, rollout, calculate_status(view, rollout))
    failure = replica_failure(rollout)
    status = with_condition(status, failure) if failure else without_condition(status, REPLICA_FAILURE)
    if status == deployment.status:
        return Ending(wake_at=progress_check(view, deployment, status))
    return Ending(calls=(status_call(evolve(deployment, status=status)),))


def replica_failure(rollout: Rollout) -> Condition | None:
    """Return the failure to make pods of the new ReplicaSet, or else of the oldest one that has one."""
    ordered = rollout.all if rollout.new is None else (rollout.new, *rollout.old)
    found = (of_replica_set(one) for each in ordered for one in each.status.conditions if one.type == REPLICA_FAILURE)
    return next(found, None)


def deployment_progressing(before: DeploymentStatus, after: DeploymentStatus) -> bool:
    """Tell whether there are more new, fewer old, or more ready or available pods than there were."""
    return (
        after.updated_replicas > before.updated_replicas
        or after.replicas - after.updated_replicas < before.replicas - before.updated_replicas
        or after.ready_replicas > before.ready_replicas
        or after.available_replicas > before.available_replicas
    )


def deployment_timed_out(view: View, deployment: Deployment, status: DeploymentStatus) -> bool:
    """Tell whether nothing has moved for longer than the deadline, or had not before."""
    condition = condition_of(status, PROGRESSING)
    if condition is None or condition.reason == NEW_RS_AVAILABLE:
        return False
    since = None if condition.last_update_time is None else condition.last_update_time * SECOND
    return condition.reason == TIMED_OUT or view.elapsed(since, _deadline(deployment) + 1)


def progress_check(view: View, deployment: Deployment, status: DeploymentStatus) -> int | None:
    """Return when (ms since 1970) to look whether the Deployment has timed out; None when it will not."""
    current = condition_of(deployment.status, PROGRESSING)
    if not has_progress_deadline(deployment) or current is None or current.last_update_time is None:
        return None
    if deployment_complete(deployment, status) or current.reason in (TIMED_OUT, NEW_RS_AVAILABLE):
        return None
    since, limit = current.last_update_time * SECOND, _deadline(deployment)
    soon = view.elapsed(since, limit - SECOND + 1)
    return since + limit + (1 if soon else SECOND)


def _with_progress(view: View, rollout: Rollout, status: DeploymentStatus) -> DeploymentStatus:
    """Return the status with what is to be said of progress."""
    deployment = rollout.deployment
    if not has_progress_deadline(deployment):
        return without_condition(status, PROGRESSING)
    current = condition_of(deployment.status, PROGRESSING)
    if current is not None and current.reason == NEW_RS_AVAILABLE and status.replicas == status.updated_replicas:
        return status
    what = f'ReplicaSet "{rollout.new.metadata.name}"' if rollout.new else f'Deployment "{deployment.metadata.name}"'
    if deployment_complete(deployment, status):
        message = f"{what} has successfully progressed."
        return with_condition(status, new_condition(view, PROGRESSING, "True", NEW_RS_AVAILABLE, message))
    if deployment_progressing(deployment.status, status):
        condition = new_condition(view, PROGRESSING, "True", REPLICA_SET_UPDATED, f"{what} is progressing.")
        if current is not None and current.status == "True":
            condition = evolve(condition, last_transition_time=current.last_transition_time)
        return with_condition(without_condition(status, PROGRESSING), condition)
    if deployment_timed_out(view, deployment, status):
        message = f"{what} has timed out progressing."
        return with_condition(status, new_condition(view, PROGRESSING, "False", TIMED_OUT, message))
    return status


def _deadline(deployment: Deployment) -> int:
    """Return for how long nothing may move, in ms."""
    return (deployment.spec.progress_deadline_seconds or 0) * SECOND
