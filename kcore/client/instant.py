"""Instants: the points in time, signs and revisions that a component remembers, marked as such.

Models the memory of a component that lives as long as the cluster: what it remembers of time is told from the present,
so that a cluster in which nothing changes but the clock comes back to the same state. Each marker is the integer that
it marks, and says besides what it is compared with; a search counts that and nothing else.

Not modelled: durations, which are plain integers.
"""

from __future__ import annotations

from typing import Any, Self

from kcore.api.object import ObjectKey


class Instant(int):
    """A point in time, ms since 1970, that is compared with the present.

    `matters` is after how many ms it makes no difference any more how long ago it was (None: it always does), `every`
    the period of what recurs from then on, of which only the phase counts (None: it does not recur).
    """

    matters: int | None
    every: int | None

    def __new__(cls, at: int, *, matters: int | None = None, every: int | None = None) -> Self:
        """Mark the time `at`."""
        instant = super().__new__(cls, at)
        instant.matters = matters
        instant.every = every
        return instant

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle with what it says besides."""
        return _instant, (int(self), self.matters, self.every)

    def age(self, now: int) -> int:
        """Return how long ago it was at `now`, as far as that matters; negative while it is yet to come."""
        age = now - self
        if self.every is not None:
            return age % self.every
        return age if self.matters is None else min(age, self.matters)


class Sign(int):
    """A time that was read in the object at `of`, and is compared with what that object says later, and nothing else.

    Its unit is that of the field that it was read from.
    """

    of: ObjectKey

    def __new__(cls, at: int, of: ObjectKey) -> Self:
        """Mark the time `at` as read in the object at `of`."""
        sign = super().__new__(cls, at)
        sign.of = of
        return sign

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle with what it says besides."""
        return Sign, (int(self), self.of)


class Revision(int):
    """A revision of the store that a cache is to come as far as."""


def awaited(at: int) -> Instant:
    """Mark a time to wait for, of which nothing matters once it has come."""
    return Instant(at, matters=0)


def _instant(at: int, matters: int | None, every: int | None) -> Instant:
    return Instant(at, matters=matters, every=every)
