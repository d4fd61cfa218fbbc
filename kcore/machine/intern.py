"""Numbers for things: dense, append-only, given in the order in which things are first met.

Models the two registers of a search: keys (cell names, read tokens) told apart by `==`, and values told apart by
their digests, so that 1 and True are two values.

Does not model forgetting: a register lives as long as the search or run that it serves.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from kcore.machine.digest import Digester

K = TypeVar("K", bound=Hashable)

ABSENT = 0
"""The id of None: what a cell holds that holds nothing."""


class Register(Generic[K]):
    """Hashable keys and their numbers 0, 1, 2, ..."""

    def __init__(self) -> None:
        self.keys: list[K] = []
        self._numbers: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: K) -> bool:
        return key in self._numbers

    def number(self, key: K) -> int:
        """Return the number of a key, a new one where the key is new."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.keys)
            self.keys.append(key)
        return found


class Interner:
    """Values and their ids 0 (None), 1, 2, ...; an id stands for one value by digest, and keeps its first object."""

    def __init__(self) -> None:
        self.digester = Digester()
        self.values: list[Any] = []
        self._ids: dict[bytes, int] = {}
        self._objects: dict[int, int] = {}
        self.id_of(None)

    def id_of(self, value: object) -> int:
        """Return the id of a value, a new one where the value is new; raise DigestError where it has no digest."""
        known = self._objects.get(id(value))
        if known is not None:
            return known
        digest = self.digester.of(value)
        found = self._ids.get(digest)
        if found is None:
            found = self._ids[digest] = len(self.values)
            self.values.append(value)
            self._objects[id(value)] = found
            self.digester.of(value, keep=True)
        return found

    def digest(self, number: int) -> bytes:
        """Return the 16 bytes of an id's value."""
        return self.digester.of(self.values[number])
