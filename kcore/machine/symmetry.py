"""Symmetry: cells that are alike count as one another, so that states which differ by a renaming are one state.

The members of an `Alike` add digests that forget which member holds a value, so that their sum is the fingerprint of
a multiset. It is sound under these conditions, which `check_equivariance` tests on states and permutations given to it:

1. rules treat members alike: what follows from a renamed state is the renaming of what follows from the state;
2. so do the properties that are asked;
3. nothing outside the members, and no value inside, names a member. Where values do, see quotient.

Does not model liveness: fairness speaks of single events, which a renaming confuses, so searches judge it unreduced.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.machine.cells import Layout, Name, weigh
from kcore.machine.errors import CellError
from kcore.machine.intern import ABSENT


@attrs.frozen
class Alike:
    """A class of interchangeable cells: a name in the plural ("resource managers") and the cells' names."""

    name: str
    members: tuple[Name, ...]


class AlikeWeights:
    """What values add to a fingerprint that forgets which of several alike cells holds them."""

    def __init__(self, layout: Layout, alike: Sequence[Alike]) -> None:
        self._layout = layout
        self._labels: dict[int, bytes] = {}
        self._weights: dict[tuple[bytes, int], int] = {}
        for each in alike:
            label = layout.interner.digester.of(("alike", each.name))
            for member in each.members:
                slot = layout.slot(member)
                if slot in self._labels:
                    raise CellError(f"alike {each.name}: cell {member!r} is a member twice")
                self._labels[slot] = label

    def weight(self, slot: int, number: int) -> int:
        """Return what a value adds in a slot: by the class for a member, by the cell's name for any other."""
        label = self._labels.get(slot)
        if label is None:
            return self._layout.weight(slot, number)
        if number == ABSENT:
            return 0
        key = (label, number)
        found = self._weights.get(key)
        if found is None:
            found = self._weights[key] = weigh(label, self._layout.interner.digest(number))
        return found
