"""Drain: cordon a node, evict its pods, and wait until they are gone.

Models `kubectl drain NODE`: the node is cordoned, its pods are listed once and go through the filters; if one of them
is refused, nothing is evicted and the node stays cordoned. Otherwise every pod is evicted. An eviction that a budget
refuses (429) is tried again every 5 s; any other refusal fails the drain, which still sees to its other pods. A pod is
gone when there is none of its uid; that is asked every second. A timeout ends the drain. A pod that goes anyhow in a
namespace that is on its way out is waited for; one that was deleted longer ago than is said is passed over, as it may
never go where its machine is lost. What is said of failures and retries is kubectl's own words.

A drain takes time, so it is a client process beside the control plane: the component `DRAINER` looks at one key a
node under drain and remembers what is left to do. `draining(state)` says which drains are under way, and a note
`drain.finished` or `drain.failed` tells the end, and a note `drain.retried` of an eviction that will be tried again.

Simplified: the evictions of one round are sent one after the other, by namespace and name, where kubectl sends them at
once; while any is refused, the leaving pods are looked at only when it is tried again. The process is one of the
master's; if it crashes, its drains are forgotten, as when a person gives up. A second drain of a node that is being
drained is refused.

Not modelled: --disable-eviction, several nodes in one drain (as drains at the same time) and nodes by selector,
--dry-run.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/drain/drain.go
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import attrs

from kcore.api.json import Json
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import parse
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.component import Component, ComponentKey, Components, Write
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.cluster.process import Process
from kcore.cluster.state import ClusterState
from kcore.machine import Note, Refusal, Rule, Step
from kcore.reconcile.program import Program, go_on, play
from kcore.users.act import perform
from kcore.users.drain_filters import NO_OVERRIDES, Doomed, Overrides, sort_pods
from kcore.users.patch import Cordon, cordon_requests

RULE = "users.drain_node"
FAMILY = "kubectl-drain"

FINISHED = "drain.finished"
FAILED = "drain.failed"
RETRIED = "drain.retried"

RETRY = 5_000
"""How long (ms) until a refused eviction is tried again."""

POLL = 1_000
"""How long (ms) until it is asked again whether the pods are gone."""


@attrs.frozen(kw_only=True)
class Drain:
    """Drain `node`; `timeout` is ms, None for as long as it takes; no grace period leaves each pod its own.

    Only pods that `pod_selector` (text) selects are looked at. Pods whose deletion was due more than
    `skip_wait_for_delete_timeout` seconds ago are not waited for; 0: all are.
    """

    node: str
    overrides: Overrides = NO_OVERRIDES
    grace_period_seconds: int | None = None
    timeout: int | None = None
    pod_selector: str = ""
    skip_wait_for_delete_timeout: int = 0


@attrs.frozen(kw_only=True)
class Draining:
    """What a drain remembers: pods to evict, pods that are leaving, what failed, and its time (ms) and what is left."""

    evicting: tuple[Doomed, ...]
    leaving: tuple[Doomed, ...] = ()
    errors: tuple[str, ...] = ()
    timeout: int = 0
    left: int | None = None
    grace_period_seconds: int | None = None
    skip: int = 0


def draining(state: ClusterState) -> tuple[str, ...]:
    """Return the nodes whose drains are under way, sorted: every drain ends when this stays empty."""
    process = _process(state)
    return () if process is None else tuple(sorted(key[-1] for key in process.memory))


def _key(node: str) -> ObjectKey:
    return ObjectKey("Node", "", node)


def _name(state: ClusterState) -> ComponentKey:
    return ComponentKey(FAMILY, state.control_plane.leaders.get(FAMILY, ""))


def _process(state: ClusterState) -> Process | None:
    return state.processes.get(_name(state))


def _refused(state: ClusterState, event: Drain) -> Refusal | None:
    process = _process(state)
    if process is None:
        return Refusal(RULE, "nothing runs that could drain nodes", component=FAMILY)
    if _key(event.node) in process.memory:
        return Refusal(RULE, "a drain of this node is under way", node=event.node)
    return None


def _begin(components: Components, state: ClusterState, event: Drain) -> Step[ClusterState]:
    """Cordon the node, and leave its pods to the drainer if none of them forbids it."""
    cordon = cordon_requests(state, Cordon(node=event.node))
    step = Step(state) if isinstance(cordon, Refusal) else perform(state, components, cordon)
    state = step.state
    if not _cordoned(step.notes):
        return step
    view = View(state.store, state.now)
    selector, skip = parse(event.pod_selector), event.skip_wait_for_delete_timeout
    doomed, problems = sort_pods(
        state.store,
        event.node,
        event.overrides,
        lambda pod: _is_long_gone(view, pod, skip) or not selector.matches(pod.metadata.labels),
    )
    if problems:
        return Step(state, (*step.notes, _failed(event.node, problems)))
    plan = Draining(
        evicting=doomed,
        timeout=event.timeout or 0,
        left=event.timeout,
        grace_period_seconds=event.grace_period_seconds,
        skip=skip,
    )
    name, key = _name(state), _key(event.node)
    process = state.processes[name]
    remembering = attrs.evolve(process, memory=process.memory.set(key, plan))
    return Step(state.with_process(name, remembering).enqueue(name, key), step.notes)


def _cordoned(notes: Iterable[Note]) -> bool:
    return all(int(str(dict(note.fields).get("code", 0))) < 400 for note in notes)


def reconcile(memory: Any, view: View, key: Key) -> Turn:
    """Return the next round of the drain that `memory` remembers for the node of `key`; nothing when there is none."""
    if not isinstance(memory, Draining):
        return Turn()
    evicting, leaving = _there(view, memory.evicting, 0), _there(view, memory.leaving, memory.skip)
    plan = attrs.evolve(memory, evicting=evicting, leaving=leaving)
    node = key[-1]
    if not plan.evicting and not plan.leaving:
        return _ended(node, plan)
    if plan.left is not None and plan.left <= 0:
        return _ended(node, attrs.evolve(plan, errors=(*plan.errors, *_late(plan))))
    return play(_round(view, node, plan), view.answers)


def _there(view: View, pods: tuple[Doomed, ...], skip: int) -> tuple[Doomed, ...]:
    """Return those of `pods` that are still there, and whose deletion was not due too long ago to wait for."""
    found = ((pod, view.get(pod.key)) for pod in pods)
    return tuple(
        pod
        for pod, now in found
        if now is not None and now.metadata.uid == pod.uid and not _is_long_gone(view, now, skip)
    )


def _is_long_gone(view: View, pod: ApiObject, skip: int) -> bool:
    """Tell whether the deletion of a pod was due more than `skip` seconds ago; 0: that does not matter."""
    due = pod.metadata.deletion_timestamp
    return bool(skip) and due is not None and view.elapsed(1000 * due, 1000 * (skip + 1))


def _late(plan: Draining) -> tuple[str, ...]:
    """Return what is said of each pod that was not gone in time."""
    late = f"global timeout reached: {in_words(plan.timeout)}"
    evicting = (f"{_evicting(pod)}: {late}" for pod in plan.evicting)
    return (*evicting, *(f"error when waiting for pod {_waiting(pod)} to terminate: {late}" for pod in plan.leaving))


def _round(view: View, node: str, plan: Draining) -> Program[Turn]:
    """Try each eviction that is not granted yet, and sleep."""
    answers = yield tuple(go_on(_eviction(pod, plan.grace_period_seconds)) for pod in plan.evicting)
    tried = tuple(zip(plan.evicting, answers, strict=True))
    granted = tuple(pod for pod, answer in tried if answer.ok or _goes_anyhow(view, pod, answer))
    again = tuple((pod, answer) for pod, answer in tried if pod not in granted and _comes_again(answer))
    wrong = tuple(f"{_evicting(pod)}: {_why(answer)}" for pod, answer in tried if _is_wrong(answer))
    sleep = RETRY if again else POLL
    after = attrs.evolve(
        plan,
        evicting=tuple(pod for pod, _ in again),
        leaving=(*plan.leaving, *granted),
        errors=(*plan.errors, *wrong),
        left=None if plan.left is None else plan.left - sleep,
    )
    if not after.evicting and not after.leaving:
        return _ended(node, after)
    return Turn(memory=after, notes=tuple(_retried(*one) for one in again), wake_at=view.now() + sleep)


def _eviction(pod: Doomed, grace_period_seconds: int | None) -> Request:
    options = {} if grace_period_seconds is None else {"deleteOptions": {"gracePeriodSeconds": grace_period_seconds}}
    metadata = {"name": pod.key.name, "namespace": pod.key.namespace}
    body = Json.of({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, **options})
    return Request(verb=Verb.CREATE, key=pod.key, subresource="eviction", body=body)


def _comes_again(answer: Response) -> bool:
    """Tell whether a refused eviction is tried again: a budget forbids it now, or the namespace is on its way out."""
    return answer.code == 429 or _in_terminating_namespace(answer)


def _in_terminating_namespace(answer: Response) -> bool:
    causes = answer.status.causes if answer.status else ()
    return not answer.ok and any(cause.reason == "NamespaceTerminating" for cause in causes)


def _goes_anyhow(view: View, pod: Doomed, answer: Response) -> bool:
    """Tell whether an eviction is refused only because the pod goes with its namespace."""
    found = view.get(pod.key)
    going = found is not None and found.metadata.deletion_timestamp is not None
    return going and _in_terminating_namespace(answer)


def _is_wrong(answer: Response) -> bool:
    return not answer.ok and answer.reason != "NotFound" and not _comes_again(answer)


def _why(answer: Response) -> str:
    return answer.status.message if answer.status else ""


def _evicting(pod: Doomed) -> str:
    return f'error when evicting pods/"{pod.key.name}" -n "{pod.key.namespace}"'


def _waiting(pod: Doomed) -> str:
    return f'"{pod.key.name}" in namespace "{pod.key.namespace}"'


def _retried(pod: Doomed, answer: Response) -> Note:
    """Return the note of an eviction that is tried again."""
    where = f'pod "{pod.key.name}" from terminating namespace "{pod.key.namespace}"'
    what = f"error when evicting {where}" if _in_terminating_namespace(answer) else _evicting(pod)
    return Note(RETRIED, pod=f"{pod.key.namespace}/{pod.key.name}", why=f"{what} (will retry after 5s): {_why(answer)}")


def in_words(duration: int) -> str:
    """Return a duration (ms) as Go writes it: 90,000 is "1m30s"."""
    minutes, rest = divmod(duration, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:g}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _failed(node: str, errors: tuple[str, ...]) -> Note:
    """Return the note of a drain that failed, with its errors as kubectl joins them."""
    different = tuple(dict.fromkeys(errors))
    return Note(FAILED, node=node, why=different[0] if len(different) == 1 else f"[{', '.join(different)}]")


def _ended(node: str, plan: Draining) -> Turn:
    return Turn(notes=(_failed(node, plan.errors) if plan.errors else Note(FINISHED, node=node),))


def _no_choices(_: ClusterState) -> tuple[()]:
    return ()


def rule(components: Components) -> Rule[ClusterState, Any]:
    """Return the rule, for a cluster whose processes are instances of `components`."""
    return Rule(name=RULE, event=Drain, guard=_refused, effect=partial(_begin, components), choices=_no_choices)


DRAINER = Component(
    family=FAMILY,
    watches={},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.CREATE, "Pod", "eviction")}),
)
