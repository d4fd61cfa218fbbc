"""The disruption controller as a component: it looks at one PodDisruptionBudget, or at one pod that should be gone.

Models which changes make work, the write of the status, the look at the time by which an evicted pod is overdue, and
the condition DisruptionTarget of a pod that nobody deleted within two minutes, which becomes False. As upstream,
neither a controller's new scale nor a label that a pod lost makes work; the next change of a pod or the budget will.

Where several budgets select a pod that changes, upstream looks at one of them at random; here all are looked at.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/disruption/disruption.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.convert import to_wire
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import Kind, custom_kind, key_of, kind_of
from kcore.api.meta.condition import Condition
from kcore.api.object import ObjectKey
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget, PodDisruptionBudgetStatus
from kcore.api.selectors.label import Selector, from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.conditions import found, with_condition
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.client.workqueue import BASE_DELAY
from kcore.controllers.disruption.budget import Clock, Decision, Event, decide, fail_safe
from kcore.controllers.disruption.scale import Cluster
from kcore.machine import Note
from kcore.reconcile import backoff
from kcore.reconcile.podutil import is_pod_terminal
from kcore.reconcile.program import Program, ask, play

STALE_POD_DISRUPTION_TIMEOUT = 120_000
"""How long, in ms, a pod may carry DisruptionTarget without being deleted."""

DISRUPTION_TARGET = "DisruptionTarget"
BY_KUBELET = "TerminationByKubelet"


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of a budget: how many times in a row its write met a newer version."""

    conflicts: int = 0


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Bring the status of the budget at `key` up to date, or the condition of the pod there."""
    item = view.get(ObjectKey(*key))
    if isinstance(item, Pod):
        return _stale_pod(view, item)
    if not isinstance(item, PodDisruptionBudget):
        return Turn()
    return play(sync(memory.conflicts if memory else 0, view, item), view.answers)


def sync(conflicts: int, view: View, pdb: PodDisruptionBudget) -> Program[Turn]:
    """Make one sync of `pdb`, whose write met a newer version so many times in a row before."""
    clock = Clock(elapsed=view.elapsed, timestamp=view.timestamp)
    decision = yield from _decision(view, pdb, clock)
    notes = tuple(map(_note, decision.events))
    if decision.failed:
        return Turn(requests=(Call(request=_update(pdb, decision.status)),), notes=notes)
    wake_at = None if decision.overdue is None else decision.overdue * 1000 + BASE_DELAY
    if decision.status is pdb.status:
        return Turn(notes=notes, wake_at=wake_at)
    answer = yield from ask(_update(pdb, decision.status))
    if answer.status is None:
        return Turn(notes=notes, wake_at=wake_at)
    if answer.reason == "Conflict":
        failures = conflicts + 1
        return Turn(memory=Memory(conflicts=failures), notes=notes, wake_at=view.now() + backoff.delay(failures))
    safe = fail_safe(pdb, answer.status.message, (), clock)
    return Turn(requests=(Call(request=_update(pdb, safe.status)),), notes=notes)


def _decision(view: View, pdb: PodDisruptionBudget, clock: Clock) -> Program[Decision]:
    """Find the status that `pdb` should have."""
    try:
        selector = from_label_selector(pdb.spec.selector)
    except SelectorError as error:
        event = Event(key_of(pdb), "Warning", "NoPods", f"Failed to get pods: {error}")
        return fail_safe(pdb, str(error), (event,), clock)
    pods = [one for one in view.select("Pod", pdb.metadata.namespace, selector) if isinstance(one, Pod)]
    cluster = Cluster(lookup=view.get, kind_of=lambda version, kind: _kind_of(view, version, kind))
    return (yield from decide(pdb, pods, cluster, clock))


def _kind_of(view: View, api_version: str, kind: str) -> Kind | None:
    """Return a kind that is built in or defined by a CustomResourceDefinition."""
    built_in = kind_of(api_version, kind)
    if built_in is not None:
        return built_in
    custom = (custom_kind(to_wire(one)) for one in view.list("CustomResourceDefinition"))
    return next((one for one in custom if (one.api_version, one.kind) == (api_version, kind)), None)


def _update(pdb: PodDisruptionBudget, status: PodDisruptionBudgetStatus) -> Request:
    body = evolve(pdb, status=status)
    return Request(verb=Verb.UPDATE, key=key_of(pdb), subresource="status", body=body)


def _note(event: Event) -> Note:
    return Note(f"disruption.{event.reason}", on=str(event.on), type=event.type, message=event.message)


def _stale_pod(view: View, pod: Pod) -> Turn:
    """Say of a pod that nobody deleted that it is no target of a disruption any more."""
    since = _targeted_since(pod)
    if since is None:
        return Turn()
    if not view.elapsed(since, STALE_POD_DISRUPTION_TIMEOUT):
        return Turn(wake_at=since + STALE_POD_DISRUPTION_TIMEOUT)
    over = Condition(type=DISRUPTION_TARGET, status="False")
    conditions = with_condition(pod.status.conditions, over, view.timestamp())
    body = evolve(pod, status=evolve(pod.status, conditions=conditions))
    request = Request(verb=Verb.UPDATE, key=key_of(pod), subresource="status", body=body)
    return Turn(requests=(Call(request=request),))


def _targeted_since(pod: Pod) -> int | None:
    """Return since when (ms) `pod` is a target that is not deleted; None when it is none, or its kubelet's own."""
    condition = found(pod.status.conditions, DISRUPTION_TARGET)
    if condition is None or condition.status != "True" or condition.reason == BY_KUBELET:
        return None
    if pod.metadata.deletion_timestamp is not None or is_pod_terminal(pod):
        return None
    return (condition.last_transition_time or 0) * 1000


def budget_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield the budget itself."""
    yield Work(LEADER, change.key)


def pod_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the budgets that select the pod as it is, or as it was last, and the pod itself if it is a target."""
    pod = change.new or change.old
    if not isinstance(pod, Pod):
        return
    for pdb in store.list("PodDisruptionBudget", change.key.namespace):
        if isinstance(pdb, PodDisruptionBudget) and _selector(pdb).matches(pod.metadata.labels):
            yield Work(LEADER, key_of(pdb))
    if change.new is not None and _targeted_since(pod) is not None:
        yield Work(LEADER, change.key)


def _selector(pdb: PodDisruptionBudget) -> Selector:
    """Return the selector of `pdb`, one that selects nothing when it is broken."""
    try:
        return from_label_selector(pdb.spec.selector)
    except SelectorError:
        return from_label_selector(None)


DISRUPTION = Component(
    family="disruption-controller",
    watches={"PodDisruptionBudget": budget_changed, "Pod": pod_changed},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.UPDATE, "PodDisruptionBudget", "status"), Write(Verb.UPDATE, "Pod", "status")}),
)
