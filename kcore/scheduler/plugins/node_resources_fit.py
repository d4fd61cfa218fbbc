"""NodeResourcesFit: a node must have room for what a pod asks for, and the emptier of two nodes is the better.

Models the filter, with extended resources that are to be ignored, and the three strategies of scoring over resources
with weights. By default the least allocated node is the best: with 3,000 of 4,000 millicores and half of its memory
left it scores (75 + 50) / 2 = 62.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/noderesources/fit.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from kcore.placement.fit import Shortage, shortages
from kcore.scheduler.framework import MAX_NODE_SCORE, Code, NodeInfo, Plugin, PodInfo, Reads, Rejection

NAME = "NodeResourcesFit"

Weights: TypeAlias = tuple[tuple[str, int], ...]
"""Resources that count in a score, each with its weight."""

Strategy: TypeAlias = Callable[[PodInfo, NodeInfo], int]
"""How good a node is, 0 to MAX_NODE_SCORE."""

Shape: TypeAlias = tuple[tuple[int, int], ...]
"""Points (utilization, score), both in hundredths, by rising utilization."""

CPU_AND_MEMORY: Weights = (("cpu", 1), ("memory", 1))
_NATIVE = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})


def least_allocated(weights: Weights = CPU_AND_MEMORY) -> Strategy:
    """Return the strategy by which the node with the most left is the best."""
    return partial(_mean, _left, weights)


def most_allocated(weights: Weights = CPU_AND_MEMORY) -> Strategy:
    """Return the strategy by which the fullest node is the best."""
    return partial(_mean, _used, weights)


def requested_to_capacity_ratio(shape: Shape, weights: Weights = CPU_AND_MEMORY) -> Strategy:
    """Return the strategy that scores the use of each resource by the line through the points of `shape`."""
    return partial(_ratio, shape, weights)


def node_resources_fit(strategy: Strategy, ignored: Iterable[str] = (), ignored_groups: Iterable[str] = ()) -> Plugin:
    """Return the plugin; extended resources named in `ignored`, or whose group before the slash is, do not count."""
    names, groups = frozenset(ignored), frozenset(ignored_groups)
    counts = partial(_counts, names, groups) if names or groups else None
    return Plugin(
        name=NAME, reads=Reads.ROOM, filter=partial(_filter_some, counts) if counts else _filter, score=strategy
    )


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    lacking = shortages(pod.request, node.load.usage, node.allocatable)
    return _rejection(lacking) if lacking else None


def _filter_some(counts: Callable[[Shortage], bool], pod: PodInfo, node: NodeInfo) -> Rejection | None:
    lacking = tuple(filter(counts, shortages(pod.request, node.load.usage, node.allocatable)))
    return _rejection(lacking) if lacking else None


def _rejection(lacking: tuple[Shortage, ...]) -> Rejection:
    hopeless = any(one.hopeless for one in lacking)
    code = Code.UNSCHEDULABLE_AND_UNRESOLVABLE if hopeless else Code.UNSCHEDULABLE
    return Rejection(NAME, code, tuple(one.reason for one in lacking))


def _counts(names: frozenset[str], groups: frozenset[str], lacking: Shortage) -> bool:
    resource = lacking.reason.removeprefix("Insufficient ")
    group, slash, _ = resource.partition("/")
    return not slash or (resource not in names and group not in groups)


def _asked(weights: Weights, pod: PodInfo, node: NodeInfo) -> list[tuple[int, int, int]]:
    """Return the weight, what the node has and what is asked of it then, of each resource that counts."""
    usage, request, given = node.load.usage, pod.request, node.allocatable
    found = []
    for name, weight in weights:
        most = given.get(name, 0)
        if name == "cpu":
            wanted = usage.nonzero_cpu + request.nonzero_cpu
        elif name == "memory":
            wanted = usage.nonzero_memory + request.nonzero_memory
        elif name not in _NATIVE and not request.amounts.get(name):
            continue
        else:
            wanted = usage.amounts.get(name, 0) + request.amounts.get(name, 0)
        if most:
            found.append((weight, most, wanted))
    return found


def _mean(score: Callable[[int, int], int], weights: Weights, pod: PodInfo, node: NodeInfo) -> int:
    """Return the weighted mean of the scores of the resources."""
    total = heavy = 0
    for weight, most, wanted in _asked(weights, pod, node):
        total += weight * score(most, wanted)
        heavy += weight
    return total // heavy if heavy else 0


def _left(most: int, wanted: int) -> int:
    return max(most - wanted, 0) * MAX_NODE_SCORE // most


def _used(most: int, wanted: int) -> int:
    return min(wanted, most) * MAX_NODE_SCORE // most


def _ratio(shape: Shape, weights: Weights, pod: PodInfo, node: NodeInfo) -> int:
    """Return the rounded weighted mean; a resource that scores nothing does not count."""
    total = heavy = 0
    for weight, most, wanted in _asked(weights, pod, node):
        score = _on_line(shape, 100 if wanted > most else wanted * 100 // most)
        if score > 0:
            total += weight * score
            heavy += weight
    return (2 * total + heavy) // (2 * heavy) if heavy else 0


def _on_line(shape: Shape, utilization: int) -> int:
    """Return the score at a utilization: that of the nearest end outside of the points, the line's between them."""
    if utilization <= shape[0][0]:
        return shape[0][1]
    for (at, low), (to, high) in pairwise(shape):
        if utilization <= to:
            rise = (high - low) * (utilization - at)
            return low + (rise // (to - at) if rise >= 0 else -(-rise // (to - at)))
    return shape[-1][1]


NODE_RESOURCES_FIT = node_resources_fit(least_allocated())
