"""The taint eviction controller as a component: it deletes pods from nodes whose NoExecute taints they do not bear.

Models a plan for each pod, made when the taints of its node or its own tolerations change, and carried out by an alarm:
the pod, as the API server has it, is told that it is the target of a disruption, and then deleted, whichever pod of
that name it is by then. After five attempts the controller gives up. A plan outlives the node.

Not modelled: the 10 ms between two attempts. A pod of the same name that came in the place of a planned one starts
afresh, where upstream may take the one for the other if it hears of both changes at once.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/tainteviction/taint_eviction.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.tainteviction.tolerations import Eviction, no_execute_taints, planned
from kcore.machine import Note
from kcore.reconcile.podcondition import disruption_target, patch_status, with_condition
from kcore.reconcile.program import Program, ask, play

RETRIES = 5
"""How often an eviction is tried."""


def reconcile(memory: Any, view: View, key: Key) -> Turn:
    """Make, keep, drop or carry out the plan for the pod at `key`."""
    found = view.get(ObjectKey(*key))
    pod = found if isinstance(found, Pod) and found.spec.node_name else None
    plan = memory if isinstance(memory, Eviction) else None
    if pod is None:
        return Turn(notes=_cancelled(plan, None, key))
    if plan is not None and plan.uid != pod.metadata.uid:
        plan = None
    now = view.now()
    if plan is not None and plan.fire_at <= now:
        return play(_evict(pod, view), view.answers)
    node = view.get(_node_key(pod))
    new = plan
    if isinstance(node, Node):
        new = planned(plan, pod.metadata.uid, no_execute_taints(node.spec.taints), pod.spec.tolerations, now)
    if new is not None and new.fire_at <= now:
        return play(_evict(pod, view, _cancelled(plan, new, key)), view.answers)
    return Turn(memory=new, notes=_cancelled(plan, new, key), wake_at=None if new is None else new.fire_at)


def _evict(pod: Pod, view: View, notes: tuple[Note, ...] = ()) -> Program[Turn]:
    """Tell the pod that it is to go, and delete it."""
    key = key_of(pod)
    notes += (_note(key, f"Marking for deletion Pod {pod.metadata.namespace}/{pod.metadata.name}"),)
    for _ in range(RETRIES):
        if (yield from _add_condition_and_delete(key, view)):
            break
    return Turn(notes=notes)


def _add_condition_and_delete(key: ObjectKey, view: View) -> Program[bool]:
    """Try once to evict the pod at `key`; return whether that went well."""
    found = (yield from ask(Request(verb=Verb.GET, key=key))).object
    if not isinstance(found, Pod):
        return False
    condition = disruption_target(found, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
    status = with_condition(found.status, condition, view.timestamp())
    if status is not found.status and not (yield from ask(patch_status(found, status))).ok:
        return False
    return (yield from ask(Request(verb=Verb.DELETE, key=key))).ok


def _cancelled(old: Eviction | None, new: Eviction | None, key: Key) -> tuple[Note, ...]:
    """Return the note of a plan that is given up or made anew."""
    if old is None or old is new:
        return ()
    return (_note(ObjectKey(*key), f"Cancelling deletion of Pod {key[1]}/{key[2]}"),)


def _note(key: ObjectKey, message: str) -> Note:
    """Return what upstream records as an Event of the pod."""
    return Note("tainteviction.TaintManagerEviction", object=str(key), message=message)


def _node_key(pod: Pod) -> ObjectKey:
    return ObjectKey("Node", "", pod.spec.node_name)


def watch_pod(change: Change, store: Store) -> Iterator[Work]:
    """Yield a pod whose node or tolerations have changed, or that is gone, unless its node has nothing against it."""
    old, new = change.old, change.new
    if isinstance(old, Pod) and isinstance(new, Pod) and _read(old) == _read(new):
        return
    pod = new if isinstance(new, Pod) else old
    if not isinstance(pod, Pod) or not pod.spec.node_name:
        return
    node = store.get(_node_key(pod))
    if not isinstance(node, Node) or no_execute_taints(node.spec.taints):
        yield Work(LEADER, change.key)


def watch_node(change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods on a node that is new or whose NoExecute taints have changed."""
    if isinstance(change.new, Node) and _taints(change.old) != _taints(change.new):
        for pod in store.on_node(change.key.name):
            yield Work(LEADER, key_of(pod))


def _read(pod: Pod) -> object:
    return pod.spec.node_name, pod.spec.tolerations


def _taints(node: ApiObject | None) -> object:
    """Return the NoExecute taints of a node, None for none."""
    return no_execute_taints(node.spec.taints) if isinstance(node, Node) else None


TAINTEVICTION = Component(
    family="taint-eviction-controller",
    watches={"Pod": Heeding(watch_pod, News.NODE | News.WENT | News.SPEC), "Node": watch_node},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.PATCH, "Pod", "status"), Write(Verb.DELETE, "Pod")}),
)
