"""A small immutable mapping with one order: that of its sorted keys.

Models label sets, annotations, resource lists and other maps inside API objects: a handful of entries, read often,
compared and hashed all the time. Not for cluster state, which lives in persistent maps that share structure.

The sorted order is the point: the iteration order of a persistent map depends on the hash seed of the process, and a
model that must run alike on every machine can't iterate in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

T = TypeVar("T")
V = TypeVar("V")


class FrozenMap(Mapping[str, V]):
    """An immutable `Mapping[str, V]`, iterated by sorted key; equal to any mapping with the same entries."""

    __slots__ = ("__weakref__", "_entries", "_hash")

    _entries: dict[str, V]
    _hash: int | None

    def __init__(self, entries: Mapping[str, V] | Iterable[tuple[str, V]] = ()) -> None:
        """Take the entries; later pairs win over earlier ones of the same key."""
        pairs = dict(entries)
        object.__setattr__(self, "_entries", {key: pairs[key] for key in sorted(pairs)})
        object.__setattr__(self, "_hash", None)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: the map is immutable."""
        message = f"FrozenMap is immutable: can't set {name} to {value!r}"
        raise AttributeError(message)

    def __getitem__(self, key: str) -> V:
        """Return the value of `key`; KeyError when absent."""
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys, sorted."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        """Tell whether `key` has an entry."""
        return key in self._entries

    def __hash__(self) -> int:
        """Return a hash over the entries, computed once."""
        if self._hash is None:
            object.__setattr__(self, "_hash", hash(tuple(self._entries.items())))
        return self._hash  # type: ignore[return-value]  # set on the line above

    def __eq__(self, other: object) -> bool:
        """Compare by entries with any mapping."""
        if other is self:
            return True
        if isinstance(other, FrozenMap):
            return self._entries == other._entries
        return self._entries == other if isinstance(other, Mapping) else NotImplemented

    def __repr__(self) -> str:
        """Show the entries as a dict would."""
        return f"FrozenMap({self._entries!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by entries."""
        return (FrozenMap, (self._entries,))

    @overload
    def get(self, key: str, /) -> V | None: ...
    @overload
    def get(self, key: str, /, default: V | T) -> V | T: ...

    def get(self, key: str, /, default: Any = None) -> Any:
        """Return the value of `key`, or `default`."""
        return self._entries.get(key, default)

    def set(self, key: str, value: V) -> FrozenMap[V]:
        """Return a map in which `key` has `value`."""
        return FrozenMap({**self._entries, key: value})

    def update(self, entries: Mapping[str, V]) -> FrozenMap[V]:
        """Return a map in which `entries` replace or join what is here."""
        return FrozenMap({**self._entries, **entries})

    def remove(self, *keys: str) -> FrozenMap[V]:
        """Return a map without `keys`; absent ones are passed over."""
        return FrozenMap({key: value for key, value in self._entries.items() if key not in keys})


EMPTY: FrozenMap[Any] = FrozenMap()
