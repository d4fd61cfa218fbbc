"""Recreate: all old pods go before the first new one comes.

Models one step of it: the old ReplicaSets go to 0, then nothing happens until they have no pods and none of their pods
is still on its way out, and then the new ReplicaSet is made or scaled up.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/recreate.go
"""

from __future__ import annotations

from kcore.api.core.pod import Pod
from kcore.client.view import View
from kcore.controllers.deployment.program import Ending
from kcore.controllers.deployment.progress import sync_rollout_status
from kcore.controllers.deployment.replicas import active, actual, desired
from kcore.controllers.deployment.rollout import Rollout, sync_revision, with_new_replica_set
from kcore.controllers.deployment.scaling import scale_replica_set
from kcore.controllers.deployment.sync import cleanup_if_complete
from kcore.reconcile.ownership import is_controlled_by
from kcore.reconcile.podutil import is_pod_terminal
from kcore.reconcile.program import Telling


def rollout_recreate(view: View, rollout: Rollout) -> Telling[Ending]:
    """Take the next step of a rollout that recreates all pods, and bring the status up to date."""
    found = yield from sync_revision(view, rollout)
    shrinking = active(found.old)
    for one in shrinking:
        yield from scale_replica_set(found.deployment, one, 0)
    if shrinking or old_pods_running(view, found):
        return sync_rollout_status(view, found)
    if found.new is None:
        made = yield from with_new_replica_set(view, found)
        if isinstance(made, Ending):
            return made
        found = made
    if found.new is not None:
        yield from scale_replica_set(found.deployment, found.new, desired(found.deployment))
    yield from cleanup_if_complete(found)
    return sync_rollout_status(view, found)


def old_pods_running(view: View, rollout: Rollout) -> bool:
    """Tell whether an old ReplicaSet has pods, or a pod of one has not come to its end."""
    if actual(rollout.old) > 0:
        return True
    return any(
        isinstance(pod, Pod) and is_controlled_by(pod, one) and not is_pod_terminal(pod)
        for one in rollout.old
        for pod in view.owned_by(one.metadata.uid)
    )
