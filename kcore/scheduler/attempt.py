"""Attempt: one look at one pod, from its scheduling cycle to the turn that binds it or says why it has no place.

Models the two cycles: the filters and scores choose a node; Reserve looks at it once more, Permit lets the pod be bound
or has it wait, PreBind prepares what the pod needs, Bind binds it. Where no node will do, PostFilter may make room.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/schedule_one.go
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY as NOTHING_PROMISED
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.apiserver.request import Request, Verb
from kcore.client.turn import Call, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile.program import Telling, make, play
from kcore.scheduler.assumed import NOTHING, Ahead, Common
from kcore.scheduler.executor import Asking, carry_out, chosen, post_filter
from kcore.scheduler.framework import ALLOWED, Code, LifecyclePlugin, Permission, PodInfo, Profile, Rejection
from kcore.scheduler.nominations import promises_to
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.podvolumes import BINDING, pod_volumes
from kcore.scheduler.prebind import RETRY, Reserved, is_bindable, pre_bind, promise, still_waits
from kcore.scheduler.preemption import Candidate, Preemption
from kcore.scheduler.schedule_one import Decision, fit_error, schedule
from kcore.scheduler.snapshot import Snapshot
from kcore.scheduler.waiting import POD_SCHEDULED, scheduled_condition

UNSCHEDULABLE = "Unschedulable"

_TIMED_OUT = Rejection("", Code.UNSCHEDULABLE, ("rejected due to timeout after waiting for permission",))


class Acting(NamedTuple):
    """The plugins of a profile that act once a pod has a node, by extension point; `volumes`: VolumeBinding does."""

    reserve: tuple[LifecyclePlugin, ...]
    permit: tuple[LifecyclePlugin, ...]
    pre_bind: tuple[LifecyclePlugin, ...]
    bind: tuple[LifecyclePlugin, ...]
    volumes: bool


@lru_cache(maxsize=64)
def acting(profile: Profile) -> Acting:
    """Return the plugins of `profile` that act once a pod has a node."""
    every = profile.lifecycle
    return Acting(
        reserve=tuple(one for one in every if one.reserve),
        permit=tuple(one for one in every if one.permit),
        pre_bind=tuple(one for one in every if one.pre_bind),
        bind=tuple(one for one in every if one.bind),
        volumes=any(one.name == BINDING for one in profile.counting),
    )


class Scene(NamedTuple):
    """What a turn sees: its view, the nodes with those who are bound `ahead` of it, and what all turns remember."""

    view: View
    snapshot: Snapshot
    common: Common = NOTHING
    ahead: tuple[Ahead, ...] = ()


def attempt(scene: Scene, profile: Profile, pod: Pod) -> Turn:
    """Return the turn that binds `pod` or says why it has no place."""
    view, snapshot, common, ahead = scene
    info = _info(view, snapshot, pod)
    promises = promises_to(view, snapshot, pod) if snapshot.waiting.nominated else NOTHING_PROMISED
    decision = schedule(info, snapshot, profile, promises, pod.status.nominated_node_name, common.start)
    if decision.looked:
        scene = scene._replace(common=common.beyond(decision.looked, len(snapshot.names)))
    if decision.node:
        return _binding(scene, profile, pod, info, decision.node)
    bound = tuple(one.bound for one in ahead)
    return _remembering(scene, _without_place(Asking(view, snapshot, profile, pod, info, promises, bound), decision))


def _remembering(scene: Scene, turn: Turn) -> Turn:
    """Return `turn` with what is remembered in common, if that has changed."""
    return turn if scene.common == (scene.view.common() or NOTHING) else evolve(turn, common=scene.common)


def still_promised(scene: Scene, profile: Profile, pod: Pod, memory: Reserved) -> Turn | None:
    """Return the turn of a pod that has a node and waits: it goes on waiting or is bound; None to place it anew."""
    view, snapshot = scene.view, scene.snapshot
    permission = _permission(view, profile, pod, memory.node)
    if permission.rejection is not None:
        return None
    if permission.wait:
        if view.elapsed(memory.since, permission.wait):
            return _rejected(view, pod, _TIMED_OUT)
        return Turn(memory=memory, wake_at=view.now() + RETRY)
    info = _info(view, snapshot, pod)
    if is_bindable(info, memory, snapshot, profile):
        return _bound(scene, profile, pod, memory.node)
    patience = profile.bind_timeout
    waits = still_waits(view, info, memory, patience)
    return Turn(memory=memory, wake_at=memory.since + patience) if waits else None


def _info(view: View, snapshot: Snapshot, pod: Pod) -> PodInfo:
    if not pod.spec.volumes:
        return pod_info(pod, snapshot.owners)
    question = f"volumes of {pod.metadata.namespace}/{pod.metadata.name}"
    return pod_info(pod, snapshot.owners, view.derive(question, lambda store: pod_volumes(store, pod)))


def _binding(scene: Scene, profile: Profile, pod: Pod, info: PodInfo, node: str) -> Turn:
    """Return the turn of a pod that has a node: it is bound, or waits, or a plugin has second thoughts."""
    view, snapshot = scene.view, scene.snapshot
    rejection = _reserve(snapshot, profile, info, node)
    permission = ALLOWED if rejection is not None else _permission(view, profile, pod, node)
    rejection = rejection or permission.rejection
    if rejection is not None:
        return _rejected(view, pod, rejection)
    if permission.wait:
        return play(promise(view, pod, node), view.answers)
    if info.volumes.wants and acting(profile).volumes:
        return play(pre_bind(view, pod, info, node, profile.bind_timeout), view.answers)
    return _bound(scene, profile, pod, node)


def _reserve(snapshot: Snapshot, profile: Profile, info: PodInfo, name: str) -> Rejection | None:
    plugins = acting(profile).reserve
    node = snapshot.node(name) if plugins else None
    said = (one.reserve(info, node) for one in plugins if one.reserve and node is not None)
    return next((one for one in said if one is not None), None)


def _permission(view: View, profile: Profile, pod: Pod, node: str) -> Permission:
    """Return the first no; else how long the most patient plugin has the pod wait."""
    plugins = acting(profile).permit
    if not plugins:
        return ALLOWED
    said = [one.permit(view, pod, node) for one in plugins if one.permit]
    refused = next((one for one in said if one.rejection is not None), None)
    return refused or max(said, key=lambda one: one.wait, default=ALLOWED)


def _rejected(view: View, pod: Pod, rejection: Rejection) -> Turn:
    """Return the turn of a pod whose node a plugin has taken back; no room is made for it."""
    return unschedulable(view, pod, fit_error({rejection: 1}), "")


def _bound(scene: Scene, profile: Profile, pod: Pod, node: str) -> Turn:
    """Return the turn that binds `pod`, once the plugins have prepared it, and assumes that it is on its node."""
    plugins, view = acting(profile), scene.view
    request = next((made for one in plugins.bind if one.bind and (made := one.bind(pod, node)) is not None), None)
    if request is None:
        return Turn()
    note = Note("pod.bound", pod=str(key_of(pod)), node=node)
    if view.lags():
        scene = scene._replace(common=scene.common.with_bound(pod, node))
    bound = _remembering(scene, Turn(requests=(Call(request=request),), notes=(note,)))
    return play(_prepared(view, plugins.pre_bind, pod, node, bound), view.answers) if plugins.pre_bind else bound


def _prepared(view: View, plugins: tuple[LifecyclePlugin, ...], pod: Pod, node: str, bound: Turn) -> Telling[Turn]:
    for plugin in plugins:
        if plugin.pre_bind is not None and not (yield from plugin.pre_bind(view, pod, node)):
            return Turn(wake_at=view.now() + RETRY)
    for call in bound.requests:
        yield from make(call)
    return Turn(notes=bound.notes, common=bound.common)


def _without_place(asking: Asking, decision: Decision) -> Turn:
    """Return the turn that says why no node takes the pod, and makes room for it if it can."""
    view, pod = asking.view, asking.pod
    found = post_filter(asking, decision.rejections)
    candidate = chosen(found)
    said = f"{decision.message} {found.message}" if found.message else decision.message
    told_why = unschedulable(view, pod, said, _nomination(pod, found))
    if candidate is None:
        return told_why
    return play(_make_room(view, asking.snapshot, pod, candidate, told_why), view.answers)


def _nomination(pod: Pod, preemption: Preemption) -> str:
    """Return the node that `pod` is nominated for after preemption was tried."""
    return next(iter(preemption.best), "") if preemption.eligible else pod.status.nominated_node_name


def _make_room(view: View, snapshot: Snapshot, pod: Pod, candidate: Candidate, told_why: Turn) -> Telling[Turn]:
    """Nominate `pod` as `told_why` does, and send the victims away."""
    for call in told_why.requests:
        yield from make(call)
    if told_why.requests:
        yield from told_why.notes
        yield Note("pod.nominated", pod=str(key_of(pod)), node=candidate.node)
    done = yield from carry_out(view, snapshot, pod, candidate)
    return Turn(wake_at=None if done else view.now() + RETRY)


def unschedulable(view: View, pod: Pod, message: str, nominated: str) -> Turn:
    """Return the turn that says why `pod` has no place and which it waits for, unless its status says so already."""
    conditions = pod.status.conditions
    old = scheduled_condition(pod)
    new = _condition(view, pod, old, message)
    if new == old and nominated == pod.status.nominated_node_name:
        return Turn()
    kept = tuple(new if one is old else one for one in conditions)
    status = evolve(pod.status, conditions=kept if old else (*conditions, new), nominated_node_name=nominated)
    key = key_of(pod)
    request = Request(verb=Verb.UPDATE, key=key, subresource="status", body=evolve(pod, status=status))
    note = Note("pod.unschedulable", pod=str(key), message=message)
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
