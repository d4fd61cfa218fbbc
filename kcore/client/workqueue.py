"""WorkQueue: the keys that a component has still to look at, as a value.

Models client-go's queue: a key waits at most once; one that is added while its turn is under way waits for another
turn; a failed key comes back after a back-off that doubles. Rate limits over all keys together are not modelled.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/util/workqueue/queue.go
"""

from __future__ import annotations

import attrs

from kcore.api.evolve import evolve
from kcore.api.hashmap import EMPTY as NOTHING
from kcore.api.hashmap import HashMap
from kcore.client.fifo import EMPTY as NOBODY
from kcore.client.fifo import Fifo
from kcore.client.turn import Key

BASE_DELAY = 5
"""The first back-off of a failed key, ms."""

MAX_DELAY = 1_000_000
"""The longest back-off of a failed key, ms."""

MOST_FAILURES = (MAX_DELAY // BASE_DELAY).bit_length()
"""As many failures are counted: from there on the back-off is the longest, and one more makes no difference."""

_NONE: frozenset[Key] = frozenset()


@attrs.frozen(kw_only=True)
class WorkQueue:
    """The waiting keys in order, the keys under way, the keys to queue again when done, and failures per key.

    Many keys may wait, few are under way.
    """

    order: Fifo[Key] = NOBODY
    waiting: HashMap[Key, None] = NOTHING
    under_way: frozenset[Key] = _NONE
    dirty: frozenset[Key] = _NONE
    failures: HashMap[Key, int] = NOTHING

    def __len__(self) -> int:
        """Return the number of waiting keys."""
        return len(self.waiting)

    def add(self, key: Key) -> WorkQueue:
        """Queue `key` unless it waits; while its turn is under way it is only marked for another one."""
        if key in self.under_way:
            return self if key in self.dirty else evolve(self, dirty=self.dirty | {key})
        if key in self.waiting:
            return self
        return evolve(self, order=self.order.append(key), waiting=self.waiting.set(key, None))

    def take(self, key: Key) -> WorkQueue:
        """Begin the turn of `key`, which waits."""
        order, waiting = self.order.remove(key), self.waiting.delete(key)
        return evolve(self, order=order, waiting=waiting, under_way=self.under_way | {key})

    def done(self, key: Key) -> WorkQueue:
        """End the turn of `key`; it waits again if it was added meanwhile."""
        under_way = self.under_way - {key}
        if key not in self.dirty:
            return evolve(self, under_way=under_way)
        return evolve(self, under_way=under_way, dirty=self.dirty - {key}).add(key)

    def failed(self, key: Key) -> tuple[WorkQueue, int]:
        """Count a failure of `key`; return the queue and the ms after which the key is to be added again."""
        count = self.failures.get(key, 0)
        delay = min(BASE_DELAY << count, MAX_DELAY)
        if count == MOST_FAILURES:
            return self, delay
        return evolve(self, failures=self.failures.set(key, count + 1)), delay

    def forget(self, key: Key) -> WorkQueue:
        """Forget the failures of `key`."""
        return evolve(self, failures=self.failures.delete(key)) if key in self.failures else self


EMPTY = WorkQueue()
