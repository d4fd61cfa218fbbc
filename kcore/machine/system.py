"""The seam between models and searches: what a search needs of a model, whatever its states are made of.

A search never sees a state, only a *packed* one, and each move tells by how much the fingerprint changes, so that a
successor that is already known costs one addition and one look-up and is never built.

Two systems implement it: `TableSystem` (any states, whole fingerprints) and `CellSystem` (cells, remembered moves).

A move may pass through several states in one go where nothing else can happen; its event then stands for several, and
`way` tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, TypeVar

from kcore.machine.rule import Fairness
from kcore.machine.trace import Start

P = TypeVar("P")
"""A packed state."""
W = TypeVar("W")
"""What builds a successor from a packed state: its writes, or the successor itself."""
S = TypeVar("S")
"""A state as predicates and rules see it."""
E = TypeVar("E")
T = TypeVar("T")

Move = tuple[int, E, W]
"""One transition: what is added to the fingerprint, the event, what builds the successor."""


class System(Protocol[P, W, S, E]):
    """A model as searches use it. All answers are pure functions of the packed state, the same in every process."""

    @property
    def reductions(self) -> tuple[str, ...]:
        """What makes several states count as one, in words; empty where nothing does."""

    @property
    def passed(self) -> int:
        """How many states moves have passed through so far, in all."""

    def starts(self) -> Sequence[tuple[Start, P]]:
        """Return the initial states with their names, in order."""

    def fingerprint(self, packed: P) -> int:
        """Return the fingerprint of a state: a sum of digests, not reduced."""

    def moves(self, packed: P) -> Sequence[Move[E, W]]:
        """Return the moves that change a state, in a fixed order; moves that change nothing are left out."""

    def build(self, packed: P, patch: W) -> P:
        """Return the successor that a move leads to."""

    def way(self, packed: P, delta: int, owed: Hashable = None) -> tuple[Sequence[E], P]:
        """Return the events of a move that changes the fingerprint by `delta`, and the state that it leads to.

        Where `owed` is given, the move is of an event for which it stands.
        """

    def judge(self, predicate: Callable[[S], T], name: str) -> Callable[[P], T]:
        """Return a predicate on packed states that answers as one on states does; the name is for messages."""

    def fairness(self, event: E) -> Fairness:
        """Return what a fair run owes to an event."""

    def owed(self, event: E) -> Hashable:
        """Return what stands for all events that are one to a fair run, which owes to them what it owes to one."""

    def audit(self, packed: P) -> None:
        """Compute a state's moves anew; raise ImpureError, by the rule's name, where `moves` says otherwise."""

    def stepwise(self) -> System[P, W, S, E]:
        """Return the same model in which no move makes more than one event."""

    def unreduced(self) -> System[P, W, S, E]:
        """Return the same model with every state counted for itself, over the same packed states."""


def way_by_moves(system: System[P, W, S, E], packed: P, delta: int, owed: Hashable = None) -> tuple[Sequence[E], P]:
    """Return the way of the first move that changes the fingerprint by `delta`, for systems of single events."""
    event, patch = next(
        (event, patch)
        for change, event, patch in system.moves(packed)
        if change == delta and owed in {None, system.owed(event)}
    )
    return (event,), system.build(packed, patch)
