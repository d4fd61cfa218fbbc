"""Digests: 128 bits of a value that are the same in every process and on every machine.

Each value has one canonical encoding with a tag for its type, so that 1, True, "1" and None differ; sets and maps are
taken in the order of their members' digests. A composite is the hash of its parts' digests, so that parts are cached.
Fields of an attrs class that are left out of `==` (`eq=False`) are left out of the digest too. `hash()` is never used.

Does not model floats (they have no agreed equality), nor lists, dicts and sets, which are not values.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import Any

import attrs
from pyrsistent import PMap, PSet, PVector

from kcore.machine.errors import DigestError

SIZE = 16
MASK = (1 << (8 * SIZE)) - 1


def _hash(tag: bytes, payload: bytes) -> bytes:
    """Return 16 bytes of a tag and a payload; a tag has no zero byte."""
    return blake2b(tag + b"\0" + payload, digest_size=SIZE).digest()


def _name(cls: type) -> bytes:
    """Return a class's name with its module, encoded."""
    return f"{cls.__module__}.{cls.__qualname__}".encode()


def mix(value: int) -> int:
    """Return 128 well-mixed bits of a non-negative sum of digests, and 0 for 0: seals a group before it is added."""
    return int.from_bytes(_hash(b"mix", (value & MASK).to_bytes(SIZE, "big")), "big") if value else 0


class Digester:
    """Digests of values, remembered for the objects that it is told to keep, which it keeps alive.

    One per search or layout; a fresh one gives the same digests.
    """

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._scalars: dict[tuple[type, object], bytes] = {}
        self._objects: dict[int, tuple[object, bytes]] = {}
        self._fields: dict[type, tuple[str, ...]] = {}

    def __call__(self, value: object) -> int:
        """Return the digest, 0 to 2**128 - 1; raise DigestError for a value that has none."""
        return int.from_bytes(self.of(value), "big")

    def of(self, value: object, *, keep: bool = False) -> bytes:
        """Return the digest as 16 bytes, and keep the value with its parts if told to.

        Raises DigestError for a value that has none.
        """
        scalar = _SCALARS.get(type(value))
        if scalar is not None:
            found = self._scalars.get((type(value), value))
            if found is None:
                found = scalar(value)
                if keep:
                    self._scalars[type(value), value] = found
            return found
        known = self._objects.get(id(value))
        if known is None:
            known = (value, self._composite(value, keep=keep))
            if keep:
                self._objects[id(value)] = known
        return known[1]

    def _composite(self, value: object, *, keep: bool) -> bytes:
        """Return the digest of a container, an enum member or an attrs object."""
        if isinstance(value, enum.Enum):
            return _hash(b"enum", _name(type(value)) + b"." + value.name.encode())
        of = partial(self.of, keep=keep)
        if attrs.has(type(value)):
            parts = (getattr(value, name) for name in self._compared(type(value)))
            return _hash(_name(type(value)), b"".join(map(of, parts)))
        if type(value) is tuple:
            return _hash(b"tuple", b"".join(map(of, value)))
        if isinstance(value, PVector):
            return _hash(b"pvector", b"".join(map(of, value)))
        if isinstance(value, frozenset | PSet):
            return _hash(b"set", b"".join(sorted(map(of, value))))
        if isinstance(value, PMap):
            return _hash(b"map", b"".join(sorted(of(key) + of(value[key]) for key in value)))
        raise DigestError(
            f"{type(value).__name__} {value!r} has no digest: only str, bytes, int, bool, None, enums, tuples, "
            "frozensets, persistent collections and frozen attrs classes have"
        )

    def _compared(self, cls: type) -> tuple[str, ...]:
        """Return the names of the fields of an attrs class that its `==` compares; raise on one that is not frozen."""
        names = self._fields.get(cls)
        if names is None:
            if "__setattr__" not in vars(cls):
                raise DigestError(f"{cls.__name__} has no digest: it is not frozen")
            names = self._fields[cls] = tuple(field.name for field in attrs.fields(cls) if field.eq)
        return names


def digest(value: object) -> int:
    """Return the digest of one value, 0 to 2**128 - 1, remembering nothing."""
    return Digester()(value)


_SCALARS: dict[type, Callable[[Any], bytes]] = {
    str: lambda value: _hash(b"str", value.encode()),
    int: lambda value: _hash(b"int", str(value).encode()),
    bool: lambda value: _hash(b"bool", str(value).encode()),
    bytes: lambda value: _hash(b"bytes", value),
    type(None): lambda _: _hash(b"none", b""),
}
