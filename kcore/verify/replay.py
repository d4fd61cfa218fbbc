"""Replay: a trace file run again, and what it shows now.

Models the run from what the file carries alone: the cluster is booted, brought up and taken through the events. What
was to hold always is looked at in every state, what was to hold at last at the end. Where the model has changed so that
an event is refused, the run ends there, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import attrs

from kcore.cluster.state import ClusterState
from kcore.machine import Culprits, Kind, Refusal
from kcore.machine.property import SAFETY
from kcore.model import Model
from kcore.model.cloud import model_of
from kcore.model.model import Event
from kcore.verify.asked import Asked
from kcore.verify.story import story
from kcore.verify.tracefile import TraceFile
from kcore.verify.trials import Moment


@attrs.frozen(kw_only=True)
class Replayed:
    """What a replay came to: `culprits` where the property is broken again, and the event that was refused, if any."""

    moments: tuple[Moment, ...]
    base: ClusterState
    events: int
    culprits: Culprits | None = None
    refused: str = ""

    @property
    def story(self) -> tuple[str, ...]:
        """The lines of the run."""
        return story(self.base, self.moments, most=60)


def replay_trace(file: TraceFile, model: Model | None = None) -> Replayed:
    """Return what the trace shows now."""
    model = model or model_of(file.origin.plan.config)
    base = file.origin.boot(model)
    moments = moments_of(model, base, file.trace.events)
    refused = ""
    if len(moments) < len(file.trace.events):
        event = file.trace.events[len(moments)]
        step = model.step(moments[-1].state if moments else base, event)
        refused = str(step) if isinstance(step, Refusal) else ""
    broken = None if file.asked is None else _broken(file.asked, base, moments, whole=not refused, file=file)
    return Replayed(moments=moments, base=base, events=len(file.trace.events), culprits=broken, refused=refused)


def moments_of(model: Model, base: ClusterState, events: Sequence[Event]) -> tuple[Moment, ...]:
    """Return the moments of some events from a state, up to the first that is refused."""
    state, moments = base, list[Moment]()
    for event in events:
        step = model.step(state, event)
        if isinstance(step, Refusal):
            break
        state = step.state
        moments.append(Moment(event, state, step.notes))
    return tuple(moments)


def _broken(
    asked: Asked, base: ClusterState, moments: Sequence[Moment], *, whole: bool, file: TraceFile
) -> Culprits | None:
    """Return how a run breaks a property, None where it does not."""
    wanted = asked.to_property()
    states = [base, *(moment.state for moment in moments)]
    if asked.form in SAFETY:
        return next((found for state in states if (found := wanted.broken(state)) is not None), None)
    if not whole:
        return None
    if asked.form is Kind.STAYS:
        held = [wanted.met(state) for state in states]
        lost = any(before and not after for before, after in pairwise(held))
        return Culprits("the condition held and then did not") if lost else None
    looped = states if file.trace.loop is None else states[file.trace.loop :]
    asked_of = looped if file.trace.loop is not None else states[-1:]
    if any(wanted.met(state) for state in asked_of):
        return None
    finding = wanted.holds(states[-1])
    return finding if isinstance(finding, Culprits) else Culprits("the condition is not met")
