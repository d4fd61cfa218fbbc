"""A table over any states at all, as a system: nothing is remembered and each successor's fingerprint is computed.

Models small models and models whose states are not cells. A state is its own packed form.

Does not model sharing between steps: use cells where speed matters.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from kcore.machine.digest import Digester
from kcore.machine.errors import ImpureError
from kcore.machine.rule import Fairness
from kcore.machine.system import Move, System, way_by_moves
from kcore.machine.table import Table
from kcore.machine.trace import Start

S = TypeVar("S")
E = TypeVar("E")
T = TypeVar("T")


class TableSystem(Generic[S, E]):
    """A table, its starts by name, and a fingerprint of whole states (default: the digest of the state)."""

    reductions: tuple[str, ...] = ()
    passed = 0

    def __init__(
        self, table: Table[S, E], starts: Mapping[Start, S], fingerprint: Callable[[S], int] | None = None
    ) -> None:
        self._table = table
        self._starts = tuple(starts.items())
        self._fingerprint = fingerprint

    def starts(self) -> Sequence[tuple[Start, S]]:
        """Return the initial states with their names, in the order given."""
        return self._starts

    def fingerprint(self, packed: S) -> int:
        """Return the fingerprint of a state."""
        return Digester()(packed) if self._fingerprint is None else self._fingerprint(packed)

    def moves(self, packed: S) -> Sequence[Move[E, S]]:
        """Return the moves in the order of the table, those that keep the fingerprint left out."""
        here = self.fingerprint(packed)
        moves = (
            (self.fingerprint(step.state) - here, event, step.state)
            for event, step in self._table.steps(packed)
            if step.state is not packed
        )
        return [move for move in moves if move[0]]

    def build(self, _packed: S, patch: S) -> S:
        """Return the successor, which the move carries."""
        return patch

    def way(self, packed: S, delta: int, owed: Hashable = None) -> tuple[Sequence[E], S]:
        """Return the event of the move that changes the fingerprint by `delta`, and its successor."""
        return way_by_moves(self, packed, delta, owed)

    def stepwise(self) -> System[S, S, S, E]:
        """Return this system, whose moves are single events."""
        return self

    def judge(self, predicate: Callable[[S], T], name: str) -> Callable[[S], T]:
        """Return the predicate itself."""
        return predicate

    def fairness(self, event: E) -> Fairness:
        """Return the fairness of the event's rule."""
        return self._table.rule_of(event).fairness

    def owed(self, event: E) -> Hashable:
        """Return the event itself."""
        return event

    def audit(self, packed: S) -> None:
        """Raise ImpureError where a second run of the rules makes other moves."""
        first, second = self._table.steps(packed), self._table.steps(packed)
        for one, other in zip(first, second, strict=False):
            if one != other:
                raise ImpureError(f"rule {self._table.rule_of(one[0]).name}: the same state gave two different steps")
        if len(first) != len(second):
            raise ImpureError(f"the same state enabled {len(first)} events, then {len(second)}: {packed!r}")

    def unreduced(self) -> TableSystem[S, E]:
        """Return this system with the digest of the state as its fingerprint."""
        return TableSystem(self._table, dict(self._starts))
