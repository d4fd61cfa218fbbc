"""The DaemonSet controller: what a sync of one DaemonSet does, in the order of upstream.

Models syncDaemonSet: the history is brought in step with the template; then nodes without a pod get one and pods that
are too many go; if there were none of either, the update takes its next step; old revisions are cleaned up and the
status is written, whatever went wrong before. A sync that still waits for its own deletions writes the status only, and
one whose cache has not come as far as its last write does nothing.

As upstream, each of these steps adopts and releases pods anew, from the same cache.

Not modelled: events as objects; what they would say is in the notes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.intstr import IntOrStringError
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.selectors.label import Selector, from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.request import Verb
from kcore.client.component import Component, Write
from kcore.client.heeding import Heeding
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.controllers.daemonset.eventhandlers import watch_daemon_set, watch_node, watch_owned
from kcore.controllers.daemonset.failedpods import NO_WAITS, Waits
from kcore.controllers.daemonset.history import History, cleanup_history, construct_history
from kcore.controllers.daemonset.manage import FAILED, SUCCEEDED, Plan, manage
from kcore.controllers.daemonset.situation import (
    ROLLING_UPDATE,
    OnNodes,
    Situation,
    by_node,
    eligibilities,
)
from kcore.controllers.daemonset.status import calculate_status, update_daemon_set_status
from kcore.controllers.daemonset.syncnodes import Synced, note, sync_nodes
from kcore.controllers.daemonset.template import template_generation
from kcore.controllers.daemonset.update import rolling_update
from kcore.machine import Note
from kcore.reconcile import opening
from kcore.reconcile.expectations import NONE, Expectations, satisfied
from kcore.reconcile.ownership import candidates, claim, claims
from kcore.reconcile.podutil import next_available_at, ready_since
from kcore.reconcile.program import Program

_EVERYTHING = LabelSelector()
_ENDED = {FAILED: ("FailedDaemonPod", "failed", "kill"), SUCCEEDED: ("SucceededDaemonPod", "succeeded", "delete")}


@attrs.frozen(kw_only=True)
class Memory(opening.Memory):
    """What is remembered of a DaemonSet: also which nodes wait."""

    waits: Waits = NO_WAITS


@attrs.frozen(kw_only=True)
class Claimable:
    """The pods that a DaemonSet controls, and those that it selects and nobody controls, sorted by name.

    `kept` and `by_node` are its pods when there is none to adopt or to release.
    """

    view: View
    daemon_set: DaemonSet
    selector: Selector
    pods: tuple[Pod, ...]
    kept: tuple[Pod, ...] | None = None
    by_node: OnNodes | None = None

    def on_nodes(self) -> Program[OnNodes | None]:
        """Adopt and release, and return the pods of the DaemonSet by node; None when a call failed."""
        if self.by_node is not None:
            return self.by_node
        claimed = yield from claim(self.daemon_set, self.selector, self.pods)
        return None if claimed.errors else by_node(claimed.objects)

    def owned(self) -> Program[tuple[Pod, ...] | None]:
        """Adopt and release, and return all pods of the DaemonSet; None when a call failed."""
        if self.kept is not None:
            return self.kept
        claimed = yield from claim(self.daemon_set, self.selector, self.pods)
        return None if claimed.errors else claimed.objects


@attrs.frozen(kw_only=True)
class Outcome:
    """How far a sync came: what is awaited, which nodes wait, when to look again, and whether anything went wrong."""

    expectations: Expectations = NONE
    waits: Waits = NO_WAITS
    wake_at: int | None = None
    failed: bool = False
    notes: tuple[Note, ...] = ()


def sync(memory: Memory, view: View, daemon_set: DaemonSet) -> Program[Turn]:
    """Make one sync of `daemon_set`."""
    if daemon_set.spec.selector == _EVERYTHING:
        message = "This daemon set is selecting all pods. A non-empty selector is required."
        return Turn(memory=_worth_keeping(memory), notes=(note(daemon_set, "SelectingAll", message),))
    if daemon_set.metadata.deletion_timestamp is not None:
        return Turn(memory=_worth_keeping(memory))
    try:
        selector = from_label_selector(daemon_set.spec.selector)
    except SelectorError:
        return opening.failed(memory, view)
    pods = _claimable(view, daemon_set, selector)
    history = yield from construct_history(view, daemon_set, selector, pods.pods)
    if history is None:
        return opening.failed(memory, view)
    nodes = eligibilities(daemon_set, (one for one in view.list("Node") if isinstance(one, Node)))
    situation = Situation(
        daemon_set=daemon_set,
        revision_hash=history.revision_hash,
        nodes=nodes,
        elapsed=view.elapsed,
        generation=template_generation(daemon_set),
    )
    return (yield from _sync(memory, situation, pods, history))


def _sync(memory: Memory, situation: Situation, pods: Claimable, history: History) -> Program[Turn]:
    """Do what there is to do unless earlier deletions are still awaited, and write the status."""
    view, daemon_set = pods.view, situation.daemon_set
    counting = satisfied(view, memory.expectations)
    outcome = Outcome(expectations=memory.expectations, waits=memory.waits)
    if counting:
        waits = memory.waits.of(daemon_set.status.observed_generation)
        outcome = yield from _update_daemon_set(situation, pods, history, waits)
    memory = evolve(memory, expectations=outcome.expectations, waits=outcome.waits)
    on_nodes = yield from pods.on_nodes()
    if on_nodes is None:
        return opening.failed(memory, view, outcome.notes)
    status = calculate_status(situation, on_nodes)
    answer = yield from update_daemon_set_status(daemon_set, status, observed=counting)
    memory = evolve(memory, expectations=memory.expectations.wrote((answer,)))
    if outcome.failed or not answer.ok:
        return opening.failed(memory, view, outcome.notes)
    alarms = (outcome.wake_at, _next_available(situation, on_nodes, view))
    wake_at = min((at for at in alarms if at is not None), default=None)
    return Turn(memory=_worth_keeping(memory), notes=outcome.notes, wake_at=wake_at)


def _update_daemon_set(situation: Situation, pods: Claimable, history: History, waits: Waits) -> Program[Outcome]:
    """Create and delete what manage says, or else what the update says, and clean up the history."""
    view = pods.view
    on_nodes = yield from pods.on_nodes()
    if on_nodes is None:
        return Outcome(waits=waits, failed=True)
    plan = manage(situation, on_nodes, waits.waiting(view))
    waits = waits.after(plan.retried, view)
    outcome = Outcome(waits=waits, wake_at=waits.wake_at(plan.delayed, view), notes=_ended(situation, plan))
    synced = yield from sync_nodes(view, situation, plan)
    outcome = _after(outcome, synced)
    if not outcome.failed and not synced.waiting:
        outcome = yield from _roll(situation, pods, outcome)
    if outcome.failed:
        return outcome
    owned = yield from pods.owned()
    if owned is None:
        return evolve(outcome, failed=True)
    cleaned = yield from cleanup_history(situation.daemon_set, history.old, owned)
    return evolve(outcome, failed=not cleaned)


def _roll(situation: Situation, pods: Claimable, outcome: Outcome) -> Program[Outcome]:
    """Take the next step of a rolling update."""
    if situation.daemon_set.spec.update_strategy.type != ROLLING_UPDATE:
        return outcome
    on_nodes = yield from pods.on_nodes()
    try:
        plan = None if on_nodes is None else rolling_update(situation, on_nodes)
    except IntOrStringError:
        plan = None
    if plan is None:
        return evolve(outcome, failed=True)
    return _after(outcome, (yield from sync_nodes(pods.view, situation, plan)))


def _after(outcome: Outcome, synced: Synced) -> Outcome:
    return evolve(
        outcome,
        expectations=synced.expectations,
        failed=bool(synced.problem),
        notes=(*outcome.notes, *synced.notes),
    )


def _claimable(view: View, daemon_set: DaemonSet, selector: Selector) -> Claimable:
    pods = candidates(view, daemon_set, selector, Pod)
    wanted = claims(daemon_set, selector, pods)
    whole = Claimable(view=view, daemon_set=daemon_set, selector=selector, pods=pods)
    if wanted.adopted or wanted.released:
        return whole
    return evolve(whole, kept=wanted.kept, by_node=by_node(wanted.kept))


def _ended(situation: Situation, plan: Plan) -> tuple[Note, ...]:
    """Return what is told of pods that go because they failed or ended."""
    ended = (pod for pod in plan.doomed if pod.status.phase in _ENDED)
    return tuple(_found(situation.daemon_set, pod, *_ENDED[pod.status.phase]) for pod in ended)


def _found(daemon_set: DaemonSet, pod: Pod, reason: str, how: str, what: str) -> Note:
    name, node = f"{pod.metadata.namespace}/{pod.metadata.name}", pod.spec.node_name
    return note(daemon_set, reason, f"Found {how} daemon pod {name} on node {node}, will try to {what} it")


def _next_available(situation: Situation, on_nodes: OnNodes, view: View) -> int | None:
    """Return when the next ready pod becomes available; None when there is none to wait for."""
    wait = situation.daemon_set.spec.min_ready_seconds
    if wait <= 0:
        return None
    return next_available_at((ready_since(pod) for pod in _all(on_nodes)), wait, view.elapsed)


def _all(on_nodes: OnNodes) -> Iterator[Pod]:
    return (pod for pods in on_nodes.values() for pod in pods)


def _worth_keeping(memory: Memory) -> Memory | None:
    """Return the memory after a sync that went well; None when nothing is awaited."""
    return evolve(memory, failures=0) if memory.expectations != NONE or memory.waits.nodes else None


DAEMONSET = Component(
    family="daemonset-controller",
    watches={
        "DaemonSet": watch_daemon_set,
        "Pod": Heeding(watch_owned, owner="DaemonSet"),
        "ControllerRevision": watch_owned,
        "Node": watch_node,
    },
    reconcile=opening.opening(DaemonSet, Memory, sync),
    writes=frozenset(
        {
            Write(Verb.CREATE, "Pod"),
            Write(Verb.PATCH, "Pod"),
            Write(Verb.DELETE, "Pod"),
            Write(Verb.CREATE, "ControllerRevision"),
            Write(Verb.UPDATE, "ControllerRevision"),
            Write(Verb.PATCH, "ControllerRevision"),
            Write(Verb.DELETE, "ControllerRevision"),
            Write(Verb.UPDATE, "DaemonSet", "status"),
        }
    ),
)
