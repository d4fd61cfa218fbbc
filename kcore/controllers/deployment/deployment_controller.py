"""The Deployment controller: what it looks at, and what a sync does, in the order of upstream.

Models syncDeployment: ReplicaSets are adopted and released; a Deployment that is being deleted gets its status only, a
paused one is scaled but not rolled out; then comes a rollback that is asked for, then scaling, then the rollout.

Not modelled: events as objects (they are notes), and the end of retries after 15 failures.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/deployment/deployment_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.intstr import IntOrStringError
from kcore.api.kinds import key_of
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.turn import Key, OnFailure, Turn
from kcore.client.view import View
from kcore.controllers.deployment.program import DONE, FAILED, Ending, status_call, tell, turn_of
from kcore.controllers.deployment.proportional import is_scaling_event
from kcore.controllers.deployment.recreate import rollout_recreate
from kcore.controllers.deployment.replicas import RECREATE, ROLLING_UPDATE
from kcore.controllers.deployment.rollback import rollback, rollback_to
from kcore.controllers.deployment.rolling import rollout_rolling
from kcore.controllers.deployment.rollout import Rollout, sync_revision
from kcore.controllers.deployment.sync import check_paused_conditions, sync, sync_status_only
from kcore.controllers.deployment.template import split
from kcore.reconcile.ownership import claim, is_controlled_by, resolve_controller
from kcore.reconcile.program import Telling

_EVERYTHING = LabelSelector()


def reconcile(memory: int | None, view: View, key: Key) -> Turn:
    """Bring the Deployment at `key` and its ReplicaSets one step further; the memory counts errors in a row."""
    deployment = view.get(ObjectKey(*key))
    if not isinstance(deployment, Deployment):
        return Turn()
    return turn_of(sync_deployment(view, deployment), view, memory)


def sync_deployment(view: View, deployment: Deployment) -> Telling[Ending]:
    """Sync one Deployment; what validation would have refused ends it with an error."""
    try:
        return (yield from _sync_deployment(view, deployment))
    except (IntOrStringError, SelectorError):
        return FAILED


def _sync_deployment(view: View, deployment: Deployment) -> Telling[Ending]:
    if deployment.spec.selector == _EVERYTHING:
        return (yield from _selecting_all(deployment))
    claimed = yield from claim(deployment, from_label_selector(deployment.spec.selector), _candidates(view, deployment))
    if claimed.errors:
        return FAILED
    new, old = split(deployment.spec.template, claimed.objects)
    if deployment.metadata.deletion_timestamp is not None:
        return (yield from sync_status_only(view, Rollout(deployment, new, old)))
    rollout = Rollout((yield from check_paused_conditions(view, deployment)), new, old)
    wish = rollback_to(deployment)
    if deployment.spec.paused:
        return (yield from sync(view, rollout, rolling_back=wish is not None))
    if wish is not None:
        return (yield from rollback(view, rollout, wish))
    return (yield from _scale_or_roll_out(view, rollout))


def _scale_or_roll_out(view: View, rollout: Rollout) -> Telling[Ending]:
    synced = yield from sync_revision(view, rollout)
    rollout = evolve(rollout, deployment=synced.deployment)
    if is_scaling_event(synced):
        return (yield from sync(view, rollout, rolling_back=False))
    strategy = rollout.deployment.spec.strategy.type
    if strategy == RECREATE:
        return (yield from rollout_recreate(view, rollout))
    if strategy == ROLLING_UPDATE:
        return (yield from rollout_rolling(view, rollout))
    return FAILED


def _selecting_all(deployment: Deployment) -> Telling[Ending]:
    """Leave a Deployment that would select all pods alone."""
    message = "This deployment is selecting all pods. A non-empty selector is required."
    yield from tell("SelectingAll", message, on=deployment, warning=True)
    generation = deployment.metadata.generation
    if deployment.status.observed_generation >= generation:
        return DONE
    status = evolve(deployment.status, observed_generation=generation)
    return Ending(calls=(status_call(evolve(deployment, status=status), OnFailure.GO_ON),))


def _candidates(view: View, deployment: Deployment) -> Iterator[ReplicaSet]:
    """Yield the ReplicaSets that name the Deployment as an owner, and those that it selects and nobody controls."""
    namespace = deployment.metadata.namespace
    for one in view.owned_by(deployment.metadata.uid):
        if isinstance(one, ReplicaSet) and one.metadata.namespace == namespace and one.metadata.controller is not None:
            yield one
    for one in view.select("ReplicaSet", namespace, from_label_selector(deployment.spec.selector)):
        if isinstance(one, ReplicaSet) and one.metadata.controller is None:
            yield one


def watch_deployments(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the Deployment that changed."""
    yield Work(LEADER, change.key)


def watch_replica_sets(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at the Deployment that controls, or controlled, the ReplicaSet, or at all that may adopt it."""
    old, new = _replica_set(change.old), _replica_set(change.new)
    handed_over = old is not None and (new is None or new.metadata.controller != old.metadata.controller)
    if old is not None and handed_over:
        yield from _controller(old, store)
    if new is None:
        return
    if new.metadata.controller is not None:
        yield from _controller(new, store)
    elif old is None or handed_over or old.metadata.labels != new.metadata.labels:
        yield from _adopters(new, store)


def watch_pods(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at the Deployment that recreates its pods when the last of them is gone."""
    if change.new is not None or change.old is None:
        return
    replica_set = resolve_controller(store, change.old, ReplicaSet)
    deployment = resolve_controller(store, replica_set, Deployment) if replica_set else None
    if deployment is None or deployment.spec.strategy.type != RECREATE:
        return
    if not any(_pods(one, store) for one in _replica_sets(deployment, store)):
        yield Work(LEADER, key_of(deployment))


def _replica_set(obj: object) -> ReplicaSet | None:
    return obj if isinstance(obj, ReplicaSet) else None


def _controller(replica_set: ReplicaSet, store: Store) -> Iterator[Work]:
    deployment = resolve_controller(store, replica_set, Deployment)
    if deployment is not None:
        yield Work(LEADER, key_of(deployment))


def _adopters(replica_set: ReplicaSet, store: Store) -> Iterator[Work]:
    """Yield a look at each Deployment of the namespace that selects the orphan."""
    labels = replica_set.metadata.labels
    for one in store.list("Deployment", replica_set.metadata.namespace) if labels else ():
        selector = from_label_selector(one.spec.selector) if isinstance(one, Deployment) else None
        if selector is not None and not selector.empty and selector.matches(labels):
            yield Work(LEADER, key_of(one))


def _replica_sets(deployment: Deployment, store: Store) -> Iterator[ReplicaSet]:
    found = store.owned_by(deployment.metadata.uid)
    return (one for one in found if isinstance(one, ReplicaSet) and is_controlled_by(one, deployment))


def _pods(replica_set: ReplicaSet, store: Store) -> bool:
    """Tell whether the ReplicaSet has pods, at their end or not."""
    found = store.owned_by(replica_set.metadata.uid)
    return any(isinstance(one, Pod) and is_controlled_by(one, replica_set) for one in found)


DEPLOYMENT = Component(
    family="deployment-controller",
    watches={"Deployment": watch_deployments, "ReplicaSet": watch_replica_sets, "Pod": Heeding(watch_pods, News.WENT)},
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.CREATE, "ReplicaSet"),
            Write(Verb.UPDATE, "ReplicaSet"),
            Write(Verb.PATCH, "ReplicaSet"),
            Write(Verb.DELETE, "ReplicaSet"),
            Write(Verb.UPDATE, "Deployment"),
            Write(Verb.UPDATE, "Deployment", "status"),
        }
    ),
)
