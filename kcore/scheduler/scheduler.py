"""The scheduler as a component: it looks at one waiting pod, binds it, or says why it can't and waits for a change.

Models kube-scheduler with one profile. A pod without a place gets the condition PodScheduled=False with the reason
Unschedulable and the real message; it is looked at again when something changes that could help. Pods of higher
priority come first: a turn on any pod serves the highest that was never tried. A pod that was tried in vain lets those
go first for as long as it backs off; where nobody else waits it is tried at once, as upstream does by default.

Not modelled yet: more than one profile, nominations, preemption, and assumed bindings: with a lagging cache, two pods
may be given the same room.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/scheduler.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.binding import Binding
from kcore.api.core.pod import Pod
from kcore.api.core.references import ObjectReference
from kcore.api.meta.condition import Condition
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.component import Component, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.scheduler.eventhandlers import namespace_changed, node_changed, pod_changed, unheeded
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.schedule_one import Decision, schedule
from kcore.scheduler.snapshot import Snapshot, snapshot_of
from kcore.scheduler.waiting import MOST_ATTEMPTS, POD_SCHEDULED, backoff, is_pending, scheduled_condition

UNSCHEDULABLE = "Unschedulable"


@attrs.frozen(kw_only=True)
class Tried:
    """What is remembered of a pod without a place: how often it was tried in vain, and when last (ms since 1970)."""

    attempts: int
    at: int


def reconcile(memory: Tried | None, view: View, key: Key) -> Turn:
    """Place the pod at `key`, if it waits for that, or one that goes before it."""
    pod = view.get(ObjectKey(*key))
    if not isinstance(pod, Pod) or not is_pending(pod):
        return Turn()
    snapshot = view.derive("scheduler.snapshot", snapshot_of)
    first = snapshot.waiting.above(pod.spec.priority or 0)
    other = view.get(first) if first else None
    if isinstance(other, Pod) and is_pending(other):
        return attrs.evolve(_attempt(view, snapshot, other), memory=memory, wake_at=view.now())
    if memory is not None and snapshot.waiting.untried:
        pause = backoff(memory.attempts)
        if not view.elapsed(memory.at, pause):
            return Turn(memory=memory, wake_at=memory.at + pause)
    turn = _attempt(view, snapshot, pod)
    if any(call.request.subresource == "binding" for call in turn.requests):
        return turn
    return attrs.evolve(turn, memory=_tried_again(memory, view.now()))


def _tried_again(memory: Tried | None, now: int) -> Tried:
    """Return what is remembered after one more vain attempt; two at one moment are one."""
    if memory is None:
        return Tried(attempts=1, at=now)
    return Tried(attempts=min(memory.attempts + (now > memory.at), MOST_ATTEMPTS), at=now)


def _attempt(view: View, snapshot: Snapshot, pod: Pod) -> Turn:
    """Return the turn that binds `pod` or says why it has no place."""
    decision = schedule(pod_info(pod, snapshot.owners), snapshot, DEFAULT_PROFILE)
    return _bound(pod, decision) if decision.node else _unschedulable(view, pod, decision)


def _bound(pod: Pod, decision: Decision) -> Turn:
    """Return the turn that binds `pod`."""
    meta = pod.metadata
    key = ObjectKey("Pod", meta.namespace, meta.name)
    binding = Binding(
        metadata=ObjectMeta(name=meta.name, namespace=meta.namespace, uid=meta.uid),
        target=ObjectReference(kind="Node", name=decision.node),
    )
    request = Request(verb=Verb.CREATE, key=key, subresource="binding", body=binding)
    return Turn(requests=(Call(request=request),), notes=(Note("pod.bound", pod=str(key), node=decision.node),))


def _unschedulable(view: View, pod: Pod, decision: Decision) -> Turn:
    """Return the turn that says why `pod` has no place, unless its status says so already."""
    conditions = pod.status.conditions
    old = scheduled_condition(pod)
    new = _condition(view, pod, old, decision.message)
    if new == old:
        return Turn()
    kept = tuple(new if one is old else one for one in conditions)
    status = attrs.evolve(pod.status, conditions=kept if old else (*conditions, new))
    key = ObjectKey("Pod", pod.metadata.namespace, pod.metadata.name)
    request = Request(verb=Verb.UPDATE, key=key, subresource="status", body=attrs.evolve(pod, status=status))
    note = Note("pod.unschedulable", pod=str(key), message=decision.message)
    return Turn(requests=(Call(request=request),), notes=(note,))


def _condition(view: View, pod: Pod, old: Condition | None, message: str) -> Condition:
    """Return the condition of a pod without a place; its time is that of the last change of its status."""
    same = old is not None and old.status == "False"
    return Condition(
        type=POD_SCHEDULED,
        status="False",
        observed_generation=pod.metadata.generation,
        last_transition_time=old.last_transition_time if old and same else view.timestamp(),
        reason=UNSCHEDULABLE,
        message=message,
    )


SCHEDULER = Component(
    family="scheduler",
    watches={
        "Pod": pod_changed,
        "Node": node_changed,
        "Namespace": namespace_changed,
        "Service": unheeded,
        "ReplicaSet": unheeded,
        "StatefulSet": unheeded,
    },
    reconcile=reconcile,
    writes=frozenset({Write(Verb.CREATE, "Pod", "binding"), Write(Verb.UPDATE, "Pod", "status")}),
)
