"""The graph of states: what liveness is judged on.

Holds, by the number of a state in the order of discovery, its fingerprint, its edges with what a fair run owes them,
and the answers to the questions asked of it; states themselves are not kept. Edges that change nothing are not there. A
trace is made by following the fingerprints from a start, so that it can be run again.

Does not model reduced systems: fairness is a matter of single events, so the graph is built of the unreduced system.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from kcore.machine.intern import Register
from kcore.machine.progress import Progress, Reporting
from kcore.machine.search import AUDIT_EVERY
from kcore.machine.system import System
from kcore.machine.trace import Start, Trace
from kcore.machine.verdict import Coverage, Limits

P = TypeVar("P")
W = TypeVar("W")
S = TypeVar("S")
E = TypeVar("E")

Edge = tuple[int, int, int]
"""(from, event number, to)."""


Question = tuple[Callable[[S], bool], str]
"""What is asked of each state, and its name."""


class Graph(Generic[E]):
    """States by number: starts first, then by discovery. States from `expanded` on have edges nobody looked at."""

    def __init__(self, system: System[Any, Any, Any, E], questions: int) -> None:
        self.starts: list[tuple[Start, Any]] = []
        self.owed: Register[Hashable] = Register()
        self.samples: list[E] = []
        self.prints: list[int] = []
        self._system = system
        self.marks = [bytearray() for _ in range(questions)]
        self.parents: list[Edge | None] = []
        self.expanded = 0
        self.terminal = 0
        self._ends = array("Q", [0])
        self._targets = array("I")
        self._labels = array("I")

    def __len__(self) -> int:
        return len(self.parents)

    @property
    def transitions(self) -> int:
        """How many edges there are."""
        return len(self._targets)

    def edges(self, state: int) -> Iterator[Edge]:
        """Yield the edges of a state in their order; none where it was not expanded."""
        if state < self.expanded:
            for place in range(self._ends[state], self._ends[state + 1]):
                yield state, self._labels[place], self._targets[place]

    def stem(self, state: int) -> list[Edge]:
        """Return a shortest way from a start to a state."""
        way: list[Edge] = []
        edge = self.parents[state]
        while edge is not None:
            way.append(edge)
            edge = self.parents[edge[0]]
        return way[::-1]

    def trace(self, state: int, way: Sequence[Edge], loop: int | None = None) -> Trace[E]:
        """Return the run that takes a shortest way to a state and goes on; `loop` counts from the way's first edge."""
        stem = self.stem(state)
        start, packed = self.starts[stem[0][0] if stem else state]
        events: list[E] = []
        for source, label, target in (*stem, *way):
            delta = self.prints[target] - self.prints[source]
            taken, packed = self._system.way(packed, delta, self.owed.keys[label])
            events += taken
        return Trace(start=start, events=tuple(events), loop=None if loop is None else len(stem) + loop)

    def label(self, event: E) -> int:
        """Return the number of what a fair run owes to when it owes something to an event."""
        label = self.owed.number(self._system.owed(event))
        if label == len(self.samples):
            self.samples.append(event)
        return label

    def add(self, fingerprint: int, parent: Edge | None, answers: Sequence[bool]) -> None:
        """Take in a newly found state with the edge that it was found by."""
        self.prints.append(fingerprint)
        self.parents.append(parent)
        for marks, answer in zip(self.marks, answers, strict=True):
            marks.append(answer)

    def close(self, edges: Sequence[tuple[int, int]]) -> None:
        """Give the next state that has none its edges, as (event number, to)."""
        for label, target in edges:
            self._labels.append(label)
            self._targets.append(target)
        self._ends.append(len(self._targets))
        self.expanded += 1
        self.terminal += not edges


class GraphBuilder(Generic[P, W, S, E]):
    """Builds the graph of a system within limits, asking questions of each state."""

    def __init__(
        self, system: System[P, W, S, E], questions: Sequence[Question[S]], limits: Limits, reporting: Reporting
    ) -> None:
        self._system = system
        self._judges = [system.judge(question, name) for question, name in questions]
        self._limits = limits
        self._reporting = reporting
        self._numbers: dict[int, int] = {}
        self._graph: Graph[E] = Graph(system, len(questions))

    def build(self) -> tuple[Graph[E], Coverage]:
        """Return the graph and what it covers."""
        level: list[tuple[int, P]] = []
        for start, packed in self._system.starts():
            if self._number(self._system.fingerprint(packed), None, packed, level) is not None:
                self._graph.starts.append((start, packed))
        depth, limit = 0, None
        while level and limit is None:
            if depth == self._limits.steps:
                limit = f"the limit of {depth:,} steps"
                break
            following = self._level(level, depth)
            limit = f"the limit of {self._limits.states:,} states" if following is None else None
            level = following or []
            depth += bool(level) or limit is not None
        graph = self._graph
        return graph, Coverage(
            states=len(graph), transitions=graph.transitions, depth=depth, terminal=graph.terminal, limit=limit
        )

    def _number(self, fingerprint: int, parent: Edge | None, packed: P, found: list[tuple[int, P]]) -> int | None:
        """Number a state that was not known and put it among the found; return None where it was."""
        number = len(self._graph)
        if self._numbers.setdefault(fingerprint, number) != number:
            return None
        self._graph.add(fingerprint, parent, [judge(packed) for judge in self._judges])
        found.append((fingerprint, packed))
        return number

    def _level(self, level: list[tuple[int, P]], depth: int) -> list[tuple[int, P]] | None:
        """Expand a level; return the next one, or None where the limit of states forbids another state."""
        graph, numbers, system = self._graph, self._numbers, self._system
        following: list[tuple[int, P]] = []
        for fingerprint, packed in level:
            source = graph.expanded
            self._pause(source, packed, depth)
            edges: list[tuple[int, int]] = []
            for delta, event, patch in system.moves(packed):
                label = graph.label(event)
                target = numbers.get(fingerprint + delta)
                if target is None:
                    if len(graph) == self._limits.states:
                        return None
                    target = len(graph)
                    new = system.build(packed, patch)
                    self._number(fingerprint + delta, (source, label, target), new, following)
                edges.append((label, target))
            graph.close(edges)
        return following

    def _pause(self, number: int, packed: P, depth: int) -> None:
        """Audit a state and tell of the progress where it is due."""
        hook, every = self._reporting.hook, self._reporting.every
        if number % AUDIT_EVERY == 0:
            self._system.audit(packed)
        if hook is not None and number and number % every == 0:
            states, transitions = len(self._graph), self._graph.transitions
            hook(Progress(states=states, transitions=transitions, depth=depth, waiting=states - number))
