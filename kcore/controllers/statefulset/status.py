"""The status of a StatefulSet: what its pods come to, and when an update is complete.

Models the counts, the revisions, and the completion of a rolling update, by which the update revision becomes the
current one. A status that says nothing new is not written. Conditions are not kept, as upstream sets none.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset/stateful_set_control.go
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.apps.statefulset import StatefulSet, StatefulSetStatus
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.apiserver.request import Verb
from kcore.controllers.statefulset.history import Revisions
from kcore.controllers.statefulset.session import Session, problem_of
from kcore.controllers.statefulset.stateful_set_utils import (
    ROLLING_UPDATE,
    Predicate,
    desired,
    is_created,
    is_running_and_ready,
    is_terminating,
)
from kcore.reconcile.history import revision_of
from kcore.reconcile.program import Program


def calculate_status(
    stateful_set: StatefulSet, revisions: Revisions, pods: Iterable[Pod], is_available: Predicate
) -> StatefulSetStatus:
    """Return the status that `pods` make."""
    made = [pod for pod in pods if is_created(pod)]
    ready = [pod for pod in made if is_running_and_ready(pod)]
    staying = [revision_of(pod) for pod in made if not is_terminating(pod)]
    return StatefulSetStatus(
        observed_generation=stateful_set.metadata.generation,
        replicas=len(made),
        ready_replicas=len(ready),
        available_replicas=sum(map(is_available, ready)),
        current_replicas=staying.count(revisions.current.metadata.name),
        updated_replicas=staying.count(revisions.update.metadata.name),
        current_revision=revisions.current.metadata.name,
        update_revision=revisions.update.metadata.name,
        collision_count=revisions.collisions,
    )


def update_status(session: Session, status: StatefulSetStatus) -> Program[str]:
    """Write the status if it says something new; return why that failed, "" if it did not."""
    status = complete_rolling_update(session.owner, status)
    if not is_inconsistent(session.owner.status, status):
        return ""
    answer = yield from session.write(Verb.UPDATE, evolve(session.owner, status=status), "status")
    return problem_of(answer)


def complete_rolling_update(stateful_set: StatefulSet, status: StatefulSetStatus) -> StatefulSetStatus:
    """Return the status with the update revision as the current one once all pods asked for are ready and of it."""
    complete = status.updated_replicas == status.ready_replicas == status.replicas == desired(stateful_set)
    if stateful_set.spec.update_strategy.type != ROLLING_UPDATE or not complete:
        return status
    return evolve(status, current_replicas=status.updated_replicas, current_revision=status.update_revision)


def is_inconsistent(known: StatefulSetStatus, status: StatefulSetStatus) -> bool:
    """Tell whether `status` says more than is known: the count of collisions alone is not worth a write."""
    older = status.observed_generation > known.observed_generation
    unsaid = evolve(
        known,
        observed_generation=status.observed_generation,
        collision_count=status.collision_count,
        conditions=status.conditions,
        extra=status.extra,
    )
    return older or unsaid != status
