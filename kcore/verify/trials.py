"""Trials: one run from a settled cluster after something is done to it, watched for what it breaks.

Models a prompt run, the one that follows: the cluster's own moves in their fixed fair order. What is to hold always is
asked after each change of an object or of the world, what is to hold at last once the run ends. A run goes on for a
given time, or until nothing has changed for long enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from kcore.cluster.asking import QUIET_KINDS
from kcore.cluster.state import ClusterState
from kcore.machine import Culprits, Finding, Kind, Note, Refusal, Step
from kcore.model import Model, advance, settle
from kcore.model.model import Event
from kcore.verify.asked import Asked

REST = 30_000
"""For how long (ms) nothing has changed at the end of a run that came to rest."""

LIMIT = 900_000
"""How long (ms) a run may take to come to rest."""


@attrs.frozen(kw_only=True)
class Trial:
    """Something that is done: `name` in words, its events, and how long (ms) to watch, or how long it has to be quiet.

    The events are `apart` ms of one another.
    """

    name: str
    events: tuple[Event, ...]
    apart: int = 0
    lasts: int = 0
    quiet: int = 30_000


@attrs.frozen
class Moment:
    """One step of a run: the event, the state after it and its notes."""

    event: Event
    state: ClusterState
    notes: tuple[Note, ...]


@attrs.frozen(kw_only=True)
class Breach:
    """What a run broke, and after how many of its moments."""

    asked: Asked
    culprits: Culprits
    at: int


@attrs.frozen(kw_only=True)
class Course:
    """How a trial went: its moments from `base` on, what it broke by the name of the property, and what was refused.

    `rests`: at its end no object had changed for a while.
    """

    trial: Trial
    base: ClusterState
    moments: tuple[Moment, ...]
    breaches: dict[str, Breach]
    refused: str = ""
    rests: bool = True


def follow(model: Model, base: ClusterState, trial: Trial, asked: Sequence[Asked]) -> Course:
    """Return the course of a trial; a trial whose event is refused has no moments and breaks nothing."""
    watch = _Watch(base, asked)
    state = base
    for number, event in enumerate(trial.events):
        if number and trial.apart:
            state = advance(model, state, state.now + trial.apart, watcher=watch)
        step = model.step(state, event)
        if isinstance(step, Refusal):
            return Course(trial=trial, base=base, moments=(), breaches={}, refused=step.reason)
        watch(event, step)
        state = step.state
    if trial.lasts:
        end = advance(model, state, state.now + trial.lasts, watcher=watch)
    else:
        end = settle(model, state, quiet=trial.quiet, limit=LIMIT, watcher=watch).state
    watch.end()
    rests = end.now - end.last_change >= min(trial.quiet, REST)
    return Course(trial=trial, base=base, moments=tuple(watch.moments), breaches=watch.breaches, rests=rests)


class _Watch:
    """Looks at a run as it goes."""

    def __init__(self, base: ClusterState, asked: Sequence[Asked]) -> None:
        self.moments: list[Moment] = []
        self.breaches: dict[str, Breach] = {}
        self._last = base
        self._open: list[tuple[Asked, Callable[[ClusterState], Finding]]] = [
            (one, one.condition.condition()) for one in asked
        ]

    def __call__(self, event: Event, step: Step[ClusterState]) -> None:
        """Take in a step."""
        self.moments.append(Moment(event, step.state, step.notes))
        if changed(self._last, step.state):
            for asked, condition in list(self._open):
                self._look(asked, condition, step.state)
        self._last = step.state

    def end(self) -> None:
        """Break what was to hold at last and does not."""
        for asked, condition in self._open:
            if asked.form is Kind.EVENTUALLY:
                finding = condition(self._last)
                if finding is not True:
                    self._break(asked, finding)

    def _look(self, asked: Asked, condition: Callable[[ClusterState], Finding], state: ClusterState) -> None:
        if asked.form is Kind.ALWAYS:
            finding = condition(state)
            if finding is not True:
                self._break(asked, finding)
                self._open.remove((asked, condition))

    def _break(self, asked: Asked, finding: Finding) -> None:
        culprits = finding if isinstance(finding, Culprits) else Culprits("the condition did not hold")
        self.breaches[asked.name] = Breach(asked=asked, culprits=culprits, at=len(self.moments))


def changed(before: ClusterState, after: ClusterState) -> bool:
    """Tell whether an object that matters or the world changed between two states."""
    if before.world is not after.world or before.control_plane is not after.control_plane:
        return True
    if before.store is after.store:
        return False
    changes = after.store.changes_since(before.store.revision)
    return changes is None or any(change.key.kind not in QUIET_KINDS for change in changes)
