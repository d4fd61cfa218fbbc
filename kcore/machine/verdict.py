"""Verdicts: what a search found, and what it can honestly say.

Four outcomes: `holds` (all states were seen, or a witness was found for a `sometimes`), `bounded` (a limit ended the
search), `not found` (random walks met nothing, which proves nothing) and `violated` (with a trace).

Does not model seconds: limits are counts, so that a verdict does not depend on the machine.
"""

from __future__ import annotations

import enum
from typing import Generic, TypeVar

import attrs

from kcore.machine.errors import PropertyError
from kcore.machine.property import Culprits
from kcore.machine.trace import Trace

E = TypeVar("E")


class Outcome(enum.Enum):
    """What may be said of a property after a search."""

    HOLDS = "holds"
    BOUNDED = "bounded"
    NOT_FOUND = "not found"
    VIOLATED = "violated"


@attrs.frozen(kw_only=True)
class Limits:
    """How far a search goes: so many different states, so many steps from a start (None: as many as there are)."""

    states: int | None = 1_000_000
    steps: int | None = None


UNLIMITED = Limits(states=None)


@attrs.frozen(kw_only=True)
class Coverage:
    """What a search saw. Transitions that change nothing are not counted; `terminal` states have no others.

    `passed` counts the states that moves passed through, which were judged and not kept, as often as that happened.
    `depth` is the greatest number of moves from a start. `limit` says which limit ended the search; None when nothing
    was left to see. `reductions` names what made several states count as one.
    """

    states: int
    transitions: int
    depth: int
    terminal: int
    limit: str | None = None
    reductions: tuple[str, ...] = ()
    passed: int = 0

    def __str__(self) -> str:
        text = f"{self.states:,} states, {self.transitions:,} transitions, {self.depth} steps deep"
        if self.passed:
            text += f", {self.passed:,} states passed through"
        if self.reductions:
            text += f", reduced by {' and '.join(self.reductions)}"
        return f"{text}, ended by {self.limit}" if self.limit else text


@attrs.frozen(kw_only=True)
class Verdict(Generic[E]):
    """What is said of one property. `trace` is the run that violates it or, for a `sometimes` that holds, meets it."""

    property: str
    outcome: Outcome
    coverage: Coverage
    why: str = ""
    trace: Trace[E] | None = None
    culprits: Culprits | None = None

    def __str__(self) -> str:
        text = f"{self.property}: {self.outcome.value} ({self.coverage})"
        return f"{text}: {self.why}" if self.why else text


@attrs.frozen(kw_only=True)
class Findings(Generic[E]):
    """The verdicts of a search in the order of the properties, and what it covered."""

    verdicts: tuple[Verdict[E], ...]
    coverage: Coverage

    def __getitem__(self, name: str) -> Verdict[E]:
        """Return the verdict on a property; raise PropertyError where it was not asked."""
        for verdict in self.verdicts:
            if verdict.property == name:
                return verdict
        raise PropertyError(f"property {name}: it was not asked in this search")
