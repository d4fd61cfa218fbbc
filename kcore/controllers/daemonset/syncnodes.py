"""Sync nodes: the calls that create pods for nodes and delete pods.

Models syncNodes: at most 250 of either in a sync, creations in batches that double and end with a failure, then all
deletions. A creation that is refused because its namespace ends is no error.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

import attrs

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.kinds import key_of
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.view import View
from kcore.controllers.daemonset.manage import Plan
from kcore.controllers.daemonset.situation import Situation
from kcore.controllers.daemonset.template import pod_template
from kcore.machine import Note
from kcore.reconcile.expectations import AT_NO_TIME, NONE, Doomed, Expectations, awaiting
from kcore.reconcile.ownership import controller_ref
from kcore.reconcile.podutil import pod_from_template
from kcore.reconcile.program import Program, go_on
from kcore.reconcile.slowstart import failed_to_create, slow_start

BURST_REPLICAS = 250
"""How many pods one sync creates or deletes at most."""


@attrs.frozen(kw_only=True)
class Synced:
    """What became of the calls: what is awaited now, the first problem ("" for none), and what to tell.

    `waiting` tells whether there is any write that the cache has not heard of.
    """

    expectations: Expectations = NONE
    waiting: bool = False
    problem: str = ""
    notes: tuple[Note, ...] = ()


def sync_nodes(view: View, situation: Situation, plan: Plan) -> Program[Synced]:
    """Create and delete what `plan` says."""
    created = yield from slow_start([_creation(situation, node) for node in plan.needing[:BURST_REPLICAS]])
    doomed = plan.doomed[:BURST_REPLICAS]
    deleted = yield tuple(go_on(Request(verb=Verb.DELETE, key=key_of(pod))) for pod in doomed)
    gone = tuple(
        Doomed(key_of(pod), pod.metadata.uid) for pod, answer in zip(doomed, deleted, strict=True) if answer.ok
    )
    vain = sum(not answer.ok and not failed_to_create(answer) for answer in created)
    refused = [_message(one) for one in created if failed_to_create(one)]
    kept = [_message(one) for one in deleted if not one.ok and one.reason != "NotFound"]
    expectations = Expectations(doomed=gone, vain=vain, since=awaiting(view.now()) if gone or vain else AT_NO_TIME)
    made = [one.object.metadata.name for one in created if one.ok and one.object]
    told = [("SuccessfulCreate", f"Created pod: {name}") for name in made]
    told += [("FailedCreate", f"Error creating: {why}") for why in refused]
    told += [("SuccessfulDelete", f"Deleted pod: {one.key.name}") for one in gone]
    told += [("FailedDelete", f"Error deleting: {why}") for why in kept]
    return Synced(
        expectations=expectations.wrote((*created, *deleted)),
        waiting=bool(gone or vain or any(one.ok for one in created)),
        problem=(*refused, *kept, "")[0],
        notes=tuple(note(situation.daemon_set, reason, message) for reason, message in told),
    )


def note(daemon_set: DaemonSet, reason: str, message: str) -> Note:
    """Return what upstream records as an Event of the DaemonSet."""
    return Note(f"daemonset.{reason}", object=str(key_of(daemon_set)), message=message)


def _creation(situation: Situation, node: str) -> Request:
    daemon_set = situation.daemon_set
    template = pod_template(daemon_set, situation.revision_hash, node)
    pod = pod_from_template(template, daemon_set, controller_ref(daemon_set))
    return Request(verb=Verb.CREATE, key=key_of(pod), body=pod)


def _message(answer: Response) -> str:
    return answer.status.message if answer.status else ""
