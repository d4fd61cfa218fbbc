"""A system whose states count as one by a fingerprint of one's own: for symmetry that plain sums can't express.

Every successor is built and its fingerprint computed, which costs microseconds where cells that are merely alike cost
nothing. `Forest` is for alike members of several cells and for references that form a tree; `Canonical` is for all
other references. The conditions of symmetry hold here too.

Does not model how equal fingerprints are chosen: that is the caller's, and the conditions are his to test.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from kcore.machine.rule import Fairness
from kcore.machine.system import Move, System, way_by_moves
from kcore.machine.trace import Start

P = TypeVar("P")
S = TypeVar("S")
E = TypeVar("E")
T = TypeVar("T")


class Quotient(Generic[P, S, E]):
    """A system seen through a fingerprint of packed states; `reduction` says in words what it takes for one."""

    passed = 0

    def __init__(self, system: System[P, Any, S, E], fingerprint: Callable[[P], int], reduction: str) -> None:
        self.reductions: tuple[str, ...] = (*system.reductions, reduction) if reduction else system.reductions
        self.starts: Callable[[], Sequence[tuple[Start, P]]] = system.starts
        self.fairness: Callable[[E], Fairness] = system.fairness
        self.owed: Callable[[E], Hashable] = system.owed
        self.audit: Callable[[P], None] = system.audit
        self.fingerprint = fingerprint
        self._system = system

    def moves(self, packed: P) -> Sequence[Move[E, P]]:
        """Return the moves of the system, each with its successor."""
        here = self.fingerprint(packed)
        successors = ((event, self._system.build(packed, patch)) for _delta, event, patch in self._system.moves(packed))
        return [(self.fingerprint(successor) - here, event, successor) for event, successor in successors]

    def build(self, _packed: P, patch: P) -> P:
        """Return the successor, which the move carries."""
        return patch

    def way(self, packed: P, delta: int, owed: Hashable = None) -> tuple[Sequence[E], P]:
        """Return the event of the move that changes the fingerprint by `delta`, and its successor."""
        return way_by_moves(self, packed, delta, owed)

    def stepwise(self) -> Quotient[P, S, E]:
        """Return this system, whose moves are single events."""
        return self

    def judge(self, predicate: Callable[[S], T], name: str) -> Callable[[P], T]:
        """Return the system's predicate."""
        return self._system.judge(predicate, name)

    def unreduced(self) -> Quotient[P, S, E]:
        """Return the system with every state counted for itself."""
        plain = self._system.unreduced()
        return Quotient(plain, plain.fingerprint, "")
