"""Waiting pods: whom the scheduler is still to place, and which of them it tried in vain.

Models the scheduling queue as far as the store tells it: a pod that was never tried is active, by priority; one whose
condition PodScheduled says False was tried and waits for something to change, as does one that is promised to a node.
How long a pod backs off after each vain attempt is here too: 1 s, then 2, 4, 8 and at most 10 s.

Not modelled: the flush of pods that have waited for five minutes, and the order in time among pods of one priority,
which is that of the work queue.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/queue/scheduling_queue.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

import attrs

from kcore.api.core.pod import Pod
from kcore.api.hashmap import EMPTY as NONE
from kcore.api.hashmap import HashMap, without
from kcore.api.kinds import key_of
from kcore.api.memo import Memo
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.sortedset import EMPTY as NOBODY
from kcore.apiserver.sortedset import SortedSet

ENDED = frozenset({"Succeeded", "Failed"})
POD_SCHEDULED = "PodScheduled"
FALSE = "False"

MOST_DOUBLINGS = 30
"""So often at most does a back-off double; it is the longest long before."""


class Queue(Protocol):
    """Who may wait, and who of them goes first: what the profiles of a scheduler say."""

    def admit(self, pod: Pod) -> bool:
        """Tell whether `pod` may enter the queue."""

    def rank(self, pod: Pod) -> int:
        """Return how early `pod` is tried: the highest first."""


_Untried: TypeAlias = HashMap[int, SortedSet[ObjectKey]]


_Promised: TypeAlias = HashMap[str, SortedSet[ObjectKey]]


class _Ticket(NamedTuple):
    """Where a pod waits: whether it was tried, its rank, and the node that is promised to it ("": none)."""

    tried: bool
    rank: int
    nominated: str


@attrs.frozen(kw_only=True, eq=False)
class Waiting:
    """The keys of pods that were never tried, by rank, of those that were tried in vain, and of these by promise.

    Keys are sorted. There are few ranks. `nominated` has those to whom a node is promised, by its name.
    """

    queue: Queue
    untried: HashMap[int, SortedSet[ObjectKey]] = NONE
    tried: SortedSet[ObjectKey] = NOBODY
    nominated: HashMap[str, SortedSet[ObjectKey]] = NONE

    def after(self, old: ApiObject | None, new: ApiObject | None) -> Waiting:
        """Return who waits after the pod `old` (None: absent) became `new`; itself where nothing changed."""
        left = None if old is None else _TICKET(old, self.queue)
        come = None if new is None else _TICKET(new, self.queue)
        if left == come:
            return self
        untried, tried, nominated = self.untried, self.tried, self.nominated
        if left is not None and old is not None:
            untried, tried = _moved(untried, tried, left, SortedSet.discard, key_of(old))
            nominated = _promised(nominated, left, SortedSet.discard, key_of(old))
        if come is not None and new is not None:
            untried, tried = _moved(untried, tried, come, SortedSet.add, key_of(new))
            nominated = _promised(nominated, come, SortedSet.add, key_of(new))
        return Waiting(queue=self.queue, untried=untried, tried=tried, nominated=nominated)

    def above(self, rank: int) -> ObjectKey | None:
        """Return the first of the untried pods of the highest rank, if that is above `rank`."""
        highest = max(self.untried, default=rank)
        return next(iter(self.untried[highest])) if highest > rank else None


def is_pending(found: ApiObject | None, queue: Queue) -> bool:
    """Tell whether `found` is a pod that is to be placed: in this queue, not being deleted, not ended."""
    return (
        isinstance(found, Pod)
        and not found.spec.node_name
        and found.metadata.deletion_timestamp is None
        and found.status.phase not in ENDED
        and queue.admit(found)
    )


def priority_of(pod: Pod) -> int:
    """Return the priority of `pod`, 0 where it says none."""
    return pod.spec.priority or 0


def scheduled_condition(pod: Pod) -> Condition | None:
    """Return what the pod's status says of its placement."""
    return next((one for one in pod.status.conditions if one.type == POD_SCHEDULED), None)


def is_tried(pod: Pod) -> bool:
    """Tell whether `pod` was tried in vain, as its status says."""
    condition = scheduled_condition(pod)
    return condition is not None and condition.status == FALSE


def backoff(attempts: int, initial: int, most: int) -> int:
    """Return how long a pod backs off after so many vain attempts, ms: `initial`, then twice that, up to `most`."""
    return min(initial << min(attempts - 1, MOST_DOUBLINGS), most)


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
    among = move(untried.get(ticket.rank, NOBODY), key)
    return untried.set(ticket.rank, among) if among else without(untried, ticket.rank), tried


def _promised(
    nominated: _Promised,
    ticket: _Ticket,
    move: Callable[[SortedSet[ObjectKey], ObjectKey], SortedSet[ObjectKey]],
    key: ObjectKey,
) -> _Promised:
    """Return to whom nodes are promised after `key` joined or left those of its ticket."""
    if not ticket.nominated:
        return nominated
    among = move(nominated.get(ticket.nominated, NOBODY), key)
    return nominated.set(ticket.nominated, among) if among else without(nominated, ticket.nominated)


def _ticket(found: ApiObject, queue: Queue) -> _Ticket | None:
    if not isinstance(found, Pod) or not is_pending(found, queue):
        return None
    nominated = found.status.nominated_node_name
    return _Ticket(is_tried(found) or bool(nominated), queue.rank(found), nominated)


_TICKET = Memo(_ticket)
"""A pod is asked for as what it became, then as what it was."""
