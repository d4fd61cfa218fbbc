"""Census: how many pods of which sort each controller has, without looking at each of them.

Models what a status counts: the labels of a pod, whether it is active, terminating, ready, and since when. Pods that
agree in these are one sort. The pods of a controller, and those of a namespace that nobody controls, are kept as counts
of sorts, which follow the store change by change.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import attrs

from kcore.api.core.pod import Pod
from kcore.api.evolve import quick
from kcore.api.frozenmap import FrozenMap
from kcore.api.hashmap import EMPTY as NOBODY
from kcore.api.hashmap import HashMap, without
from kcore.api.memo import Memo
from kcore.api.object import ApiObject
from kcore.api.times import Time
from kcore.client.heeding import News
from kcore.client.view import View
from kcore.reconcile.derived import Derived
from kcore.reconcile.podutil import is_pod_active, is_pod_ready, is_pod_terminating, ready_since


@quick
@attrs.frozen(kw_only=True)
class Sort:
    """What a status tells pods apart by; `since` is when a ready pod became so, seconds since 1970."""

    labels: FrozenMap[str]
    active: bool
    terminating: bool
    ready: bool
    since: Time | None


COUNTED = News.CAME | News.WENT | News.LABELS | News.OWNERS | News.DELETION | News.ENDED | News.READY
"""What can make a pod one of another sort, or of another controller."""

Counts: TypeAlias = tuple[tuple[Sort, int], ...]
"""So many of each sort, in one order whatever the order in which they were counted."""

Group: TypeAlias = tuple[str, str]
"""The uid of a controller and "", or "" and the namespace of the pods that nobody controls."""


Census: TypeAlias = HashMap[Group, Counts]
"""The counts of each group."""


def sort_of(pod: Pod) -> Sort:
    """Return what sort of pod this is."""
    return _SORT(pod)


def _sort(pod: Pod) -> Sort:
    return Sort(
        labels=pod.metadata.labels,
        active=is_pod_active(pod),
        terminating=is_pod_terminating(pod),
        ready=is_pod_ready(pod),
        since=ready_since(pod),
    )


_SORT = Memo(_sort)
"""A pod is asked for as what it became, then as what it was."""


def count(pods: Iterable[Pod]) -> Counts:
    """Return how many there are of each sort."""
    counts: Counts = ()
    for pod in pods:
        counts = _plus(counts, sort_of(pod), 1)
    return counts


def total(counts: Iterable[tuple[Sort, int]]) -> int:
    """Return how many there are of all sorts."""
    return sum(number for _, number in counts)


def controlled(view: View, uid: str) -> Counts:
    """Return the counts of the pods whose controller has the uid `uid`."""
    return view.derive(f"pods of the controller {uid}", lambda store: _CENSUS(store).get((uid, ""), ()))


def orphans(view: View, namespace: str) -> Counts:
    """Return the counts of the pods of `namespace` that nobody controls."""
    return view.derive(f"pods of nobody in {namespace}", lambda store: _CENSUS(store).get(("", namespace), ()))


def _group(pod: Pod) -> Group:
    controller = pod.metadata.controller
    return ("", pod.metadata.namespace) if controller is None else (controller.uid, "")


def _after(census: Census, old: ApiObject | None, new: ApiObject | None) -> Census:
    """Return the census after a pod was `old` and became `new`."""
    left = (_group(old), sort_of(old)) if isinstance(old, Pod) else None
    come = (_group(new), sort_of(new)) if isinstance(new, Pod) else None
    if left == come:
        return census
    for counted, number in ((left, -1), (come, 1)):
        if counted is not None:
            group, sort = counted
            counts = _plus(census.get(group, ()), sort, number)
            census = census.set(group, counts) if counts else without(census, group)
    return census


def _plus(counts: Counts, sort: Sort, number: int) -> Counts:
    """Return the counts with `number` more of `sort`."""
    for at, (known, many) in enumerate(counts):
        if known == sort:
            changed = ((sort, many + number),) if many + number else ()
            return (*counts[:at], *changed, *counts[at + 1 :])
    return tuple(sorted((*counts, (sort, number)), key=_order))


def _order(counted: tuple[Sort, int]) -> tuple[Any, ...]:
    sort = counted[0]
    since = -1 if sort.since is None else sort.since
    return (sort.active, sort.terminating, sort.ready, since, tuple(sort.labels.items()))


_CENSUS = Derived(NOBODY, _after, ("Pod",))
