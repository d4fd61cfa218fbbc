"""NodeResourcesFit: a node must have room for what a pod asks for, and the emptier of two nodes is the better.

Models the filter, and the strategy LeastAllocated over cpu and memory, which is the default. A node with 3,000 of 4,000
millicores and half of its memory left scores (75 + 50) / 2 = 62.

Not modelled yet: the strategies MostAllocated and RequestedToCapacityRatio, and resources to be ignored.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/noderesources/fit.go
"""

from __future__ import annotations

from kcore.placement.fit import shortages
from kcore.scheduler.framework import MAX_NODE_SCORE, Code, NodeInfo, Plugin, PodInfo, Rejection

NAME = "NodeResourcesFit"


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    lacking = tuple(shortages(pod.request, node.load.usage, node.allocatable))
    if not lacking:
        return None
    hopeless = any(one.hopeless for one in lacking)
    code = Code.UNSCHEDULABLE_AND_UNRESOLVABLE if hopeless else Code.UNSCHEDULABLE
    return Rejection(NAME, code, tuple(one.reason for one in lacking))


def _score(pod: PodInfo, node: NodeInfo) -> int:
    """Return the mean of what would be left of cpu and of memory, in hundredths, of those that the node has."""
    asked = (
        (node.allocatable.get("cpu", 0), node.load.usage.nonzero_cpu + pod.request.nonzero_cpu),
        (node.allocatable.get("memory", 0), node.load.usage.nonzero_memory + pod.request.nonzero_memory),
    )
    left = [max(most - wanted, 0) * MAX_NODE_SCORE // most for most, wanted in asked if most]
    return sum(left) // len(left) if left else 0


NODE_RESOURCES_FIT = Plugin(name=NAME, filter=_filter, score=_score)
