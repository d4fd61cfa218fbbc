"""The queue of nodes to give up in a zone, and the token bucket that lets them out one by one.

Models a queue that holds a node at most once, and does not take back one that it has let out until it is told to
forget it; and a bucket of one token that fills at a rate, or never. A token is spent also on a node whose time has not
come. A bucket that takes the place of an empty one starts empty; one that never fills says that its rate is 1.

Rates have 32 bits, as upstream's do: a hundred seconds are not quite enough for a token at 0.01 a second.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go
Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/util/flowcontrol/throttle.go
"""

from __future__ import annotations

import struct
from bisect import insort
from typing import NamedTuple

import attrs
from pyrsistent import PSet, pset

from kcore.client.instant import Instant, awaited

NODE_EVICTION_PERIOD = 100
"""How often (ms) the queues are looked at."""

REPORTED_WHEN_NEVER = 1_000
"""A bucket that never fills says that a token takes it so long (ms)."""


_SECOND, _MILLISECOND = 10**9, 10**6


class TimedValue(NamedTuple):
    """A node in the queue, not to be let out before `process_at` (ms since 1970)."""

    process_at: Instant
    value: str


@attrs.frozen
class Limiter:
    """A bucket of one token, which takes `interval` ms to come (None: for ever) and was `spent` at a time (None: not).

    As the bucket holds one token, when that was spent says all there is to say of it.
    """

    interval: int | None
    spent: Instant | None = None

    @classmethod
    def of(cls, qps: float) -> Limiter:
        """Return a full bucket that fills at `qps` tokens a second (0: never); a nanosecond is not waited for."""
        if qps <= 0:
            return cls(None)
        tokens, seconds = struct.unpack("f", struct.pack("f", qps))[0].as_integer_ratio()
        return cls((seconds * _SECOND - tokens) // (tokens * _MILLISECOND) + 1)

    @property
    def reported(self) -> int:
        """How long (ms) a token is said to take."""
        return REPORTED_WHEN_NEVER if self.interval is None else self.interval

    def accept(self, now: int) -> Limiter | None:
        """Return the bucket without the token that is taken at `now`; None when there is none to take."""
        if self.interval is None or (self.spent is not None and now - self.spent < self.interval):
            return None
        return Limiter(self.interval, Instant(now, matters=self.interval))

    def due(self, begun: int, now: int) -> int | None:
        """Return when after `now` a look at the queue, begun at `begun`, first finds a token; None for never."""
        if self.interval is None:
            return None
        earliest = now + 1 if self.spent is None else max(now + 1, self.spent + self.interval)
        return earliest + (begun - earliest) % NODE_EVICTION_PERIOD


@attrs.frozen
class RateLimitedTimedQueue:
    """The `waiting` nodes, next first, all `known` ones that are not to be added again, and the limiter."""

    limiter: Limiter
    waiting: tuple[TimedValue, ...] = ()
    known: PSet[str] = pset()

    def add(self, value: str, now: int) -> RateLimitedTimedQueue:
        """Return the queue in which `value` waits since `now`, unless it is known."""
        if value in self.known:
            return self
        waiting = self._inserted(self.waiting, TimedValue(awaited(now), value))
        return attrs.evolve(self, waiting=waiting, known=self.known.add(value))

    def remove(self, value: str) -> RateLimitedTimedQueue:
        """Return the queue that knows nothing of `value`."""
        if value not in self.known:
            return self
        return attrs.evolve(self, waiting=self._without(value), known=self.known.remove(value))

    def let_out(self, value: str) -> RateLimitedTimedQueue:
        """Return the queue in which `value` is known, but does not wait any more."""
        return attrs.evolve(self, waiting=self._without(value))

    def postponed(self, value: str, until: int) -> RateLimitedTimedQueue:
        """Return the queue in which `value`, which waits, waits until a time (ms since 1970)."""
        return attrs.evolve(self, waiting=self._inserted(self._without(value), TimedValue(awaited(until), value)))

    def swap_limiter(self, qps: float, now: int) -> RateLimitedTimedQueue:
        """Return the queue that lets out at the rate `qps` (0: never) from `now` on."""
        limiter = Limiter.of(qps)
        if self.limiter.reported == limiter.interval:
            return self
        if limiter.interval is not None and self.limiter.accept(now) is None:
            limiter = limiter.accept(now) or limiter
        return attrs.evolve(self, limiter=limiter)

    def _without(self, value: str) -> tuple[TimedValue, ...]:
        return tuple(one for one in self.waiting if one.value != value)

    @staticmethod
    def _inserted(waiting: tuple[TimedValue, ...], new: TimedValue) -> tuple[TimedValue, ...]:
        """Return the queue with `new` behind those of its time."""
        values = list(waiting)
        insort(values, new, key=lambda one: one.process_at)
        return tuple(values)
