"""Undo: give a Deployment the template that it had at an earlier revision.

Models `kubectl rollout undo` of a Deployment: the revision is that of a ReplicaSet of its own, by default the one
before the newest. Its template, without the label that says the hash, and its annotations become the Deployment's, so
that the old ReplicaSet is used again. A paused Deployment is not touched, nor one that has this template.

Simplified: the patch is a merge patch with the same result, where kubectl sends a JSON patch.

Not modelled: undoing the rollouts of DaemonSets and StatefulSets.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollback.go
"""

from __future__ import annotations

import attrs

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import unstructure
from kcore.api.json import Wire
from kcore.apiserver.request import PatchType, Request
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.controllers.deployment.annotations import revision, rolled_back
from kcore.controllers.deployment.template import equal_ignore_hash, without_hash
from kcore.machine import Refusal
from kcore.reconcile.ownership import is_controlled_by
from kcore.users.rollout import absent, find, patched

RULE = "users.undo_rollout"


@attrs.frozen(kw_only=True)
class RolloutUndo:
    """Go back to the revision `to_revision` of the target; 0 for the one before the newest."""

    target: Target
    to_revision: int = 0


def undo_requests(state: ClusterState, event: RolloutUndo) -> tuple[Request, ...] | Refusal:
    """Return the patch, or why there is nothing to go back to."""
    found = find(RULE, state, event.target)
    if not isinstance(found, Deployment):
        return absent(found) or Refusal(RULE, "no rollback is known for this kind", target=str(event.target))
    replica_set = _of_revision(state, found, event.to_revision)
    if replica_set is None:
        wanted = event.to_revision
        why = f"unable to find the specified revision {wanted} in history" if wanted else "no rollout history found"
        return Refusal(RULE, why, target=str(event.target))
    if found.spec.paused:
        return Refusal(RULE, "cannot roll back a paused deployment; resume it first", target=str(event.target))
    if equal_ignore_hash(found.spec.template, replica_set.spec.template):
        why = f"skipped rollback (the current template already matches revision {revision(replica_set)})"
        return Refusal(RULE, why, target=str(event.target))
    return patched(state, event.target, _change(found, replica_set), PatchType.MERGE)


def _of_revision(state: ClusterState, deployment: Deployment, wanted: int) -> ReplicaSet | None:
    """Return the ReplicaSet of the revision, or of the last but one; None when there is none."""
    owned = state.store.owned_by(deployment.metadata.uid)
    own = (one for one in owned if isinstance(one, ReplicaSet) and is_controlled_by(one, deployment))
    numbered = [(number, one) for one in own if (number := revision(one))]
    if wanted:
        return next((one for number, one in numbered if number == wanted), None)
    ordered = sorted(numbered, key=lambda pair: pair[0], reverse=True)
    return ordered[1][1] if len(ordered) > 1 else None


def _change(deployment: Deployment, replica_set: ReplicaSet) -> Wire:
    now, then = unstructure(deployment.spec.template), unstructure(without_hash(replica_set.spec.template))
    annotations = difference(dict(deployment.metadata.annotations), dict(rolled_back(deployment, replica_set)))
    return {
        "spec": {"template": difference(now, then)},
        **({"metadata": {"annotations": annotations}} if annotations else {}),
    }


def difference(before: Wire, after: Wire) -> Wire:
    """Return the merge patch that makes `after` of `before`: null where a field goes, lists as a whole."""
    change: Wire = {name: None for name in before if name not in after}
    for name, new in after.items():
        old = before.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            nested = difference(old, new)
            if nested:
                change[name] = nested
        elif name not in before or old != new:
            change[name] = new
    return change
