"""Folds: one read that stands for many cells, remembered as a finite automaton over value ids.

A predicate that asks something of all of n alike cells would make as many remembered answers as there are
combinations of values; a fold has as many as its accumulator takes, and costs one look-up a cell.

Does not model folds whose order does not matter in a special way: all go by the order of their names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kcore.machine.intern import ABSENT, Interner

FoldKey = tuple[tuple[int, ...], Callable[[Any, Any], Any], int]
"""What makes two folds one: the slots, the function, the id of the start."""

_RESULT = -1


class Fold:
    """The automaton of one fold: a node for each accumulator, holding its id and the next node by value id."""

    def __init__(
        self, interner: Interner, slots: tuple[int, ...], step: Callable[[Any, Any], Any], start: object
    ) -> None:
        self.slots = slots
        self._interner = interner
        self._step = step
        self._nodes: dict[int, dict[int, Any]] = {}
        self._root = self._node(interner.id_of(start))

    def __call__(self, packed: Sequence[int]) -> int:
        """Return the id of the result in a packed state."""
        node = self._root
        try:
            for slot in self.slots:
                node = node[packed[slot]]
        except LookupError:
            return self._learn(packed)
        result: int = node[_RESULT]
        return result

    def _node(self, accumulator: int) -> dict[int, Any]:
        """Return the node of an accumulator."""
        return self._nodes.setdefault(accumulator, {_RESULT: accumulator})

    def _learn(self, packed: Sequence[int]) -> int:
        """Return the result for a combination not seen before, computing what is missing."""
        node, values = self._root, self._interner.values
        for slot in self.slots:
            number = packed[slot] if slot < len(packed) else ABSENT
            if number not in node:
                accumulator = self._step(values[node[_RESULT]], values[number])
                node[number] = self._node(self._interner.id_of(accumulator))
            node = node[number]
        result: int = node[_RESULT]
        return result
