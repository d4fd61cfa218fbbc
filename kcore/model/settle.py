"""Settling and advancing: the cluster's own motion, repeated until something stands still.

Level-triggered: `settle` runs to a quiet window, in which no object changed (leases, heartbeats and events do not
count); `advance` runs what is due before a time. Both are bounded and say who still moves when the bound ends them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import TypeAlias

import attrs

from kcore.cluster.events import ClusterEvent, Committed, TimePassed, TurnTaken
from kcore.cluster.state import ClusterState
from kcore.errors import KcoreError
from kcore.machine import Refusal, Step, collection_frozen
from kcore.model.model import Model

Watcher: TypeAlias = Callable[[ClusterEvent, Step[ClusterState]], None]
"""Called after each step, for narration and traces."""

RECENT = 50
"""How many of the last events tell who still moves."""


class UnsettledError(KcoreError):
    """The bound on events ended a run; `moving` names the processes that took the last turns, most active first."""

    def __init__(self, events: int, moving: tuple[str, ...]) -> None:
        """Say how many events there were and who still moves."""
        self.events = events
        self.moving = moving
        super().__init__(f"not settled after {events} events; still moving: {', '.join(moving) or 'nobody'}")


@attrs.frozen(kw_only=True)
class Settled:
    """The end of a run: the state, the number of events, and whether it went quiet before its time limit."""

    state: ClusterState
    events: int
    quiet: bool


def settle(
    model: Model,
    state: ClusterState,
    *,
    quiet: int = 2000,
    limit: int = 60_000,
    max_events: int = 10_000_000,
    watcher: Watcher | None = None,
) -> Settled:
    """Run until no object has changed for `quiet` ms, at most `limit` ms and `max_events` events.

    Raises UnsettledError when `max_events` ends it, naming who still moves.
    """
    begun = state.now

    def end(now: ClusterState) -> int:
        return min(max(now.last_change, begun) + quiet, begun + limit)

    state, events = _run(model, state, end, max_events, watcher)
    return Settled(state=state, events=events, quiet=state.now >= max(state.last_change, begun) + quiet)


def advance(
    model: Model,
    state: ClusterState,
    until: int,
    *,
    max_events: int = 10_000_000,
    watcher: Watcher | None = None,
) -> ClusterState:
    """Run what is due before `until` (ms since 1970) and stop the clock there; what is due then has not happened yet.

    A time that has come changes nothing. Raises UnsettledError when `max_events` ends it, naming who still moves.
    """
    if until <= state.now:
        return state
    state, _ = _run(model, state, lambda _: until - 1, max_events, watcher)
    return _step(model, state, TimePassed(until), watcher)


def _run(
    model: Model,
    state: ClusterState,
    end: Callable[[ClusterState], int],
    max_events: int,
    watcher: Watcher | None,
) -> tuple[ClusterState, int]:
    """Make the cluster's own moves until the clock would pass `end(state)`; return the state then and their number."""
    events = 0
    recent: deque[ClusterEvent] = deque(maxlen=RECENT)
    with collection_frozen():
        while True:
            event = model.next_move(state)
            stop = end(state)
            if event is None or (isinstance(event, TimePassed) and event.until > stop):
                return (_step(model, state, TimePassed(stop), watcher) if state.now < stop else state), events
            if events >= max_events:
                raise UnsettledError(events, _movers(recent))
            state = _step(model, state, event, watcher)
            events += 1
            recent.append(event)


def _step(model: Model, state: ClusterState, event: ClusterEvent, watcher: Watcher | None) -> ClusterState:
    step = model.step(state, event)
    if isinstance(step, Refusal):
        raise KcoreError(str(step))
    if watcher is not None:
        watcher(event, step)
    return step.state


def _movers(events: Iterable[ClusterEvent]) -> tuple[str, ...]:
    """Return who acts in `events`, most often first."""
    acts = Counter(str(event.process) for event in events if isinstance(event, TurnTaken | Committed))
    return tuple(sorted(acts, key=lambda name: (-acts[name], name)))
