"""Waiting pods: whom the scheduler is still to place, and which of them it tried in vain.

Models the scheduling queue as far as the store tells it: a pod that was never tried is active, by priority; one whose
condition PodScheduled says False was tried and waits for something to change. How long a pod backs off after each vain
attempt is here too: 1 s, then 2, 4, 8 and at most 10 s.

Not modelled: the flush of pods that have waited for five minutes, and the order in time among pods of one priority,
which is that of the work queue.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/queue/scheduling_queue.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import attrs
from pyrsistent import PMap, pmap

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.sortedset import EMPTY as NOBODY
from kcore.apiserver.sortedset import SortedSet
from kcore.scheduler.profile import DEFAULT_PROFILE

ENDED = frozenset({"Succeeded", "Failed"})
POD_SCHEDULED = "PodScheduled"
FALSE = "False"

INITIAL_BACKOFF = 1000
"""How long a pod backs off after its first vain attempt, ms."""

MAX_BACKOFF = 10_000
"""The longest back-off, ms."""

MOST_ATTEMPTS = (MAX_BACKOFF // INITIAL_BACKOFF).bit_length() + 1
"""As many vain attempts are counted: from there on the back-off is the longest."""


_Untried: TypeAlias = PMap[int, SortedSet[ObjectKey]]


class _Ticket(NamedTuple):
    """Where a pod waits: whether it was tried, and its priority."""

    tried: bool
    priority: int


@attrs.frozen(kw_only=True, eq=False)
class Waiting:
    """The keys of pods that were never tried, by priority, and of those that were tried in vain.

    Keys are sorted. There are few priorities.
    """

    untried: PMap[int, SortedSet[ObjectKey]] = pmap()
    tried: SortedSet[ObjectKey] = NOBODY

    def after(self, old: ApiObject | None, new: ApiObject | None) -> Waiting:
        """Return who waits after the pod `old` (None: absent) became `new`; itself where nothing changed."""
        left, come = _ticket(old), _ticket(new)
        if left == come:
            return self
        untried, tried = self.untried, self.tried
        if left is not None and old is not None:
            untried, tried = _moved(untried, tried, left, SortedSet.discard, key_of(old))
        if come is not None and new is not None:
            untried, tried = _moved(untried, tried, come, SortedSet.add, key_of(new))
        return Waiting(untried=untried, tried=tried)

    def above(self, priority: int) -> ObjectKey | None:
        """Return the first of the untried pods of the highest priority, if that is above `priority`."""
        highest = max(self.untried, default=priority)
        return next(iter(self.untried[highest])) if highest > priority else None


NOBODY_WAITS = Waiting()


def is_pending(found: ApiObject | None) -> bool:
    """Tell whether `found` is a pod that this scheduler is to place: not gated, not being deleted, not ended."""
    return (
        isinstance(found, Pod)
        and not found.spec.node_name
        and found.spec.scheduler_name in _NAMES
        and not found.spec.scheduling_gates
        and found.metadata.deletion_timestamp is None
        and found.status.phase not in ENDED
    )


def scheduled_condition(pod: Pod) -> Condition | None:
    """Return what the pod's status says of its placement."""
    return next((one for one in pod.status.conditions if one.type == POD_SCHEDULED), None)


def is_tried(pod: Pod) -> bool:
    """Tell whether `pod` was tried in vain, as its status says."""
    condition = scheduled_condition(pod)
    return condition is not None and condition.status == FALSE


def backoff(attempts: int) -> int:
    """Return how long a pod backs off after so many vain attempts, ms: 1000, 2000, 4000, 8000, then 10000."""
    return min(INITIAL_BACKOFF << (attempts - 1), MAX_BACKOFF)


def _moved(
    untried: _Untried,
    tried: SortedSet[ObjectKey],
    ticket: _Ticket,
    move: Callable[[SortedSet[ObjectKey], ObjectKey], SortedSet[ObjectKey]],
    key: ObjectKey,
) -> tuple[_Untried, SortedSet[ObjectKey]]:
    """Return who waits after `key` joined or left those of its ticket."""
    if ticket.tried:
        return untried, move(tried, key)
    among = move(untried.get(ticket.priority, NOBODY), key)
    return untried.set(ticket.priority, among) if among else untried.discard(ticket.priority), tried


def _ticket(found: ApiObject | None) -> _Ticket | None:
    if not isinstance(found, Pod) or not is_pending(found):
        return None
    return _Ticket(is_tried(found), found.spec.priority or 0)


_NAMES = ("", DEFAULT_PROFILE.scheduler_name)
"""The scheduler names of pods that are this scheduler's; none is the default one."""
