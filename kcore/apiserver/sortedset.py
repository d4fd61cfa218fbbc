"""SortedSet: an immutable sorted set that shares structure, for the buckets of an index.

Models a set of comparable values as a tuple of sorted chunks. To add or remove one copies one chunk and the list of
chunks, which at 100,000 members is under a thousand pointers each; to iterate is to read in order, so nothing depends
on hashes or on history. Not for a handful of values, for which a sorted tuple is as good, nor for cluster state.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Generic, Protocol, TypeVar

import attrs

from kcore.api.evolve import quick


class Comparable(Protocol):
    """A value that has an order among its like."""

    def __lt__(self, other: Any, /) -> bool:
        """Tell whether this comes before `other`."""


T = TypeVar("T", bound=Comparable)

CHUNK = 256
"""A chunk that grows past this is split in two."""


@quick
@attrs.frozen(eq=False, repr=False)
class SortedSet(Generic[T]):
    """A sorted set; `starts` holds the first member of each chunk."""

    chunks: tuple[tuple[T, ...], ...] = ()
    starts: tuple[T, ...] = ()
    size: int = 0

    @classmethod
    def of(cls, members: Iterable[T]) -> SortedSet[T]:
        """Return the set of `members`."""
        ordered: list[T] = sorted(set(members))
        chunks = tuple(tuple(ordered[at : at + CHUNK]) for at in range(0, len(ordered), CHUNK))
        return cls(chunks, tuple(chunk[0] for chunk in chunks), len(ordered))

    def __len__(self) -> int:
        """Return the number of members."""
        return self.size

    def __iter__(self) -> Iterator[T]:
        """Iterate in order."""
        return chain.from_iterable(self.chunks)

    def __contains__(self, member: Any) -> bool:
        """Tell whether `member` is in the set."""
        if not self.chunks:
            return False
        chunk = self.chunks[self._chunk_of(member)]
        at = bisect_left(chunk, member)
        return at < len(chunk) and chunk[at] == member

    def __eq__(self, other: object) -> bool:
        """Compare by members, whatever the chunks."""
        if not isinstance(other, SortedSet):
            return NotImplemented
        return self.size == other.size and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """Return a hash over the members."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Show the members in order."""
        return f"SortedSet.of({list(self)!r})"

    def add(self, member: T) -> SortedSet[T]:
        """Return a set with `member`: this one if it is there already."""
        if not self.chunks:
            return SortedSet(((member,),), (member,), 1)
        index = self._chunk_of(member)
        chunk = self.chunks[index]
        at = bisect_left(chunk, member)
        if at < len(chunk) and chunk[at] == member:
            return self
        grown = (*chunk[:at], member, *chunk[at:])
        if len(grown) <= CHUNK:
            return self._replace(index, (grown,), 1)
        half = CHUNK // 2
        return self._replace(index, (grown[:half], grown[half:]), 1)

    def discard(self, member: T) -> SortedSet[T]:
        """Return a set without `member`: this one if it is not there."""
        if member not in self:
            return self
        index = self._chunk_of(member)
        chunk = self.chunks[index]
        at = bisect_left(chunk, member)
        rest = chunk[:at] + chunk[at + 1 :]
        return self._replace(index, (rest,) if rest else (), -1)

    def _chunk_of(self, member: Any) -> int:
        """Return the index of the chunk in which `member` is or would be."""
        return (bisect_right(self.starts, member) or 1) - 1

    def _replace(self, index: int, chunks: tuple[tuple[T, ...], ...], growth: int) -> SortedSet[T]:
        """Return the set with the chunk at `index` replaced by `chunks`."""
        starts = [chunk[0] for chunk in chunks]
        return SortedSet(
            (*self.chunks[:index], *chunks, *self.chunks[index + 1 :]),
            (*self.starts[:index], *starts, *self.starts[index + 1 :]),
            self.size + growth,
        )


EMPTY: SortedSet[Any] = SortedSet()
