"""Story: a run told line by line: when, what happened, what came of it, and who is to blame in the end.

Models text for the report of a failed test. Moves of which nothing came are left out, and counted.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kcore.api.json import Json
from kcore.cluster.events import Delivered, TimePassed, TurnTaken
from kcore.cluster.state import ClusterState
from kcore.invariants.table import INVARIANTS
from kcore.machine import Note, Property, Trace, replay, shorten
from kcore.machine.property import SAFETY
from kcore.model.model import Event
from kcore.testing.run import ClusterRun
from kcore.verify.asked import Asked, Statement
from kcore.verify.origin import starts
from kcore.verify.tracefile import TraceFile, trace_lines


def story(run: ClusterRun) -> str:
    """Return the story of a run that broke a property, or came to an error; "" when neither."""
    if run.breach is None and run.error_at is None:
        return ""
    trace = shortest(run)
    lines = [f"Story of {len(trace)} events:", *_told(run, trace)]
    if run.breach is not None:
        lines.append(f"Broken: {run.breach.property.name}: {run.breach.culprits}")
    if run.error_at is not None:
        lines.append(f"An error ended it at: {said(run.error_at)}")
    return "\n".join([*lines, "Trace, for `kcore.verify.tracefile` and `kcore replay`:", *trace_text(run, trace)])


def trace_text(run: ClusterRun, trace: Trace[Event]) -> Iterator[str]:
    """Yield the lines of a trace file, from which the run can be had again."""
    breach = run.breach
    violated = "" if breach is None else f"{breach.property.name}: {breach.culprits}"
    asked = None if breach is None else _asked(breach.property)
    yield from trace_lines(TraceFile(trace=trace, asked=asked, violated=violated))


def _asked(broken: Property[ClusterState]) -> Asked | None:
    """Return how a file states the property, None where it is not one of kcore's own."""
    known = INVARIANTS.get(broken.name)
    if known is None or known.property is not broken:
        return None
    return Asked(form=broken.kind, condition=Statement(name=broken.name))


def shortest(run: ClusterRun) -> Trace[Event]:
    """Return the trace of a run without the events that its violation does not need."""
    breach, trace = run.breach, run.trace
    if breach is None or breach.property.kind not in SAFETY or breach.property in run.experiment.questions:
        return trace
    return shorten(run.experiment.model.table, _from(run), trace, breach.property)


def _from(run: ClusterRun) -> Mapping[str, Any]:
    return starts(run.experiment.model)


def _told(run: ClusterRun, trace: Trace[Event]) -> Iterator[str]:
    replayed = replay(run.experiment.model.table, _from(run), trace)
    begun = replayed.states[0].now
    unsaid = 0
    for event, after, notes in zip(trace.events, replayed.states[1:], replayed.notes, strict=False):
        if not notes and isinstance(event, TimePassed | TurnTaken | Delivered):
            unsaid += 1
            continue
        yield from _line(event, after, notes, begun)
    if unsaid:
        yield f"  ({unsaid} turns, deliveries and passings of time of which there is nothing to tell are left out)"


def _line(event: Event, after: ClusterState, notes: tuple[Note, ...], begun: int) -> Iterator[str]:
    told = "; ".join(_note(note) for note in notes)
    yield f"  {(after.now - begun) / 1000:8.3f} s  {said(event)}{': ' if told else ''}{told}"


def said(event: Event) -> str:
    """Return an event in a line: its class and what its fields say, as `Committed(kubelet@n1)`."""
    fields = [getattr(event, one.name) for one in attrs.fields(type(event))]
    return f"{type(event).__name__}({', '.join(_word(value) for value in fields if value not in (None, '', 0))})"


def _word(value: object) -> str:
    if isinstance(value, Json):
        return value.text
    if isinstance(value, enum.Enum):
        return str(value.value)
    return f"({', '.join(map(_word, value))})" if type(value) is tuple else str(value)


def _note(note: Note) -> str:
    """Return a note without the fields that say nothing."""
    return str(Note(note.name, **{name: value for name, value in note.fields if value not in (None, "")}))
