"""Nominations: which nodes are promised to pods that wait for their victims or their volumes to be ready.

Models the nominator. A pod does not count on room that is promised to another one, unless it outranks that one; who
gets the node by preemption takes the promise from those whom it outranks. Also here is how often each priority occurs
among the pods on nodes, which tells at once that nobody could make room.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/queue/nominator.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kcore.api.core.pod import Pod
from kcore.api.hashmap import EMPTY as NONE
from kcore.api.hashmap import HashMap, without
from kcore.api.object import ApiObject
from kcore.client.view import View
from kcore.placement.fit import request_of
from kcore.reconcile.derived import Derived
from kcore.scheduler.hypothesis import Guest, Promises
from kcore.scheduler.snapshot import Snapshot, is_placed, placed_pod
from kcore.scheduler.waiting import priority_of


def guest_of(pod: Pod) -> Guest:
    """Return what others see of `pod`, and what it asks for."""
    return Guest(placed_pod(pod), request_of(pod))


def promises_to(view: View, snapshot: Snapshot, pod: Pod) -> Promises:
    """Return the nodes that are promised to others which `pod` does not outrank, with those others."""
    promises = {}
    for node in sorted(snapshot.waiting.nominated):
        others = (one for one in nominated_to(view, snapshot, node) if one.metadata.uid != pod.metadata.uid)
        guests = [guest_of(one) for one in others if priority_of(one) >= priority_of(pod)]
        if guests:
            promises[node] = guests
    return promises


def nominated_to(view: View, snapshot: Snapshot, node: str) -> Iterator[Pod]:
    """Yield the waiting pods that `node` is promised to, by key."""
    for key in snapshot.waiting.nominated.get(node, ()):
        found = view.get(key)
        if isinstance(found, Pod):
            yield found


def somebody_is_lower(view: View, ahead: Iterable[Pod], priority: int) -> bool:
    """Tell whether a pod on some node has a lower priority, or one that is bound `ahead` of the view."""
    counts = view.derive("scheduler.priorities", priorities_of)
    return any(one < priority for one in counts) or any(priority_of(one) < priority for one in ahead)


def _after(counts: HashMap[int, int], old: ApiObject | None, new: ApiObject | None) -> HashMap[int, int]:
    """Return the counts after the pod `old` (None: absent) became `new`."""
    left, come = _priority(old), _priority(new)
    if left == come:
        return counts
    for priority, sign in ((left, -1), (come, 1)):
        if priority is not None:
            count = counts.get(priority, 0) + sign
            counts = counts.set(priority, count) if count else without(counts, priority)
    return counts


def _priority(found: ApiObject | None) -> int | None:
    return priority_of(found) if isinstance(found, Pod) and is_placed(found) else None


priorities_of: Derived[HashMap[int, int]] = Derived(NONE, _after, ("Pod",))
"""How many pods on nodes have each priority."""
