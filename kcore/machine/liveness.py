"""Liveness: what must happen, judged on the graph of states and on fair runs.

A run breaks an `eventually`, or a `leads_to` from where its premise held, by ending before the condition is met or by
going round for ever without it: a lasso, of a stem and a fair loop. `converges` allows a run to end. `stays` is broken
by one step, and a condition `within` n steps by any run of n steps without it, fair or not.

Does not model stuttering: steps that change nothing do not count, and a run goes on as long as anything can change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import attrs

from kcore.machine.component import FairnessOf, fair_components, fair_loop
from kcore.machine.graph import Edge, Graph, GraphBuilder
from kcore.machine.progress import Reporting
from kcore.machine.property import Kind, Property
from kcore.machine.rule import Fairness
from kcore.machine.system import System
from kcore.machine.trace import Trace
from kcore.machine.verdict import Coverage, Limits, Outcome, Verdict

P = TypeVar("P")
W = TypeVar("W")
S = TypeVar("S")
E = TypeVar("E")


def judge_liveness(
    system: System[P, W, S, E], properties: Sequence[Property[S]], limits: Limits, reporting: Reporting
) -> tuple[Coverage, dict[str, Verdict[E]]]:
    """Return what was covered and the verdicts by name."""
    questions = [(question, f"property {each.name}") for each in properties for question in (each.met, each.begins)]
    graph, coverage = GraphBuilder(system, questions, limits, reporting).build()

    def fairness(label: int) -> Fairness:
        return system.fairness(graph.samples[label])

    judged: dict[str, Verdict[E]] = {}
    for place, each in enumerate(properties):
        met, begun = graph.marks[2 * place : 2 * place + 2]
        judged[each.name] = Case(graph, coverage, each, met, begun, fairness).verdict()
    return coverage, judged


@attrs.frozen
class Breach(Generic[E]):
    """A run that breaks a property, and how."""

    why: str
    trace: Trace[E]


@attrs.frozen
class Region:
    """The states that a run can be in while the condition is owed, in order of discovery, each with the edge to it."""

    origins: tuple[int, ...]
    arrived: dict[int, Edge | None]

    def way(self, state: int) -> tuple[int, list[Edge]]:
        """Return where the condition became owed and the way from there to a state."""
        way: list[Edge] = []
        edge = self.arrived[state]
        while edge is not None:
            way.append(edge)
            state = edge[0]
            edge = self.arrived[state]
        return state, way[::-1]


@attrs.frozen
class Case(Generic[E]):
    """One property on one graph: by state, whether its condition is met and whether its premise holds."""

    graph: Graph[E]
    coverage: Coverage
    asked: Property[Any]
    met: bytearray
    begun: bytearray
    fairness: FairnessOf

    def verdict(self) -> Verdict[E]:
        """Return the verdict."""
        region = self._region()
        breach = self._breach(region)
        outcome, why = Outcome.HOLDS, "on every run" if self.asked.within else "on every fair run"
        if breach is not None:
            outcome, why = Outcome.VIOLATED, breach.why
        elif self._unfinished(region):
            outcome, why = Outcome.BOUNDED, self.coverage.limit or ""
        return Verdict(
            property=self.asked.name,
            outcome=outcome,
            coverage=self.coverage,
            why=why,
            trace=None if breach is None else breach.trace,
        )

    def _unfinished(self, region: Region) -> bool:
        """Return whether a limit left open what the answer depends on."""
        if self.coverage.limit is None:
            return False
        anywhere = self.asked.kind in {Kind.LEADS_TO, Kind.STAYS}
        return anywhere or any(state >= self.graph.expanded for state in region.arrived)

    def _breach(self, region: Region) -> Breach[E] | None:
        """Return a run that breaks the property, None where there is none in the graph."""
        if self.asked.kind is Kind.STAYS:
            return self._undone()
        return self._ended(region) or (self._late(region) if self.asked.within else self._lasso(region))

    def _region(self) -> Region:
        """Return the states in which the condition is owed."""
        if self.asked.kind is Kind.LEADS_TO:
            first = [state for state in range(len(self.graph)) if self.begun[state]]
        else:
            first = list(range(len(self.graph.starts)))
        origins = tuple(state for state in first if not self.met[state])
        arrived: dict[int, Edge | None] = dict.fromkeys(origins)
        level = list(origins)
        while level:
            following: list[int] = []
            for edge in (edge for state in level for edge in self._owing_edges(state)):
                if edge[2] not in arrived:
                    arrived[edge[2]] = edge
                    following.append(edge[2])
            level = following
        return Region(origins, arrived)

    def _owing_edges(self, state: int) -> Iterator[Edge]:
        """Yield the edges after which the condition is still owed."""
        return (edge for edge in self.graph.edges(state) if not self.met[edge[2]])

    def _undone(self) -> Breach[E] | None:
        """Return the first step after which a condition that held does not hold any more."""
        for state in range(self.graph.expanded):
            if self.met[state]:
                for edge in self._owing_edges(state):
                    return Breach("the condition held and then did not", self.graph.trace(state, [edge]))
        return None

    def _ended(self, region: Region) -> Breach[E] | None:
        """Return a run that ends while the condition is owed; to converge is to end."""
        if self.asked.kind is Kind.CONVERGES:
            return None
        for state in region.arrived:
            if state < self.graph.expanded and next(self.graph.edges(state), None) is None:
                origin, way = region.way(state)
                return Breach("the run ends, and the condition is not met", self.graph.trace(origin, way))
        return None

    def _late(self, region: Region) -> Breach[E] | None:
        """Return a run that takes the allowed number of steps and has not met the condition."""
        allowed = self.asked.within or 0
        levels: list[dict[int, Edge | None]] = [dict.fromkeys(region.origins)]
        for _step in range(allowed):
            following: dict[int, Edge | None] = {}
            for edge in (edge for state in levels[-1] for edge in self._owing_edges(state)):
                following.setdefault(edge[2], edge)
            levels.append(following)
        if not levels[-1]:
            return None
        state = next(iter(levels[-1]))
        way: list[Edge] = []
        for level in reversed(levels):
            step = level[state]
            if step is not None:
                way.append(step)
                state = step[0]
        return Breach(f"the condition is not met within {allowed} steps", self.graph.trace(state, way[::-1]))

    def _lasso(self, region: Region) -> Breach[E] | None:
        """Return a run that goes round fairly for ever while the condition is owed, one that is entered early."""
        discovered = {state: place for place, state in enumerate(region.arrived)}
        fair = fair_components(self.graph, region.arrived, self.fairness)
        entries = [(min(component, key=discovered.__getitem__), component) for component in fair]
        if not entries:
            return None
        entry, component = min(entries, key=lambda each: discovered[each[0]])
        loop = fair_loop(self.graph, component, entry, self.fairness)
        origin, way = region.way(entry)
        why = f"a fair run repeats {len(loop)} steps for ever, and the condition is never met"
        return Breach(why, self.graph.trace(origin, way + loop, len(way)))
