"""Timed questions: whether something holds so much virtual time after the last fault or act, whatever happened before.

Models prompt runs in which faults and people act in settled states only: from each of these, each thing that may happen
is let happen, and the cluster is left alone for the time given; then the condition has to hold. All settled states are
looked at, each once, up to a limit; where nothing may happen any more, what follows is not.

Not modelled: other timings, under which time says little.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import attrs

from kcore.cluster.state import ClusterState
from kcore.machine import Coverage, Culprits, Finding, Outcome, Refusal, Start, System, Trace, Verdict
from kcore.model import Model, advance
from kcore.model.model import Event
from kcore.verify.passage import Passage, Passenger
from kcore.verify.system import Place

Judge = Callable[[ClusterState], Finding]


@attrs.frozen(kw_only=True)
class _Node:
    """A settled state on the way of the search, and the events that lead there."""

    place: Place
    events: tuple[Event, ...]
    depth: int


def judge_timed(
    model: Model,
    system: System[Place, Place, ClusterState, Event | Passage],
    name: str,
    condition: Judge,
    within: int,
    states: int,
) -> Verdict[Event]:
    """Return the verdict on a condition that is to hold `within` ms after each fault or act, at most `states` seen."""
    passenger = Passenger(model=model, settled=True)
    seen: set[int] = set()
    waiting: deque[_Node] = deque()
    transitions = depth = 0
    (start, first), *_ = system.starts()
    waiting.append(_Node(place=first, events=(), depth=0))
    seen.add(first.fingerprint)
    limit = None
    while waiting:
        node = waiting.popleft()
        depth = max(depth, node.depth)
        state = node.place.state
        others = passenger.others(state)
        for event in (None, *others):
            broken = _left_alone(model, node, event, condition, within)
            if broken is not None:
                events, culprits = broken
                coverage = _coverage(len(seen), transitions, depth, None)
                return _violated(name, start, events, culprits, coverage)
        for following in _following(system, node) if others or any(state.budget.values()) else ():
            transitions += 1
            if following.place.fingerprint in seen:
                continue
            if len(seen) >= states:
                limit = f"the limit of {states:,} states"
                break
            seen.add(following.place.fingerprint)
            waiting.append(following)
    outcome = Outcome.HOLDS if limit is None else Outcome.BOUNDED
    return Verdict(property=name, outcome=outcome, coverage=_coverage(len(seen), transitions, depth, limit))


def _following(system: System[Place, Place, ClusterState, Event | Passage], node: _Node) -> Iterator[_Node]:
    for _, taken, patch in system.moves(node.place):
        events = taken.events if isinstance(taken, Passage) else (taken,)
        place = system.build(node.place, patch)
        yield _Node(place=place, events=(*node.events, *events), depth=node.depth + 1)


def _left_alone(
    model: Model, node: _Node, event: Event | None, condition: Judge, within: int
) -> tuple[tuple[Event, ...], Culprits] | None:
    """Return how the condition fails `within` ms after `event`, None where it holds then."""
    state, events = node.place.state, list(node.events)
    if event is not None:
        step = model.step(state, event)
        if isinstance(step, Refusal):
            return None
        state = step.state
        events.append(event)
    elif node.events:
        return None
    state = advance(model, state, state.now + within, watcher=lambda taken, _: events.append(taken))
    finding = condition(state)
    if finding is True:
        return None
    culprits = finding if isinstance(finding, Culprits) else Culprits("the condition does not hold")
    return tuple(events), culprits


def _coverage(states: int, transitions: int, depth: int, limit: str | None) -> Coverage:
    return Coverage(states=states, transitions=transitions, depth=depth, terminal=0, limit=limit)


def _violated(
    name: str, start: Start, events: tuple[Event, ...], culprits: Culprits, coverage: Coverage
) -> Verdict[Event]:
    trace = Trace(start=start, events=events)
    return Verdict(
        property=name, outcome=Outcome.VIOLATED, coverage=coverage, why=str(culprits), trace=trace, culprits=culprits
    )
