"""What a sync does outside a rollout: pausing, scaling, the status of the Deployment, and the end of old revisions.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/sync.go
"""

from __future__ import annotations

import functools

from kcore.api.apps.deployment import Deployment, DeploymentStatus
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.apiserver.request import Request, Verb
from kcore.client.turn import Call
from kcore.client.view import View
from kcore.controllers.deployment.annotations import revision
from kcore.controllers.deployment.conditions import (
    AVAILABLE,
    MINIMUM_REPLICAS_AVAILABLE,
    MINIMUM_REPLICAS_UNAVAILABLE,
    PAUSED,
    PROGRESSING,
    RESUMED,
    TIMED_OUT,
    condition_of,
    new_condition,
    with_condition,
)
from kcore.controllers.deployment.program import DONE, Ending, status_call, update_status
from kcore.controllers.deployment.proportional import scale
from kcore.controllers.deployment.replicas import (
    UNLIMITED,
    actual,
    available,
    by_creation,
    desired,
    max_unavailable,
    ready,
    size,
    terminating,
    wanted,
)
from kcore.controllers.deployment.rollout import Rollout, has_progress_deadline, sync_revision
from kcore.reconcile.program import Telling, make

GONE = frozenset({"NotFound"})


def sync_status_only(view: View, rollout: Rollout) -> Telling[Ending]:
    """Bring the status up to date and change nothing else."""
    return sync_deployment_status(view, (yield from sync_revision(view, rollout)))


def sync(view: View, rollout: Rollout, *, rolling_back: bool) -> Telling[Ending]:
    """Scale a Deployment that was scaled, or that is paused, and bring its status up to date."""
    rollout = yield from sync_revision(view, rollout)
    yield from scale(rollout)
    if rollout.deployment.spec.paused and not rolling_back:
        yield from cleanup(rollout)
    return sync_deployment_status(view, rollout)


def check_paused_conditions(view: View, deployment: Deployment) -> Telling[Deployment]:
    """Say that the Deployment is paused, or no longer is, so that the time of a pause is no lack of progress."""
    current = condition_of(deployment.status, PROGRESSING)
    reason = current.reason if current else ""
    if not has_progress_deadline(deployment) or reason == TIMED_OUT or deployment.spec.paused == (reason == PAUSED):
        return deployment
    told, message = (PAUSED, "Deployment is paused") if deployment.spec.paused else (RESUMED, "Deployment is resumed")
    condition = new_condition(view, PROGRESSING, "Unknown", told, message)
    changed = evolve(deployment, status=with_condition(deployment.status, condition))
    yield from update_status(changed)
    return changed


def sync_deployment_status(view: View, rollout: Rollout) -> Ending:
    """Write the status if it is not what the ReplicaSets make it."""
    status = calculate_status(view, rollout)
    if status == rollout.deployment.status:
        return DONE
    return Ending(calls=(status_call(evolve(rollout.deployment, status=status)),))


def calculate_status(view: View, rollout: Rollout) -> DeploymentStatus:
    """Return the status that the ReplicaSets of the Deployment make, its other conditions as they were."""
    deployment, all_sets = rollout.deployment, rollout.all
    offered = available(all_sets)
    status = DeploymentStatus(
        observed_generation=deployment.metadata.generation,
        replicas=actual(all_sets),
        updated_replicas=rollout.new.status.replicas if rollout.new else 0,
        ready_replicas=ready(all_sets),
        available_replicas=offered,
        unavailable_replicas=max(wanted(all_sets) - offered, 0),
        terminating_replicas=terminating(all_sets),
        collision_count=deployment.status.collision_count,
        conditions=deployment.status.conditions,
    )
    if offered >= desired(deployment) - max_unavailable(deployment):
        told = ("True", MINIMUM_REPLICAS_AVAILABLE, "Deployment has minimum availability.")
    else:
        told = ("False", MINIMUM_REPLICAS_UNAVAILABLE, "Deployment does not have minimum availability.")
    return with_condition(status, new_condition(view, AVAILABLE, *told))


def deployment_complete(deployment: Deployment, status: DeploymentStatus) -> bool:
    """Tell whether all pods there are, as many as desired, are of the new template and available."""
    total = desired(deployment)
    return (
        status.updated_replicas == status.replicas == status.available_replicas == total
        and status.observed_generation >= deployment.metadata.generation
    )


def cleanup_if_complete(rollout: Rollout) -> Telling[None]:
    """Delete the old ReplicaSets that are too many once the rollout is complete, by the status as it was."""
    if deployment_complete(rollout.deployment, rollout.deployment.status):
        yield from cleanup(rollout)


def cleanup(rollout: Rollout) -> Telling[None]:
    """Delete the old ReplicaSets of the lowest revisions that are more than the history keeps, if they have no pods."""
    limit = rollout.deployment.spec.revision_history_limit
    if limit is None or limit == UNLIMITED:
        return
    kept = [one for one in rollout.old if one.metadata.deletion_timestamp is None]
    for one in sorted(kept, key=functools.cmp_to_key(_compare_revisions))[: max(len(kept) - limit, 0)]:
        unseen = one.metadata.generation > one.status.observed_generation
        if one.status.replicas == 0 and size(one) == 0 and not unseen:
            yield from make(Call(request=Request(verb=Verb.DELETE, key=key_of(one)), accepts=GONE))


def _compare_revisions(one: ReplicaSet, other: ReplicaSet) -> int:
    """Order by revision, and by age where one is no number or both are the same."""
    first, second = revision(one), revision(other)
    if first is None or second is None or first == second:
        return -1 if by_creation(one) < by_creation(other) else 1
    return first - second
