"""Replay: a trace run again, one event after the other, from itself alone.

Models the run of a finite trace, or of a lasso once round its loop, on a table.

Does not model search: nothing is chosen, and the first event that is refused ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

from kcore.machine.errors import TraceError
from kcore.machine.note import Note
from kcore.machine.property import LIVENESS, Kind, Property
from kcore.machine.refusal import Refusal
from kcore.machine.table import Table
from kcore.machine.trace import Start, Trace

S = TypeVar("S")
E = TypeVar("E")

Starts = Mapping[str, Callable[..., S]]
"""How the initial states that a model has are made, by name, from the parameters of a `Start`."""


@attrs.frozen(kw_only=True)
class Replay(Generic[S]):
    """A run: the states from the start on, the notes of each step, and the refusal that ended it early, if one did."""

    states: tuple[S, ...]
    notes: tuple[tuple[Note, ...], ...]
    refusal: Refusal | None = None

    @property
    def final(self) -> S:
        """The last state that was reached."""
        return self.states[-1]


def begin(starts: Starts[S], start: Start) -> S:
    """Return the initial state that a `Start` names; raise TraceError where there is none."""
    make = starts.get(start.name)
    if make is None:
        raise TraceError(f"start {start.name!r}: unknown; there are {', '.join(sorted(starts)) or 'none'}")
    return make(**dict(start.params))


def replay(table: Table[S, E], starts: Starts[S], trace: Trace[E]) -> Replay[S]:
    """Return the run of a trace."""
    return run(table, begin(starts, trace.start), trace.events)


def run(table: Table[S, E], initial: S, events: Sequence[E]) -> Replay[S]:
    """Return the run of some events from a state."""
    states, notes = [initial], list[tuple[Note, ...]]()
    for event in events:
        step = table.step(states[-1], event)
        if isinstance(step, Refusal):
            return Replay(states=tuple(states), notes=tuple(notes), refusal=step)
        states.append(step.state)
        notes.append(step.notes)
    return Replay(states=tuple(states), notes=tuple(notes))


def shorten(table: Table[S, E], starts: Starts[S], trace: Trace[E], asked: Property[S]) -> Trace[E]:
    """Return a finite trace that breaks a safety property (or meets a `sometimes`) with none of its events to spare.

    Ever smaller runs of events are left out, and those that are then refused with them, as long as the property is
    still decided; the trace ends where it is. Raises TraceError where the trace given does not decide it.
    """
    if asked.kind in LIVENESS:
        raise TraceError(f"property {asked.name}: only a run that decides in one state can be shortened")
    initial = begin(starts, trace.start)
    events = _decisive(table, initial, trace.events, asked)
    if events is None:
        raise TraceError(f"property {asked.name}: the trace does not decide it")
    size = max(1, len(events) // 2)
    while size:
        place, shorter = 0, False
        while place < len(events):
            fewer = _decisive(table, initial, events[:place] + events[place + size :], asked)
            if fewer is not None and len(fewer) < len(events):
                events, shorter = fewer, True
            else:
                place += size
        size = size if shorter else size // 2
    return Trace(start=trace.start, events=events)


def _decisive(table: Table[S, E], state: S, events: Sequence[E], asked: Property[Any]) -> tuple[E, ...] | None:
    """Return the accepted events up to the first state that decides the property, None where there is none."""
    accepted: list[E] = []
    if _decides(asked, state):
        return ()
    for event in events:
        step = table.step(state, event)
        if not isinstance(step, Refusal):
            state = step.state
            accepted.append(event)
            if _decides(asked, state):
                return tuple(accepted)
    return None


def _decides(asked: Property[S], state: S) -> bool:
    """Return whether a state breaks a safety property or meets a `sometimes`."""
    if asked.kind is Kind.SOMETIMES:
        return asked.met(state)
    return asked.broken(state) is not None
