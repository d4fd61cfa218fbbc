"""A state made of named cells: a persistent vector of interned values by slot, with its fingerprint kept as it changes.

A cell is named by a string or a tuple of strings and numbers, and holds any value with a digest; None is the same as
no cell. A `Layout` gives names their slots and values their ids, both in the order in which they are first met; no
answer depends on that order. The fingerprint is the sum of the digests of (name, value), so that two states are equal
when their sums are, and one write costs one subtraction and one addition.

Does not model what cells mean, nor who reads them: see view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Protocol, Self, TypeVar

import attrs
from pyrsistent import PVector, pvector

from kcore.machine.digest import MASK, SIZE
from kcore.machine.errors import CellError
from kcore.machine.fold import Fold, FoldKey
from kcore.machine.intern import ABSENT, Interner, Register

A = TypeVar("A")

Name = str | tuple[str | int, ...]
"""The name of a cell."""
Packed = tuple[int, ...]
"""A state in a search: the id of each slot's value; slots beyond its end are absent."""


def weigh(label: bytes, digest: bytes) -> int:
    """Return what a value adds to a fingerprint under a label, 0 to 2**128 - 1."""
    return int.from_bytes(blake2b(label + digest, digest_size=SIZE, person=b"weight").digest(), "big")


class CellState(Protocol):
    """What rules and predicates see: cells to read, and writes that make a new state."""

    def __getitem__(self, name: Name) -> Any:
        """Return a cell's value; raise CellError where there is none."""

    def get(self, name: Name) -> Any:
        """Return a cell's value, None where there is none."""

    def set(self, name: Name, value: object) -> Self:
        """Return the state with one cell written; None removes it."""

    def update(self, values: Mapping[Name, object]) -> Self:
        """Return the state with several cells written."""

    def fold(self, names: tuple[Name, ...], step: Callable[[A, Any], A], start: A) -> A:
        """Return step(... step(start, first cell) ..., last cell): one read of many cells, None for a missing one.

        `step` is a pure function defined once (not a new lambda each time), and its results have digests.
        """


class Layout:
    """The slots of names and the ids of values, shared by all states of one model; append-only."""

    def __init__(self) -> None:
        self.names: Register[Name] = Register()
        self.interner = Interner()
        self.folds: dict[int, Fold] = {}
        self._fold_tokens: dict[FoldKey, int] = {}
        self._weights: list[dict[int, int]] = []

    def slot(self, name: Name) -> int:
        """Return the slot of a name, a new one where the name is new."""
        return self.names.number(name)

    def weight(self, slot: int, number: int) -> int:
        """Return what a value adds to the fingerprint in a slot: the digest of (name, value), 0 for an absent one."""
        while len(self._weights) <= slot:
            self._weights.append({ABSENT: 0})
        found = self._weights[slot].get(number)
        if found is None:
            label = self.interner.digester.of(self.names.keys[slot])
            found = self._weights[slot][number] = weigh(label, self.interner.digest(number))
        return found

    def fold(self, names: tuple[Name, ...], step: Callable[[Any, Any], Any], start: object) -> int:
        """Return the token (-2, -3, ...) of a fold."""
        slots = tuple(map(self.slot, names))
        key = (slots, step, self.interner.id_of(start))
        token = self._fold_tokens.get(key)
        if token is None:
            token = self._fold_tokens[key] = -2 - len(self.folds)
            self.folds[token] = Fold(self.interner, slots, step, start)
        return token

    def read(self, packed: Packed, token: int) -> int:
        """Return the id that a slot holds or a fold gives."""
        if token >= 0:
            return packed[token] if token < len(packed) else ABSENT
        return self.folds[token](packed)

    def pad(self, packed: Packed) -> Packed:
        """Return a packed state with a place for every slot there is."""
        return packed + (ABSENT,) * (len(self.names) - len(packed))


@attrs.frozen(eq=False, repr=False)
class Cells:
    """A state of cells as a value, made by `Cells.of(layout, {...})`.

    `total` is the sum of digests that the fingerprint is taken from.
    """

    layout: Layout
    slots: PVector[int]
    total: int

    @classmethod
    def of(cls, layout: Layout, values: Mapping[Name, object]) -> Cells:
        """Return the state that holds these cells."""
        return cls(layout, pvector(), 0).update(values)

    @property
    def fingerprint(self) -> int:
        """The 128-bit fingerprint: the same for equal states in every process, whatever their histories."""
        return self.total & MASK

    def __getitem__(self, name: Name) -> Any:
        value = self.get(name)
        if value is None:
            raise CellError(f"cell {name!r}: there is none")
        return value

    def get(self, name: Name) -> Any:
        """Return a cell's value, None where there is none."""
        if name not in self.layout.names:
            return None
        slot = self.layout.slot(name)
        return self.layout.interner.values[self.slots[slot]] if slot < len(self.slots) else None

    def set(self, name: Name, value: object) -> Cells:
        """Return the state with one cell written; None removes it."""
        layout = self.layout
        slot, number = layout.slot(name), layout.interner.id_of(value)
        slots = self.slots
        if slot >= len(slots):
            slots = slots.extend([ABSENT] * (slot + 1 - len(slots)))
        before = slots[slot]
        if before == number:
            return self
        total = self.total - layout.weight(slot, before) + layout.weight(slot, number)
        return Cells(layout, slots.set(slot, number), total)

    def update(self, values: Mapping[Name, object]) -> Cells:
        """Return the state with several cells written."""
        state = self
        for name, value in values.items():
            state = state.set(name, value)
        return state

    def fold(self, names: tuple[Name, ...], step: Callable[[A, Any], A], start: A) -> A:
        """Return step(... step(start, first cell) ..., last cell)."""
        for name in names:
            start = step(start, self.get(name))
        return start

    def items(self) -> Iterator[tuple[Name, Any]]:
        """Yield the names and values of the cells there are, by slot."""
        values = self.layout.interner.values
        for slot, number in enumerate(self.slots):
            if number != ABSENT:
                yield self.layout.names.keys[slot], values[number]

    def pack(self) -> Packed:
        """Return the ids by slot."""
        return tuple(self.slots)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cells) and self.total == other.total

    def __hash__(self) -> int:
        return hash(self.total)

    def __repr__(self) -> str:
        return f"Cells({dict(self.items())!r})"


def unpack(layout: Layout, packed: Sequence[int]) -> Cells:
    """Return the state that a packed one stands for."""
    return Cells(layout, pvector(packed), sum(layout.weight(slot, number) for slot, number in enumerate(packed)))
