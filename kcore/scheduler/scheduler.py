"""The scheduler as a component: it looks at one waiting pod, binds it, or says why it can't and waits for a change.

Models kube-scheduler with one profile. A pod without a place gets the condition PodScheduled=False with the reason
Unschedulable and the real message; it is looked at again when something changes that could help.

Not modelled yet: more than one profile, nominations, preemption, and assumed bindings: with a lagging cache, two pods
may be given the same room.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/scheduler.go
"""

from __future__ import annotations

from typing import Any

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
from kcore.scheduler.eventhandlers import is_pending, node_changed, pod_changed
from kcore.scheduler.framework import pod_info
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.schedule_one import Decision, schedule
from kcore.scheduler.snapshot import snapshot_of

POD_SCHEDULED = "PodScheduled"
UNSCHEDULABLE = "Unschedulable"


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Place the pod at `key`, if it waits for that."""
    pod = view.get(ObjectKey(*key))
    if not isinstance(pod, Pod) or not is_pending(pod):
        return Turn()
    snapshot = view.derive("scheduler.snapshot", snapshot_of)
    decision = schedule(pod_info(pod), snapshot.nodes, DEFAULT_PROFILE)
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
    old = next((one for one in conditions if one.type == POD_SCHEDULED), None)
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
    watches={"Pod": pod_changed, "Node": node_changed},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.CREATE, "Pod", "binding"), Write(Verb.UPDATE, "Pod", "status")}),
)
