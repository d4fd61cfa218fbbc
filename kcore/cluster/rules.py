"""The rules of the cluster itself: turns, commits, deliveries, the world's own moves, time.

Each rule offers its events by the timing of the run. Under `PROMPT` one event at most is offered, the next in the fixed
fair order; the wilder timings offer all that could be next. Time passes when nothing else can happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from kcore.api.evolve import evolve
from kcore.api.memo import Memo
from kcore.client.component import ComponentKey, Components
from kcore.cluster.clock import idle, lagging, next_timer, pass_time, world_is_due
from kcore.cluster.deliver import deliver, pending
from kcore.cluster.events import (
    Committed,
    Delivered,
    TimePassed,
    TurnTaken,
    WorldMoved,
)
from kcore.cluster.state import ClusterState
from kcore.cluster.turns import Fate, commit, take, take_whole
from kcore.machine import Fairness, Refusal, Rule, Step


def _ready(state: ClusterState) -> Sequence[ComponentKey]:
    """Return the processes that may take a turn, by the timing, in the order of service."""
    if state.timing.freedom.order:
        return tuple(state.ready)
    return () if not state.ready or state.working or world_is_due(state) else (state.ready.first,)


def _turns(state: ClusterState) -> Sequence[TurnTaken]:
    return [TurnTaken(name, state.processes[name].queue.order.first) for name in _ready(state)]


def _turn_refused(state: ClusterState, event: TurnTaken) -> Refusal | None:
    process = state.processes.get(event.process)
    if process is None:
        return Refusal("component.take_turn", "no such process runs", process=str(event.process))
    if process.working is not None:
        return Refusal("component.take_turn", "the process has a turn under way", process=str(event.process))
    if event.key not in process.queue.waiting:
        return Refusal("component.take_turn", "the key does not wait in its queue", key=event.key)
    return None


def _take_turn(components: Components, state: ClusterState, event: TurnTaken) -> Step[ClusterState]:
    begin = take if state.timing.freedom.order else take_whole
    return begin(state, components, event.process, event.key)


def _commits(state: ClusterState) -> Sequence[Committed]:
    return [Committed(name) for name in sorted(state.working)] if state.working else ()


def _commit_refused(state: ClusterState, event: Committed) -> Refusal | None:
    if event.process in state.working:
        return None
    return Refusal("component.commit_call", "the process has no turn under way", process=str(event.process))


def _commit(components: Components, state: ClusterState, event: Committed) -> Step[ClusterState]:
    return commit(state, components, event.process, Fate.ARRIVES)


def _deliveries(components: Components, state: ClusterState) -> Sequence[Delivered]:
    """Return, a process, hearing of the next change and hearing of all there are."""
    if not lagging(state):
        return ()
    return [
        Delivered(name, revision)
        for name in sorted(state.processes)
        for revision in pending(state, components[name.family], state.processes[name])
    ]


def _delivery_refused(state: ClusterState, event: Delivered) -> Refusal | None:
    process = state.processes.get(event.process)
    if process is None:
        return Refusal("client.deliver_changes", "no such process runs", process=str(event.process))
    if not process.linked:
        return Refusal("client.deliver_changes", "the process is cut off", process=str(event.process))
    if process.cache is None or event.revision <= process.cache.revision:
        return Refusal("client.deliver_changes", "the cache has heard of that", revision=event.revision)
    if event.revision > state.store.revision:
        return Refusal("client.deliver_changes", "that has not happened yet", revision=event.revision)
    return None


def _deliver(components: Components, state: ClusterState, event: Delivered) -> Step[ClusterState]:
    return Step(deliver(state, components, event.process, event.revision))


def _world_moves(state: ClusterState) -> Sequence[WorldMoved]:
    return (WorldMoved(),) if world_is_due(state) else ()


def _world_refused(state: ClusterState, _: WorldMoved) -> Refusal | None:
    return None if world_is_due(state) else Refusal("world.make_move", "nothing in the world is due")


def _move_world(components: Components, state: ClusterState, _: WorldMoved) -> Step[ClusterState]:
    world, fired = state.world.fire(state.now)
    after = evolve(state, world=world)
    for node, key in fired:
        for family in _RUNNERS(components):
            after = after.enqueue(ComponentKey(family, node), key)
    return Step(after)


def _runners(components: Components) -> tuple[str, ...]:
    return tuple(component.family for component in components.values() if component.runs_pods)


_RUNNERS = Memo(_runners, 64)
"""The families that run pods."""


def _passings(state: ClusterState) -> Sequence[TimePassed]:
    if not idle(state):
        return ()
    due = next_timer(state)
    return () if due is None else (TimePassed(due),)


def _passing_refused(state: ClusterState, event: TimePassed) -> Refusal | None:
    if not idle(state):
        return Refusal("time.pass_time", "something is due now")
    if event.until < state.now:
        return Refusal("time.pass_time", "time does not run backwards", now=state.now, until=event.until)
    due = next_timer(state)
    if due is not None and event.until > due:
        return Refusal("time.pass_time", "something is due before", due=due, until=event.until)
    return None


def _pass_time(state: ClusterState, event: TimePassed) -> Step[ClusterState]:
    return Step(pass_time(state, event.until))


def cluster_rules(components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    """Return the rules of what a cluster does of itself, in the order in which a run without choices takes them."""
    return (*_turn_rules(components), *_motion_rules(components))


def _turn_rules(components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    return (
        Rule(
            name="component.commit_call",
            event=Committed,
            guard=_commit_refused,
            effect=partial(_commit, components),
            choices=_commits,
            fairness=Fairness.WEAK,
        ),
        Rule(
            name="component.take_turn",
            event=TurnTaken,
            guard=_turn_refused,
            effect=partial(_take_turn, components),
            choices=_turns,
            fairness=Fairness.WEAK,
        ),
    )


def _motion_rules(components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    return (
        Rule(
            name="world.make_move",
            event=WorldMoved,
            guard=_world_refused,
            effect=partial(_move_world, components),
            choices=_world_moves,
            fairness=Fairness.WEAK,
        ),
        Rule(
            name="client.deliver_changes",
            event=Delivered,
            guard=_delivery_refused,
            effect=partial(_deliver, components),
            choices=partial(_deliveries, components),
            fairness=Fairness.WEAK,
        ),
        Rule(
            name="time.pass_time",
            event=TimePassed,
            guard=_passing_refused,
            effect=_pass_time,
            choices=_passings,
            fairness=Fairness.WEAK,
        ),
    )
