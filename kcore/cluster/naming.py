"""Naming: one form of a state for all states that differ only in the names that were invented.

Models a state as a bag of parts, each a digest and the invented names that it mentions, in order. Names are sorted by
where they are mentioned, and along with what; where some tie one is set apart, by its text, until none do. Each is
replaced by its place in that order. What is left is a renaming of the state itself, so that no two states are taken for
one that are not renamings of each other: sound. Two that are may still be told apart where names tie that are not
alike, such as those of two rings of three and of one of six: incomplete, and rare.

Not modelled: the search for a least renaming among tied names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, TypeAlias

from kcore.machine.digest import MASK, SIZE

Ties: TypeAlias = tuple[tuple[int, int, int], ...]
Part: TypeAlias = tuple[bytes, tuple[str, ...], Ties]
"""What a part says, the names that it mentions, and which of those may change places, see `loose.Content`."""

Bond: TypeAlias = tuple[tuple[int, int], ...]
"""Names that are mentioned together, by their numbers, each with what its mention says."""

REMEMBERED = 1 << 16
"""How many hashes are remembered at most."""


class Naming:
    """Sums over parts in which names count by their place, or without `symmetry` as they are.

    It remembers what it has hashed.
    """

    def __init__(self, *, symmetry: bool = True) -> None:
        """Start with nothing remembered."""
        self._symmetry = symmetry
        self._marks: dict[tuple[bytes, int, Ties], tuple[int, ...]] = {}
        self._weights: dict[tuple[bytes, tuple[int | str, ...]], int] = {}

    def total(self, parts: Iterable[Part]) -> int:
        """Return the sum of what `parts` weigh, 0 to 2**128 - 1."""
        plain, named = 0, []
        for part in parts:
            if part[1]:
                named.append(part)
            else:
                plain += int.from_bytes(part[0], "big")
        if not named:
            return plain & MASK
        places = self._places(named) if self._symmetry else None
        for digest, names, ties in named:
            listed = names if places is None else [places[name] for name in names]
            plain += self._weight(digest, _in_order(listed, ties))
        return plain & MASK

    def _places(self, parts: list[Part]) -> dict[str, int]:
        """Return the place of each name in the order of the names.

        Where names tie, one of them is set apart from the others, and who is mentioned along with it from the rest.
        """
        names = sorted({name for part in parts for name in part[1]})
        number = {name: place for place, name in enumerate(names)}
        colors, bonds = [0] * len(names), []
        for part in parts:
            mentioned, marks = [number[name] for name in part[1]], self._marks_of(part)
            for one, mark in zip(mentioned, marks, strict=True):
                colors[one] += mark
            if len(mentioned) > 1:
                bonds.append(tuple(zip(mentioned, marks, strict=True)))
        colors = _refined(colors, bonds)
        while len(set(colors)) < len(colors):
            colors[_first_tied(colors)] += _ODD
            colors = _refined(colors, bonds)
        ordered = sorted(zip(colors, names, strict=True))
        return {name: place for place, (_, name) in enumerate(ordered)}

    def _marks_of(self, part: Part) -> tuple[int, ...]:
        """Return what being mentioned in a part says of a name, by its position there."""
        digest, names, ties = part
        key = (digest, len(names), ties)
        marks = self._marks.get(key)
        if marks is None:
            if len(self._marks) >= REMEMBERED:
                self._marks.clear()
            positions = list(range(len(names)))
            for start, width, count in ties:
                for place in range(start, start + width * count):
                    positions[place] = positions[start + (place - start) % width]
            marks = self._marks[key] = tuple(_hashed(digest, (position,)) for position in positions)
        return marks

    def _weight(self, digest: bytes, places: tuple[int | str, ...]) -> int:
        weight = self._weights.get((digest, places))
        if weight is None:
            if len(self._weights) >= REMEMBERED:
                self._weights.clear()
            weight = self._weights[digest, places] = _hashed(digest, places)
        return weight


def _refined(colors: list[int], bonds: list[Bond]) -> list[int]:
    """Return colors in which names differ that are mentioned along with names that do, until no more of them do."""
    distinct = len(set(colors))
    while distinct < len(colors):
        following = [color * _ODD & MASK for color in colors]
        for bond in bonds:
            together = sum([colors[one] * mark for one, mark in bond]) & MASK
            for one, mark in bond:
                following[one] += (together ^ mark) * mark & MASK
        now = len(set(following))
        if now == distinct:
            return colors
        colors, distinct = following, now
    return colors


def _first_tied(colors: Sequence[int]) -> int:
    """Return the first of the names that tie in the lowest color in which some do."""
    counts = Counter(colors)
    return colors.index(min(color for color, count in counts.items() if count > 1))


def _in_order(names: Sequence[int | str], ties: Ties) -> tuple[int | str, ...]:
    """Return the names of a part, or their places, those sorted that may change places."""
    places: list[Any] = list(names)
    for start, width, count in ties:
        end = start + width * count
        runs = sorted(places[at : at + width] for at in range(start, end, width))
        places[start:end] = [place for run in runs for place in run]
    return tuple(places)


def _hashed(digest: bytes, numbers: tuple[int | str, ...]) -> int:
    text = ",".join(map(str, numbers)).encode()
    return int.from_bytes(blake2b(digest + text, digest_size=SIZE).digest(), "big")


_ODD = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""An odd number of 128 bits without a pattern."""
