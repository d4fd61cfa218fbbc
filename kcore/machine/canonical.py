"""The fingerprint of a state after a renaming that sorts alike members: for references that do not form a tree.

Members are sorted by their values with all references made nameless, ties by index, and then all references are
renamed. The result is a renaming of the state itself, so that no two states are taken for one that are not: sound. Two
states that differ by a renaming may still be told apart where members tie: incomplete.

Does not model the search for a least renaming, whose cost grows with the factorial of the members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kcore.machine.cells import Layout, Name, Packed
from kcore.machine.forest import Family
from kcore.machine.intern import ABSENT

Rename = Callable[[Any, Mapping[Name, Name]], Any]
"""Returns a value in which members are referred to by other names; a name that is not in the mapping stays."""


class Canonical:
    """A fingerprint of packed states, for `Quotient`; of a family it uses the name and the members' cells."""

    def __init__(self, layout: Layout, families: Sequence[Family], rename: Rename) -> None:
        self._layout = layout
        self._families = tuple(families)
        self._rename = rename
        self._nameless: dict[Name, Name] = {
            cells[0]: ("any", family.name) for family in families for cells in family.members
        }
        self._keys: dict[int, bytes] = {}

    def __call__(self, packed: Packed) -> int:
        """Return the fingerprint of the sorted state."""
        names: dict[Name, Name] = {}
        moved: dict[Name, Name] = {}
        for family in self._families:
            ranked = sorted(family.members, key=lambda cells: [self._key(self._id(packed, cell)) for cell in cells])
            for cells, place in zip(ranked, family.members, strict=True):
                names[cells[0]] = place[0]
                moved |= zip(cells, place, strict=True)
        return sum(self._weight(slot, number, names, moved) for slot, number in enumerate(packed) if number != ABSENT)

    def _id(self, packed: Packed, name: Name) -> int:
        """Return the id that a cell holds."""
        return self._layout.read(packed, self._layout.slot(name))

    def _key(self, number: int) -> bytes:
        """Return what a value is sorted by: its digest with all references nameless."""
        found = self._keys.get(number)
        if found is None:
            value = self._rename(self._layout.interner.values[number], self._nameless)
            found = self._keys[number] = self._layout.interner.digester.of(value)
        return found

    def _weight(self, slot: int, number: int, names: Mapping[Name, Name], moved: Mapping[Name, Name]) -> int:
        """Return what a cell adds at its new place with its references renamed."""
        layout = self._layout
        name = layout.names.keys[slot]
        renamed = layout.interner.id_of(self._rename(layout.interner.values[number], names))
        return layout.weight(layout.slot(moved.get(name, name)), renamed)
