"""The kubelet as a component: it looks at one pod, reports how it is, and starts and stops what runs of it.

Models admission, static pods, graceful shutdown, syncPod, syncTerminatingPod and syncTerminatedPod. A pod that is
deleted is stopped within its grace period, its end is reported, and only then is it deleted for good. What runs of a
pod that is gone, or was replaced by another of its name, is stopped and removed. Without the API server the kubelet
goes on running what it knows; without a container runtime it does nothing.

The real kubelet patches the status; this one updates it, and looks again when somebody else was quicker.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.podstatus import PodStatus
from kcore.api.evolve import evolve
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.turn import Action, Call, Key, OnFailure, Turn
from kcore.client.view import View
from kcore.errors import MisuseError
from kcore.kubelet.config import DEFAULT, KubeletConfig, Period
from kcore.kubelet.configuration import needs_of
from kcore.kubelet.definition import replaced
from kcore.kubelet.heartbeat import heartbeat, lease_key
from kcore.kubelet.hostname import hostname_of
from kcore.kubelet.images import with_present
from kcore.kubelet.lifecycle import MINIMUM_GRACE, Plan, Stage, grace_of, plan_of, spec_grace, stage_of
from kcore.kubelet.memory import PodMemory
from kcore.kubelet.phase import FAILED, TERMINAL
from kcore.kubelet.predicates import (
    DEADLINE_EXCEEDED,
    OVER_TIME,
    Rejection,
    deadline_of,
    is_new,
    rejected_status,
    rejection,
)
from kcore.kubelet.prober import has_probes, probed
from kcore.kubelet.setup import configuration_changed, set_up
from kcore.kubelet.shutdown import CAUSE, NOT_ADMITTED, POLL, drive, is_due, stop_of
from kcore.kubelet.static import as_reported, static_pod, with_mirror
from kcore.kubelet.status import pod_status
from kcore.kubelet.volumes import attached_changed, claim_changed, unheeded, volume_changed, with_volumes
from kcore.machine import Note
from kcore.world.actions import CreateSandbox, RemoveSandbox, StopSandbox
from kcore.world.machine import Shutdown
from kcore.world.sandbox import Sandbox, SandboxId
from kcore.world.view import MachineView

FAMILY = "kubelet"

RETRY = 10_000
"""How long, in ms, until what may have failed is tried again: a status write, a sandbox, a runtime that was down."""


def reconcile(config: KubeletConfig, memory: Any, view: View, key: Key) -> Turn:
    """Look at the pod at `key` and at what runs here under its name.

    At the node's own key it looks at all that runs here, at the key of the node's Lease it makes a heartbeat.
    """
    if not isinstance(view, MachineView):
        message = f"a kubelet sees its machine, but was given a {type(view).__name__}"
        raise MisuseError(message)
    name = ObjectKey(*key)
    if name.kind == "Lease":
        return heartbeat(memory, view, name.name, config)
    machine = view.machine()
    if not machine.runs_containers:
        return Turn(memory=memory, wake_at=view.now() + RETRY) if machine.powered else Turn()
    node = machine.name
    if name.kind == "Node":
        shutdown = machine.shutdown
        return _housekeeping(view, node) if shutdown is None else drive(view, node, shutdown, config.shutdown_periods)
    pod = _pod(view, name, node)
    take = _turn if machine.shutdown is None else partial(_turn_before_end, config.shutdown_periods, machine.shutdown)
    static = static_pod(machine, name) if machine.static_pods else None
    if static is not None:
        return _static_turn(take, memory, view, static, pod, node)
    uid = pod.metadata.uid if pod else None
    others = tuple(one for one in view.sandboxes_of(name) if one.id.pod_uid != uid)
    turn = with_volumes(Turn() if pod is None else take(memory, view, pod, node), view, pod, node)
    return _with_others(turn, others, view) if others else turn


def _housekeeping(view: MachineView, node: str) -> Turn:
    """Get rid of what runs here of pods that are gone: a kubelet that has just started finds it so."""
    pods = {one.pod: _pod(view, one.pod, node) for one in view.sandboxes()}
    uids = {pod.metadata.uid for pod in pods.values() if pod is not None}
    uids |= {one.metadata.uid for one in view.machine().static_pods}
    others = tuple(one for one in view.sandboxes() if one.id.pod_uid not in uids)
    return _with_others(Turn(), others, view) if others else Turn()


def _static_turn(
    take: Callable[[Any, MachineView, Pod, str], Turn],
    memory: Any,
    view: MachineView,
    static: Pod,
    found: Pod | None,
    node: str,
) -> Turn:
    """Return the turn of a pod that lies on the machine, whatever was `found` of it in the API."""
    key, uid = _key(static), static.metadata.uid
    turn = with_mirror(take(memory, view, as_reported(static, found), node), static, found, _node(view, node))
    others = tuple(one for one in view.sandboxes_of(key) if one.id.pod_uid != uid)
    return _with_others(turn, others, view) if others else turn


def _turn_before_end(
    periods: tuple[Period, ...], shutdown: Shutdown, memory: Any, view: MachineView, pod: Pod, node: str
) -> Turn:
    """Return the turn of a pod of a node that shuts down: none is taken any more, and those whose turn it is end."""
    sandbox = view.sandbox(pod.metadata.uid)
    if pod.status.phase in TERMINAL:
        return _turn(memory, view, pod, node)
    if sandbox is None and is_new(pod):
        return _rejected(pod, Rejection(NOT_ADMITTED.reason, NOT_ADMITTED.message), node)
    wake_at = view.now() + POLL
    if not is_due(pod, shutdown, periods) or (sandbox is not None and sandbox.stopping):
        turn = _turn(memory, view, pod, node)
        return evolve(turn, wake_at=min(wake_at, turn.wake_at or wake_at))
    if sandbox is not None:
        return Turn(memory=memory, actions=(stop_of(pod, sandbox, periods),), wake_at=wake_at)
    status = pod_status(pod, None, _node(view, node), view, terminal=True, cause=CAUSE)
    return Turn(requests=_report(pod, status, OnFailure.GO_ON), notes=_notes(pod, status, node), wake_at=wake_at)


def _turn(memory: Any, view: MachineView, pod: Pod, node: str) -> Turn:
    """Return the turn of a pod of this node, by its stage."""
    sandbox = view.sandbox(pod.metadata.uid)
    stage = stage_of(pod, sandbox)
    if stage is Stage.TERMINATED:
        return _terminated(view, pod, sandbox, node)
    if stage is Stage.TERMINATING and sandbox is not None:
        return _terminating(view, pod, sandbox, node)
    if sandbox is None and is_new(pod):
        here = _node(view, node)
        why = None if here is None else rejection(pod, here, view)
        if why is not None:
            return _rejected(pod, why, node)
    known = isinstance(memory, PodMemory) and memory.uid == pod.metadata.uid
    return _sync(memory if known else PodMemory(uid=pod.metadata.uid), view, pod, sandbox, node)


def _sync(memory: PodMemory, view: MachineView, pod: Pod, sandbox: Sandbox | None, node: str) -> Turn:
    """Report the pod, then start what is to run, or stop all if nothing is to run any more."""
    plan = plan_of(pod, sandbox, memory, view, node)
    needs = needs_of(pod.spec)
    if needs is not None:
        plan = set_up(plan, needs, pod, sandbox, memory.attempt, view, node)
    if sandbox is not None and has_probes(pod.spec):
        plan = probed(plan, pod, sandbox, view)
    if sandbox is not None:
        plan = replaced(plan, pod, sandbox)
    here = _node(view, node)
    status = pod_status(pod, sandbox, here, view, held=plan.held)
    deadline = deadline_of(pod)
    if deadline is not None:
        if deadline > view.now():
            plan = evolve(plan, wake_at=min(deadline, plan.wake_at or deadline))
        elif status.phase not in TERMINAL:
            status = evolve(status, phase=FAILED, reason=DEADLINE_EXCEEDED, message=OVER_TIME)
    report = _report(pod, status, OnFailure.GO_ON)
    actions: list[Action] = []
    if sandbox is None and plan.attempt is None:
        actions.append(_create(pod, node))
    if sandbox is not None and (plan.over or status.phase in TERMINAL):
        actions.append(StopSandbox(id=sandbox.id, grace=grace_of(pod)))
    else:
        actions += (*plan.before, *with_present(plan.starts, here))
    ended = report and status.phase in TERMINAL
    wake_at = view.now() if ended or (sandbox is not None and actions) else plan.wake_at
    return Turn(
        memory=_remembered(pod, plan),
        requests=report,
        actions=tuple(actions),
        notes=_notes(pod, status, node) + plan.notes,
        wake_at=wake_at,
        retry_at=view.now() + RETRY,
    )


def _rejected(pod: Pod, why: Rejection, node: str) -> Turn:
    """Fail a pod that the node does not take."""
    status = rejected_status(pod, why)
    return Turn(requests=_report(pod, status, OnFailure.STOP), notes=_notes(pod, status, node))


def _remembered(pod: Pod, plan: Plan) -> PodMemory | None:
    """Return what is to be remembered of the pod, None for nothing."""
    if not plan.delays and not plan.pulls and plan.attempt is None:
        return None
    return PodMemory(uid=pod.metadata.uid, delays=plan.delays, pulls=plan.pulls, attempt=plan.attempt)


def _terminating(view: MachineView, pod: Pod, sandbox: Sandbox, node: str) -> Turn:
    """Report the pod as it is, and see that it stops within its grace period."""
    status = pod_status(pod, sandbox, _node(view, node), view)
    report = _report(pod, status, OnFailure.GO_ON)
    stop = _stop(sandbox, grace_of(pod))
    wakes = _wakes(sandbox, stop, view)
    return Turn(
        requests=report,
        actions=stop,
        notes=_notes(pod, status, node),
        wake_at=min(wakes, default=None),
        retry_at=view.now() + RETRY,
    )


def _terminated(view: MachineView, pod: Pod, sandbox: Sandbox | None, node: str) -> Turn:
    """Report how the pod ended; if it is deleted, that is the end of its object."""
    never = sandbox is None and is_new(pod) and pod.status.phase in TERMINAL
    cause = None if sandbox is None else sandbox.cause
    status = pod.status if never else pod_status(pod, sandbox, _node(view, node), view, terminal=True, cause=cause)
    requests = _report(pod, status, OnFailure.STOP)
    meta = pod.metadata
    if meta.deletion_timestamp is not None and meta.deletion_grace_period_seconds != 0:
        options = Options(grace_period_seconds=0, uid=meta.uid)
        delete = Request(verb=Verb.DELETE, key=_key(pod), options=options)
        requests += (Call(request=delete, accepts=frozenset({"NotFound", "Conflict"})),)
    return Turn(requests=requests, notes=_notes(pod, status, node))


def _with_others(turn: Turn, others: tuple[Sandbox, ...], view: View) -> Turn:
    """Return the turn that also gets rid of sandboxes whose pods are gone."""
    actions: tuple[Action, ...] = ()
    wakes = [turn.wake_at] if turn.wake_at is not None else []
    for sandbox in others:
        stop = _stop(sandbox, max(sandbox.grace, MINIMUM_GRACE))
        actions += (RemoveSandbox(id=sandbox.id),) if sandbox.stopped else stop
        wakes += _wakes(sandbox, stop, view)
    return evolve(turn, actions=(*turn.actions, *actions), wake_at=min(wakes, default=None))


def _stop(sandbox: Sandbox, grace: int) -> tuple[Action, ...]:
    """Return the action that stops a sandbox within `grace` seconds, none if it was asked that already."""
    asked = sandbox.stop_within is not None and sandbox.stop_within <= grace
    return () if asked else (StopSandbox(id=sandbox.id, grace=grace),)


def _wakes(sandbox: Sandbox, stop: tuple[Action, ...], view: View) -> list[int]:
    """Return the times to look again: now if the sandbox stops at once, and none if the machine will tell."""
    return [view.now()] if stop and not sandbox.running else []


def _create(pod: Pod, node: str) -> CreateSandbox:
    spec = pod.spec
    return CreateSandbox(
        id=SandboxId(node, pod.metadata.uid),
        pod=_key(pod),
        grace=spec_grace(pod),
        host_network=spec.host_network,
        hostname=hostname_of(pod, node) if spec.hostname or spec.subdomain or spec.host_network else "",
    )


def _report(pod: Pod, status: PodStatus, on_failure: OnFailure) -> tuple[Call, ...]:
    """Return the call that reports `status`, none if it is known."""
    if status is pod.status:
        return ()
    body = evolve(pod, status=status)
    request = Request(verb=Verb.UPDATE, key=_key(pod), subresource="status", body=body)
    return (Call(request=request, on_failure=on_failure),)


def _notes(pod: Pod, status: PodStatus, node: str) -> tuple[Note, ...]:
    """Return the note of a change of phase."""
    if status.phase == pod.status.phase:
        return ()
    return (Note("pod.phase", pod=str(_key(pod)), node=node, phase=status.phase),)


def _key(pod: Pod) -> ObjectKey:
    return ObjectKey("Pod", pod.metadata.namespace, pod.metadata.name)


def _pod(view: View, name: ObjectKey, node: str) -> Pod | None:
    """Return the pod of this name if it is bound to `node`."""
    found = view.get(name)
    return found if isinstance(found, Pod) and found.spec.node_name == node else None


def _node(view: View, name: str) -> Node | None:
    found = view.get(ObjectKey("Node", "", name))
    return found if isinstance(found, Node) else None


def pod_changed(change: Change, _: Store) -> Iterable[Work]:
    """Return the pod for the node that it is or was bound to, unless the kubelet there has just reported its status."""
    before, after = _node_name(change.old), _node_name(change.new)
    if change.reporter and change.reporter == f"{FAMILY}@{after}":
        return ()
    nodes = (after,) if before == after else sorted((before, after))
    return [Work(node, change.key) for node in nodes if node]


def node_added(change: Change, _: Store) -> Iterator[Work]:
    """Yield the node and its Lease for its own kubelet when it is first heard of, when the kubelet has started."""
    if change.old is None:
        yield Work(change.key.name, change.key)
        yield Work(change.key.name, lease_key(change.key.name))


def node_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield what a node that is new, or has other volumes attached, makes its kubelet look at."""
    yield from node_added(change, store)
    yield from attached_changed(change, store)


def _node_name(found: ApiObject | None) -> str:
    return found.spec.node_name if isinstance(found, Pod) else ""


def kubelet(config: KubeletConfig = DEFAULT) -> Component:
    """Return the kubelet with this configuration."""
    return Component(
        family=FAMILY,
        watches={
            "Pod": Heeding(pod_changed, News.BOUND),
            "Node": node_changed,
            "PersistentVolumeClaim": claim_changed,
            "PersistentVolume": volume_changed,
            "ConfigMap": configuration_changed,
            "Secret": configuration_changed,
            "CSIDriver": unheeded,
        },
        reconcile=partial(reconcile, config),
        writes=frozenset(
            {
                Write(Verb.UPDATE, "Pod", "status"),
                Write(Verb.CREATE, "Pod"),
                Write(Verb.DELETE, "Pod"),
                Write(Verb.CREATE, "Lease"),
                Write(Verb.UPDATE, "Lease"),
                Write(Verb.UPDATE, "Node", "status"),
            }
        ),
        per_node=True,
    )


KUBELET = kubelet()
