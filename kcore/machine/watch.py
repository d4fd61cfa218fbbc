"""Watching for what can be decided in one state: a safety property broken, a `sometimes` met.

Models what is still open while states are found, and the verdicts in the end.

Does not model liveness, which no single state decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from kcore.machine.property import SAFETY, Culprits, Property
from kcore.machine.system import System
from kcore.machine.trace import Trace
from kcore.machine.verdict import Coverage, Outcome, Verdict

P = TypeVar("P")
S = TypeVar("S")
E = TypeVar("E")


class Watches(Generic[P, S, E]):
    """The properties of a search that single states decide. `judges` is kept in place: one function an open property.

    A judge returns None for a state that decides nothing.
    """

    def __init__(self, system: System[P, Any, S, E], properties: Sequence[Property[S]]) -> None:
        self._properties = tuple(properties)
        self._open = list(properties)
        self._found: dict[str, tuple[Culprits, Trace[E]]] = {}
        self.judges: list[Callable[[P], Culprits | None]] = [
            system.judge(_question(each), f"property {each.name}") for each in properties
        ]

    @property
    def decided(self) -> bool:
        """Whether something was asked and nothing is open any more."""
        return bool(self._properties) and not self._open

    @property
    def empty(self) -> bool:
        """Whether nothing is open."""
        return not self._open

    def look(self, packed: P, trace: Callable[[], Trace[E]]) -> None:
        """Close what a state decides, if it decides anything; `trace` says how it was reached."""
        if any(judge(packed) is not None for judge in self.judges):
            self.decide(packed, trace)

    def decide(self, packed: P, trace: Callable[[], Trace[E]]) -> None:
        """Close every property that a state decides; `trace` says how it was reached."""
        for each, judge in list(zip(self._open, self.judges, strict=True)):
            found = judge(packed)
            if found is not None:
                self._found[each.name] = (found, trace())
                self._open.remove(each)
                self.judges.remove(judge)

    def verdicts(self, coverage: Coverage) -> dict[str, Verdict[E]]:
        """Return the verdicts by name."""
        return {each.name: self.verdict(each, coverage) for each in self._properties}

    def verdict(self, each: Property[S], coverage: Coverage, undecided: Outcome | None = None) -> Verdict[E]:
        """Return the verdict on one property; `undecided` is said where it is open (default: by what was seen)."""
        safe = each.kind in SAFETY
        if each.name in self._found:
            culprits, trace = self._found[each.name]
            if not safe:
                return _say(each, Outcome.HOLDS, coverage, "a state that meets it was found", trace)
            return _say(each, Outcome.VIOLATED, coverage, str(culprits), trace, culprits)
        if undecided is not None:
            return _say(each, undecided, coverage, "no run broke it" if safe else "no run met it")
        if coverage.limit is not None:
            return _say(each, Outcome.BOUNDED, coverage, coverage.limit)
        if safe:
            return _say(each, Outcome.HOLDS, coverage, "in all reachable states")
        return _say(each, Outcome.VIOLATED, coverage, "no reachable state meets it")


def _question(each: Property[S]) -> Callable[[S], Culprits | None]:
    """Return the function of a state that is None unless the state decides the property."""
    if each.kind in SAFETY:
        return each.broken

    def met(state: S) -> Culprits | None:
        return Culprits("met") if each.met(state) else None

    return met


def _say(
    each: Property[Any],
    outcome: Outcome,
    coverage: Coverage,
    why: str,
    trace: Trace[E] | None = None,
    culprits: Culprits | None = None,
) -> Verdict[E]:
    """Return a verdict."""
    return Verdict(property=each.name, outcome=outcome, coverage=coverage, why=why, trace=trace, culprits=culprits)
