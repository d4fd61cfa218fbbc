"""SortedSet: an immutable sorted set that shares structure, for the buckets of an index.

Models a set of comparable values as groups of sorted chunks. To add or remove one copies one chunk, the list of chunks
of one group and the list of groups, which at 100,000 members is fifty pointers each; to iterate is to read in order, so
nothing depends on hashes or on history. Not for a handful of values, for which a sorted tuple is as good, nor for
cluster state.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import attrs

from kcore.api.evolve import quick


class Comparable(Protocol):
    """A value that has an order among its like."""

    def __lt__(self, other: Any, /) -> bool:
        """Tell whether this comes before `other`."""


T = TypeVar("T", bound=Comparable)

WIDTH = 48
"""A chunk, or a group of chunks, that grows past this is split in two."""


class Group(NamedTuple):
    """Chunks next to one another, and the first member of each."""

    chunks: tuple[tuple[Any, ...], ...]
    starts: tuple[Any, ...]


@quick
@attrs.frozen(eq=False, repr=False)
class SortedSet(Generic[T]):
    """A sorted set; `starts` holds the first member of each group."""

    groups: tuple[Group, ...] = ()
    starts: tuple[T, ...] = ()
    size: int = 0

    @classmethod
    def of(cls, members: Iterable[T]) -> SortedSet[T]:
        """Return the set of `members`."""
        ordered: list[T] = sorted(set(members))
        chunks = [tuple(ordered[at : at + WIDTH]) for at in range(0, len(ordered), WIDTH)]
        groups = [_group(tuple(chunks[at : at + WIDTH])) for at in range(0, len(chunks), WIDTH)]
        return cls(tuple(groups), tuple(one.starts[0] for one in groups), len(ordered))

    def __len__(self) -> int:
        """Return the number of members."""
        return self.size

    def __iter__(self) -> Iterator[T]:
        """Iterate in order."""
        return chain.from_iterable(chain.from_iterable(group.chunks for group in self.groups))

    def __contains__(self, member: Any) -> bool:
        """Tell whether `member` is in the set."""
        if not self.groups:
            return False
        _, _, chunk = self._place(member)
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
        if not self.groups:
            return SortedSet((Group(((member,),), (member,)),), (member,), 1)
        group, index, chunk = self._place(member)
        at = bisect_left(chunk, member)
        if at < len(chunk) and chunk[at] == member:
            return self
        grown = (*chunk[:at], member, *chunk[at:])
        half = WIDTH // 2
        return self._replace(group, index, (grown,) if len(grown) <= WIDTH else (grown[:half], grown[half:]), 1)

    def discard(self, member: T) -> SortedSet[T]:
        """Return a set without `member`: this one if it is not there."""
        if not self.groups:
            return self
        group, index, chunk = self._place(member)
        at = bisect_left(chunk, member)
        if at == len(chunk) or chunk[at] != member:
            return self
        rest = chunk[:at] + chunk[at + 1 :]
        return self._replace(group, index, (rest,) if rest else (), -1)

    def _place(self, member: Any) -> tuple[int, int, tuple[T, ...]]:
        """Return the group in which `member` is or would be, the chunk in that, and what the chunk holds."""
        group = (bisect_right(self.starts, member) or 1) - 1
        chunks, starts = self.groups[group]
        index = (bisect_right(starts, member) or 1) - 1
        return group, index, chunks[index]

    def _replace(self, group: int, index: int, chunks: tuple[tuple[T, ...], ...], growth: int) -> SortedSet[T]:
        """Return the set with the chunk at `index` of a group replaced by `chunks`."""
        before, starts = self.groups[group]
        grown = before[:index] + chunks + before[index + 1 :]
        if len(grown) > WIDTH:
            half = WIDTH // 2
            new: tuple[Group, ...] = (_group(grown[:half]), _group(grown[half:]))
        elif grown:
            new = (Group(grown, starts[:index] + tuple([one[0] for one in chunks]) + starts[index + 1 :]),)
        else:
            new = ()
        return SortedSet(
            self.groups[:group] + new + self.groups[group + 1 :],
            self.starts[:group] + tuple([one.starts[0] for one in new]) + self.starts[group + 1 :],
            self.size + growth,
        )


def _group(chunks: tuple[tuple[Any, ...], ...]) -> Group:
    return Group(chunks, tuple([one[0] for one in chunks]))


EMPTY: SortedSet[Any] = SortedSet()
