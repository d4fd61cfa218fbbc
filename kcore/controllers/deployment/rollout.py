"""The ReplicaSets of a Deployment, old and new, with the revision brought up to date; a new ReplicaSet is made here.

Models getAllReplicaSetsAndSyncRevision: the new ReplicaSet gets the revision after the highest of the old ones, the
Deployment's annotations and its minReadySeconds, and the Deployment gets the revision of its new ReplicaSet. Where
there is no new ReplicaSet one may be made. A name that is taken by another template is a collision: the Deployment
counts it, and the next hash is another one. Any other refusal becomes a condition of the Deployment.

As upstream, a sync works on with the Deployment and the ReplicaSets that its cache had, apart from the ReplicaSets that
its own updates returned. A second write of one object is refused as outdated then, and the sync tries again.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/sync.go
"""

from __future__ import annotations

import attrs

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet, ReplicaSetSpec
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Response
from kcore.client.turn import OnFailure
from kcore.client.view import View
from kcore.controllers.deployment.annotations import REVISION, for_new_replica_set, max_revision, with_counts
from kcore.controllers.deployment.conditions import (
    FAILED_RS_CREATE,
    FOUND_NEW_RS,
    NEW_REPLICA_SET,
    PROGRESSING,
    condition_of,
    new_condition,
    with_condition,
)
from kcore.controllers.deployment.program import FAILED, Ending, create, status_call, tell, update, update_status
from kcore.controllers.deployment.replicas import UNLIMITED, new_size, size, wanted
from kcore.controllers.deployment.template import HASH_LABEL, equal_ignore_hash, with_hash
from kcore.reconcile.ownership import controller_ref, is_controlled_by
from kcore.reconcile.program import Telling
from kcore.reconcile.slowstart import failed_to_create
from kcore.reconcile.templatehash import compute_hash

LONGEST_NAME = 253

_NO_SELECTOR = LabelSelector()


@attrs.frozen
class Rollout:
    """A Deployment as its sync has it, its new ReplicaSet, if there is one, and the old ones, the oldest first."""

    deployment: Deployment
    new: ReplicaSet | None
    old: tuple[ReplicaSet, ...]

    @property
    def all(self) -> tuple[ReplicaSet, ...]:
        """The old ReplicaSets and then the new one."""
        return self.old if self.new is None else (*self.old, self.new)


def has_progress_deadline(deployment: Deployment) -> bool:
    """Tell whether lack of progress is to be noticed."""
    return deployment.spec.progress_deadline_seconds not in (None, UNLIMITED)


def sync_revision(view: View, rollout: Rollout) -> Telling[Rollout]:
    """Bring the new ReplicaSet, if there is one, and the Deployment's revision up to date."""
    deployment, new = rollout.deployment, rollout.new
    if new is None:
        return rollout
    newest = max_revision(rollout.old) + 1
    annotations = for_new_replica_set(deployment, new.metadata.annotations, newest)
    seconds = deployment.spec.min_ready_seconds
    if annotations != new.metadata.annotations or new.spec.min_ready_seconds != seconds:
        metadata = evolve(new.metadata, annotations=annotations)
        updated = evolve(new, metadata=metadata, spec=evolve(new.spec, min_ready_seconds=seconds))
        return evolve(rollout, new=(yield from update(updated)))
    known = _with_revision(deployment, annotations.get(REVISION, ""))
    if has_progress_deadline(deployment) and condition_of(deployment.status, PROGRESSING) is None:
        message = f'Found new replica set "{new.metadata.name}"'
        known = _progressing(view, known, "True", FOUND_NEW_RS, message)
    if known is not deployment:
        yield from update_status(known)
    return evolve(rollout, deployment=known)


def with_new_replica_set(view: View, rollout: Rollout) -> Telling[Rollout | Ending]:
    """Bring the revision up to date and make the new ReplicaSet if there is none; return how it ends if it can't."""
    if rollout.new is not None:
        return (yield from sync_revision(view, rollout))
    newest = max_revision(rollout.old) + 1
    wish = _new_replica_set(rollout, newest)
    answer = yield from create(wish)
    if answer.reason == "AlreadyExists":
        return (yield from _already_there(view, rollout, wish, newest))
    created = answer.object
    if not isinstance(created, ReplicaSet):
        return (yield from _not_created(view, rollout.deployment, wish, answer))
    deployment, name = rollout.deployment, created.metadata.name
    if size(wish) > 0:
        message = f"Scaled up replica set {name} from 0 to {size(wish)}"
        yield from tell("ScalingReplicaSet", message, on=deployment)
    known = _with_revision(deployment, str(newest))
    if has_progress_deadline(deployment):
        known = _progressing(view, known, "True", NEW_REPLICA_SET, f'Created new replica set "{name}"')
    if known is not deployment:
        yield from update_status(known)
    return Rollout(known, created, rollout.old)


def replica_set_name(deployment: str, value: str) -> str:
    """Return the name of the ReplicaSet of the Deployment called so, cut to the longest that a name may be."""
    return f"{deployment[: LONGEST_NAME - 1 - len(value)]}-{value}"


def _new_replica_set(rollout: Rollout, newest: int) -> ReplicaSet:
    """Return the ReplicaSet to create; IntOrStringError when maxSurge is no number."""
    deployment = rollout.deployment
    spec, metadata = deployment.spec, deployment.metadata
    value = compute_hash(spec.template, deployment.status.collision_count)
    template = with_hash(spec.template, value)
    selector = spec.selector or _NO_SELECTOR
    return ReplicaSet(
        metadata=ObjectMeta(
            name=replica_set_name(metadata.name, value),
            namespace=metadata.namespace,
            labels=template.metadata.labels,
            annotations=with_counts(deployment, for_new_replica_set(deployment, EMPTY, newest)),
            owner_references=(controller_ref(deployment),),
        ),
        spec=ReplicaSetSpec(
            replicas=new_size(deployment, wanted(rollout.old), 0),
            min_ready_seconds=spec.min_ready_seconds,
            selector=evolve(selector, match_labels=selector.match_labels.set(HASH_LABEL, value)),
            template=template,
        ),
    )


def _already_there(view: View, rollout: Rollout, wish: ReplicaSet, newest: int) -> Telling[Rollout | Ending]:
    """Take the ReplicaSet of that name for the new one if it is that, and count a collision if it is not."""
    deployment = rollout.deployment
    found = view.get(ObjectKey("ReplicaSet", wish.metadata.namespace, wish.metadata.name))
    if not isinstance(found, ReplicaSet):
        return FAILED
    if is_controlled_by(found, deployment) and equal_ignore_hash(deployment.spec.template, found.spec.template):
        known = _with_revision(deployment, str(newest))
        if known is not deployment:
            yield from update_status(known)
        return Rollout(known, found, rollout.old)
    status = evolve(deployment.status, collision_count=(deployment.status.collision_count or 0) + 1)
    counted = evolve(deployment, status=status)
    return Ending(calls=(status_call(counted, OnFailure.GO_ON),), failed=True)


def _not_created(view: View, deployment: Deployment, wish: ReplicaSet, answer: Response) -> Telling[Ending]:
    """Say of the Deployment that its ReplicaSet could not be made, unless its namespace is going anyway."""
    if not failed_to_create(answer):
        return FAILED
    why = answer.status.message if answer.status else ""
    message = f'Failed to create new replica set "{wish.metadata.name}": {why}'
    yield from tell(FAILED_RS_CREATE, message, on=deployment, warning=True)
    if not has_progress_deadline(deployment):
        return FAILED
    known = _progressing(view, deployment, "False", FAILED_RS_CREATE, message)
    return Ending(calls=(status_call(known, OnFailure.GO_ON),), failed=True)


def _progressing(view: View, deployment: Deployment, status: str, reason: str, message: str) -> Deployment:
    condition = new_condition(view, PROGRESSING, status, reason, message)
    return evolve(deployment, status=with_condition(deployment.status, condition))


def _with_revision(deployment: Deployment, revision: str) -> Deployment:
    """Return the Deployment with the annotation of its revision; itself if it has it."""
    metadata = deployment.metadata
    if metadata.annotations.get(REVISION, "") == revision:
        return deployment
    return evolve(deployment, metadata=evolve(metadata, annotations=metadata.annotations.set(REVISION, revision)))
