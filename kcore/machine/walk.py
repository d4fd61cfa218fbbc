"""Seeded random walks: many runs, each reproducible from its number, for what is too large to explore.

Models runs in which every move that changes something is as likely as any other. A walk proves nothing: a property
that it does not break is `not found`. A run that ends while an `eventually` or a `leads_to` is owed breaks it, and so
does a step that undoes what `stays`; cycles are not recognized.

Does not model probabilities of faults: a model gives what is rarer fewer events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from kcore.machine.collection import collection_frozen
from kcore.machine.progress import SILENT, Progress, Reporting
from kcore.machine.property import LIVENESS, Kind, Property, check_properties
from kcore.machine.seed import Seed
from kcore.machine.system import System
from kcore.machine.trace import Start, Trace
from kcore.machine.verdict import Coverage, Findings, Outcome, Verdict
from kcore.machine.watch import Watches

P = TypeVar("P")
W = TypeVar("W")
S = TypeVar("S")
E = TypeVar("E")

AUDIT_EVERY = 256
"""Of so many steps one audits the state it leaves."""


def walk(system: System[P, W, S, E], *, steps: int, seed: int = 0) -> Trace[E]:
    """Return the events of one random run of at most so many steps; the same seed gives the same run."""
    walks = Walks(system.stepwise(), (), Seed(seed), SILENT)
    walks.run(steps)
    return walks.trace()


def explore_randomly(
    system: System[P, W, S, E],
    properties: Sequence[Property[S]],
    *,
    runs: int,
    steps: int,
    seed: int = 0,
    reporting: Reporting = SILENT,
) -> Findings[E]:
    """Return the verdicts on properties, in order, after so many runs of at most so many steps each.

    Coverage counts states as often as they were visited. The search ends early once nothing is left to decide.
    """
    asked = check_properties(properties)
    with collection_frozen():
        walks = Walks(system.stepwise(), asked, Seed(seed), reporting)
        for number in range(runs):
            walks.run(steps, number)
            if walks.decided:
                break
    coverage = walks.coverage(f"{number + 1:,} random runs of at most {steps:,} steps" if runs else "no runs at all")
    return Findings(verdicts=tuple(walks.verdict(each, coverage) for each in asked), coverage=coverage)


class Walks(Generic[P, W, S, E]):
    """Random runs one after the other, and what they decided."""

    def __init__(
        self, system: System[P, W, S, E], properties: Sequence[Property[S]], seed: Seed, reporting: Reporting
    ) -> None:
        self._system = system
        self._seed = seed
        self._reporting = reporting
        self._asked = bool(properties)
        self._live = [each for each in properties if each.kind in LIVENESS]
        self._watches: Watches[P, S, E] = Watches(system, [each for each in properties if each.kind not in LIVENESS])
        self._owing = [Owing(system, each) for each in self._live]
        self._broken: dict[str, tuple[str, Trace[E]]] = {}
        self._start: Start = Start("none")
        self._events: list[E] = []
        self._states = self._steps = self._longest = self._ended = 0

    @property
    def decided(self) -> bool:
        """Whether something was asked and nothing is open any more."""
        return self._asked and self._watches.empty and len(self._broken) == len(self._live)

    def trace(self) -> Trace[E]:
        """Return the run so far."""
        return Trace(start=self._start, events=tuple(self._events))

    def run(self, steps: int, number: int = 0) -> None:
        """Walk once, from a start that is drawn, by the stream of draws that bears the run's number."""
        starts = self._system.starts()
        drawn, seed = self._seed.split(number).below(len(starts))
        self._start, packed = starts[drawn]
        self._events = []
        self._arrive(packed, first=True)
        for _step in range(steps):
            if self._steps % AUDIT_EVERY == 0:
                self._system.audit(packed)
            moves = self._system.moves(packed)
            if not moves:
                self._ended += 1
                self._end()
                break
            drawn, seed = seed.below(len(moves))
            _delta, event, patch = moves[drawn]
            packed = self._system.build(packed, patch)
            self._events.append(event)
            self._steps += 1
            self._arrive(packed)
        self._longest = max(self._longest, len(self._events))

    def coverage(self, limit: str) -> Coverage:
        """Return what was walked over."""
        return Coverage(
            states=self._states,
            transitions=self._steps,
            depth=self._longest,
            terminal=self._ended,
            limit=limit,
            reductions=self._system.reductions,
        )

    def verdict(self, each: Property[S], coverage: Coverage) -> Verdict[E]:
        """Return the verdict on one property."""
        if each.kind not in LIVENESS:
            return self._watches.verdict(each, coverage, Outcome.NOT_FOUND)
        if each.name in self._broken:
            why, trace = self._broken[each.name]
            return Verdict(property=each.name, outcome=Outcome.VIOLATED, coverage=coverage, why=why, trace=trace)
        return Verdict(property=each.name, outcome=Outcome.NOT_FOUND, coverage=coverage, why="no run broke it")

    def _arrive(self, packed: P, *, first: bool = False) -> None:
        """Look at a state that the run has come to."""
        self._states += 1
        self._watches.look(packed, self.trace)
        for owing in self._owing:
            self._close(owing, owing.arrive(packed, first=first))
        hook = self._reporting.hook
        if hook is not None and self._states % self._reporting.every == 0:
            hook(Progress(states=self._states, transitions=self._steps, depth=len(self._events), waiting=0))

    def _end(self) -> None:
        """Say what a run owes that can't go on."""
        for owing in self._owing:
            self._close(owing, owing.end())

    def _close(self, owing: Owing[P], why: str | None) -> None:
        """Keep the first run that breaks a property."""
        if why is not None:
            self._broken.setdefault(owing.name, (why, self.trace()))


class Owing(Generic[P]):
    """What a run owes to one liveness property."""

    def __init__(self, system: System[P, Any, S, Any], asked: Property[S]) -> None:
        self.name = asked.name
        self._kind = asked.kind
        self._within = asked.within
        self._met: Callable[[P], bool] = system.judge(asked.met, f"property {asked.name}")
        self._begins: Callable[[P], bool] = system.judge(asked.begins, f"property {asked.name}")
        self._held = False
        self._since: int | None = None

    def arrive(self, packed: P, *, first: bool) -> str | None:
        """Return how a state breaks the property, None where it does not."""
        met, held = self._met(packed), self._held and not first
        self._held = met
        if self._kind is Kind.STAYS:
            return "the condition held and then did not" if held and not met else None
        if first:
            self._since = None if self._kind is Kind.LEADS_TO else 0
        elif self._since is not None:
            self._since += 1
        return self._late(packed, met=met)

    def _late(self, packed: P, *, met: bool) -> str | None:
        """Settle or begin the obligation; return how it is overdue, None where it is not."""
        if met:
            self._since = None
        elif self._since is None and self._kind is Kind.LEADS_TO and self._begins(packed):
            self._since = 0
        if self._within is not None and self._since is not None and self._since >= self._within:
            return f"the condition is not met within {self._within} steps"
        return None

    def end(self) -> str | None:
        """Return how the end of the run breaks the property, None where it does not."""
        if self._since is None or self._kind not in {Kind.EVENTUALLY, Kind.LEADS_TO}:
            return None
        return "the run ends, and the condition is not met"
