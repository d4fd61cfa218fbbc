"""Rollback: back to the template of an earlier revision, as an annotation of the Deployment asks.

Models the deprecated way, which clients of extensions/v1beta1 had; `kubectl rollout undo` writes the template itself.
Revision 0 is the last one before the newest. Whatever comes of it, the wish is taken from the Deployment.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/rollback.go
"""

from __future__ import annotations

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.evolve import evolve
from kcore.client.view import View
from kcore.controllers.deployment.annotations import ROLLBACK_TO, last_revision, revision, rolled_back
from kcore.controllers.deployment.program import DONE, Ending, tell, update
from kcore.controllers.deployment.replicas import parse_integer
from kcore.controllers.deployment.rollout import Rollout, with_new_replica_set
from kcore.controllers.deployment.template import equal_ignore_hash, without_hash
from kcore.reconcile.program import Telling

REVISION_NOT_FOUND = "DeploymentRollbackRevisionNotFound"
TEMPLATE_UNCHANGED = "DeploymentRollbackTemplateUnchanged"
ROLLED_BACK = "DeploymentRollback"


def rollback_to(deployment: Deployment) -> int | None:
    """Return the revision to go back to, None when there is no wish, or none that is a number."""
    return parse_integer(deployment.metadata.annotations.get(ROLLBACK_TO, ""))


def rollback(view: View, rollout: Rollout, wish: int) -> Telling[Ending]:
    """Give the Deployment the template of the revision `wish`, and take the wish away."""
    found = yield from with_new_replica_set(view, rollout)
    if isinstance(found, Ending):
        return found
    deployment = found.deployment
    number = wish or last_revision(found.all)
    target = next((one for one in found.all if revision(one) == number), None) if number else None
    if target is None:
        message = "Unable to find the revision to rollback to." if number else "Unable to find last revision."
        yield from tell(REVISION_NOT_FOUND, message, on=deployment, warning=True)
        yield from update(_without_wish(deployment))
    elif equal_ignore_hash(deployment.spec.template, target.spec.template):
        name = deployment.metadata.name
        message = f'The rollback revision contains the same template as current deployment "{name}"'
        yield from tell(TEMPLATE_UNCHANGED, message, on=deployment, warning=True)
        yield from update(_without_wish(deployment))
    else:
        yield from update(_without_wish(_with_template_of(deployment, target)))
        message = f'Rolled back deployment "{deployment.metadata.name}" to revision {number}'
        yield from tell(ROLLED_BACK, message, on=deployment)
    return DONE


def _with_template_of(deployment: Deployment, target: ReplicaSet) -> Deployment:
    spec = evolve(deployment.spec, template=without_hash(target.spec.template))
    metadata = evolve(deployment.metadata, annotations=rolled_back(deployment, target))
    return evolve(deployment, metadata=metadata, spec=spec)


def _without_wish(deployment: Deployment) -> Deployment:
    annotations = deployment.metadata.annotations.remove(ROLLBACK_TO)
    return evolve(deployment, metadata=evolve(deployment.metadata, annotations=annotations))
