"""Fifo: an immutable queue: first in, first out, at a constant cost.

Models a tuple that is read from the front and a persistent vector that grows at the back and becomes the front when
that is used up. Order is all there is: two queues are equal when they would hand out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Generic, TypeVar

import attrs
from pyrsistent import PVector, pvector

from kcore.api.evolve import quick

T = TypeVar("T")

_NOTHING: PVector[Any] = pvector()


@quick
@attrs.frozen(eq=False, repr=False)
class Fifo(Generic[T]):
    """A queue: what is left of `front` from the place `at` on, then `back`, which is empty if nothing else is left."""

    front: tuple[T, ...] = ()
    at: int = 0
    back: PVector[T] = _NOTHING

    @classmethod
    def of(cls, members: Iterable[T]) -> Fifo[T]:
        """Return the queue of `members`, the first of them first."""
        return cls(tuple(members))

    @property
    def first(self) -> T:
        """The one that is next; IndexError when there is none."""
        return self.front[self.at]

    def append(self, member: T) -> Fifo[T]:
        """Return the queue with `member` at its end."""
        return Fifo(self.front, self.at, self.back.append(member)) if self.front else Fifo((member,))

    def pop(self) -> Fifo[T]:
        """Return the queue without its first member."""
        at = self.at + 1
        return Fifo(self.front, at, self.back) if at < len(self.front) else Fifo(tuple(self.back))

    def remove(self, member: T) -> Fifo[T]:
        """Return the queue without `member`, which is in it once; a constant cost if it is the first."""
        return self.pop() if self.first == member else Fifo(tuple(one for one in self if one != member))

    def __bool__(self) -> bool:
        """Tell whether anything is in the queue."""
        return bool(self.front)

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.front) - self.at + len(self.back)

    def __iter__(self) -> Iterator[T]:
        """Iterate in order."""
        yield from islice(self.front, self.at, None)
        yield from self.back

    def __eq__(self, other: object) -> bool:
        """Compare by members in order."""
        return tuple(self) == tuple(other) if isinstance(other, Fifo) else NotImplemented

    def __hash__(self) -> int:
        """Return a hash over the members in order."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Show the members in order."""
        return f"Fifo.of({list(self)!r})"


EMPTY: Fifo[Any] = Fifo()
