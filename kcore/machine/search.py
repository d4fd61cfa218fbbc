"""One breadth-first pass over the states of a system, each seen once by its fingerprint.

What is kept of a state that has been expanded is its fingerprint and the number of the state it was found from: about
a hundred bytes. A trace is made by walking the numbers back and the moves forth again.

Does not model edges: judging liveness needs them, see graph.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Generic, TypeVar

from kcore.machine.errors import TraceError
from kcore.machine.progress import Progress, Reporting
from kcore.machine.property import Property
from kcore.machine.system import System
from kcore.machine.trace import Start, Trace
from kcore.machine.verdict import Coverage, Limits
from kcore.machine.watch import Watches

P = TypeVar("P")
W = TypeVar("W")
S = TypeVar("S")
E = TypeVar("E")

AUDIT_EVERY = 1024
"""Of so many expanded states one is audited, and of the first so many those with a power of two for a number."""
_ENDLESS = 1 << 62


class Search(Generic[P, W, S, E]):
    """One pass. A state's number is its place in the order of discovery, which is the order of expansion too."""

    def __init__(
        self, system: System[P, W, S, E], properties: Sequence[Property[S]], limits: Limits, reporting: Reporting
    ) -> None:
        self.watches: Watches[P, S, E] = Watches(system, properties)
        self._system = system
        self._limits = limits
        self._reporting = reporting
        self._visited: set[int] = set()
        self._order: list[int] = []
        self._parents = array("I")
        self._starts: list[tuple[Start, P]] = []
        self._frontier: list[P] = []
        self._expanded = 0
        self._transitions = 0
        self._terminal = 0
        self._depth = 0

    def run(self) -> Coverage:
        """Look at all states within the limits, unless everything asked is decided before; return what was seen."""
        self._begin()
        limit: str | None = None
        steps = _ENDLESS if self._limits.steps is None else self._limits.steps
        for depth in range(steps + 1):
            if not self._frontier:
                break
            if self.watches.decided:
                limit = "having nothing left to decide"
            elif depth == steps:
                limit = f"the limit of {steps:,} steps"
            elif not self._level(depth):
                limit = f"the limit of {self._limits.states:,} states"
            if limit is not None:
                break
        return Coverage(
            states=len(self._order),
            transitions=self._transitions,
            depth=self._depth,
            terminal=self._terminal,
            limit=limit,
            reductions=self._system.reductions,
            passed=self._system.passed,
        )

    def _begin(self) -> None:
        """Take in the starts; each is its own parent."""
        for start, packed in self._system.starts():
            fingerprint = self._system.fingerprint(packed)
            if fingerprint not in self._visited:
                self._visited.add(fingerprint)
                self._order.append(fingerprint)
                self._parents.append(len(self._starts))
                self._starts.append((start, packed))
                self._frontier.append(packed)
                self.watches.decide(packed, self._last_trace)
        if not self._starts:
            raise TraceError("a search needs a start")

    def _level(self, depth: int) -> bool:
        """Expand the frontier, whose states are `depth` steps from a start; return False where the limit stopped it."""
        moves, build, judges = self._system.moves, self._system.build, self.watches.judges
        visited, order, parents = self._visited, self._order, self._parents
        most = _ENDLESS if self._limits.states is None else self._limits.states
        following: list[P] = []
        checkpoint = number = self._expanded
        for packed in self._frontier:
            if number >= checkpoint:
                checkpoint = self._pause(number, packed, depth)
            found = moves(packed)
            self._transitions += len(found)
            if not found:
                self._terminal += 1
            fingerprint = order[number]
            for delta, _event, patch in found:
                successor = fingerprint + delta
                if successor not in visited:
                    if len(order) >= most:
                        return False
                    visited.add(successor)
                    order.append(successor)
                    parents.append(number)
                    new = build(packed, patch)
                    following.append(new)
                    self._depth = depth + 1
                    for judge in judges:
                        if judge(new) is not None:
                            self.watches.decide(new, self._last_trace)
                            break
            number += 1
        self._expanded = number
        self._frontier = following
        return True

    def _pause(self, number: int, packed: P, depth: int) -> int:
        """Audit a state and tell of the progress where it is due; return the number of the state to pause at next."""
        hook, every = self._reporting.hook, self._reporting.every
        if number % AUDIT_EVERY == 0 or number & (number - 1) == 0:
            self._system.audit(packed)
        if hook is not None and number and number % every == 0:
            waiting = len(self._order) - number
            hook(Progress(states=len(self._order), transitions=self._transitions, depth=depth, waiting=waiting))
        audit = 2 * number or 1
        if number >= AUDIT_EVERY:
            audit = number - number % AUDIT_EVERY + AUDIT_EVERY
        return audit if hook is None else min(audit, number - number % every + every)

    def _last_trace(self) -> Trace[E]:
        """Return how the state that was found last is reached."""
        number = len(self._order) - 1
        path: list[int] = []
        while self._parents[number] != number:
            path.append(number)
            number = self._parents[number]
        start, packed = self._starts[number]
        events: list[E] = []
        for child in reversed(path):
            wanted = self._order[child] - self._order[self._parents[child]]
            taken, packed = self._system.way(packed, wanted)
            events += taken
        return Trace(start=start, events=tuple(events))
