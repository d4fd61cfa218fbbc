"""The fingerprint of alike members that have several cells, or that point to one another as a tree does.

A member's digest is sealed with the digests of those that point to it, and then added where it points, or to the sum
of the state: pods on nodes, replicas of owners. Names of members are forgotten on all levels. Sound only where a
member points to one other at most, through the value of its first cell, and nothing else names a member.

Does not model references across the tree: see canonical.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from kcore.machine.cells import Layout, Name, Packed, weigh
from kcore.machine.digest import mix
from kcore.machine.errors import CellError
from kcore.machine.intern import ABSENT

Member = tuple[int, int]
"""A member by the places of its family and of itself."""


@attrs.frozen
class Family:
    """Alike members: a name in the plural and, for each member, the names of its cells; the first one names it.

    `points_to` returns the name of the member that a first cell's value points to, None where it points nowhere;
    `forget` returns that value without the reference.
    """

    name: str
    members: tuple[tuple[Name, ...], ...]
    points_to: Callable[[Any], Name | None] = lambda _value: None
    forget: Callable[[Any], Any] = lambda value: value


class Forest:
    """A fingerprint of packed states, for `Quotient`. Families come from the leaves to the roots."""

    def __init__(self, layout: Layout, families: Sequence[Family]) -> None:
        self._layout = layout
        self._families = tuple(families)
        self._slots = [[tuple(map(layout.slot, cells)) for cells in family.members] for family in families]
        self._inside = {slot for members in self._slots for slots in members for slot in slots}
        if len(self._inside) != sum(len(cells) for family in families for cells in family.members):
            raise CellError("forest: a cell is a member twice")
        self._members: dict[Name, Member] = {
            cells[0]: (place, member)
            for place, each in enumerate(families)
            for member, cells in enumerate(each.members)
        }
        self._known: dict[tuple[int, int, int], tuple[int, Member | None]] = {}
        self._sealed: dict[int, int] = {}

    def __call__(self, packed: Packed) -> int:
        """Return the fingerprint."""
        total = sum(self._layout.weight(s, number) for s, number in enumerate(packed) if s not in self._inside)
        gathered: dict[Member, int] = {}
        for place, members in enumerate(self._slots):
            for member, slots in enumerate(members):
                own, parent = gathered.get((place, member), 0), None
                for role, slot in enumerate(slots):
                    number = packed[slot] if slot < len(packed) else ABSENT
                    weight, points_to = self._weight(place, role, number)
                    own += weight
                    parent = points_to if role == 0 else parent
                if parent is None:
                    total += self._seal(own)
                else:
                    gathered[parent] = gathered.get(parent, 0) + self._seal(own)
        return total

    def _seal(self, own: int) -> int:
        """Return the digest of a member with all that points to it."""
        found = self._sealed.get(own)
        if found is None:
            found = self._sealed[own] = mix(own)
        return found

    def _weight(self, place: int, role: int, number: int) -> tuple[int, Member | None]:
        """Return what a member's cell adds to its digest, and where it points."""
        known = self._known.get((place, role, number))
        if known is None:
            known = self._known[place, role, number] = self._weigh(place, role, number)
        return known

    def _weigh(self, place: int, role: int, number: int) -> tuple[int, Member | None]:
        """Compute `_weight`; raise CellError for a reference that does not lead towards the roots."""
        if number == ABSENT:
            return 0, None
        family, interner = self._families[place], self._layout.interner
        value = interner.values[number]
        target = family.points_to(value) if role == 0 else None
        parent = None if target is None else self._members.get(target)
        if parent is not None:
            if parent[0] <= place:
                raise CellError(f"forest: {family.name} point to {target!r}, whose family must come after theirs")
            value = family.forget(value)
        label = interner.digester.of(("forest", family.name, role))
        return weigh(label, interner.digester.of(value)), parent
