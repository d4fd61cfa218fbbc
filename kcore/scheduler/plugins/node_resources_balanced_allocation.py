"""NodeResourcesBalancedAllocation: a node is better where the pod brings the use of its resources closer together.

Models the score over cpu and memory, or what else is named. With a quarter of cpu and three quarters of memory in use,
the balance is 75. A pod that takes it from 75 to 95 scores 50 + (50 + 95 - 75) / 2 = 85. A pod that asks for none of
them is not scored.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from kcore.scheduler.framework import MAX_NODE_SCORE, NodeInfo, Plugin, PodInfo, Reads

NAME = "NodeResourcesBalancedAllocation"

CPU_AND_MEMORY = ("cpu", "memory")
_NATIVE = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})


def node_resources_balanced_allocation(resources: tuple[str, ...] = CPU_AND_MEMORY) -> Plugin:
    """Return the plugin that balances the use of `resources`."""
    return Plugin(name=NAME, reads=Reads.ROOM, scores=partial(_scores, resources), score=partial(_score, resources))


def _scores(resources: tuple[str, ...], pod: PodInfo) -> bool:
    return any(pod.request.amounts.get(name) for name in resources)


def _score(resources: tuple[str, ...], pod: PodInfo, node: NodeInfo) -> int:
    used, asked, given = node.load.usage.amounts, pod.request.amounts, node.allocatable
    before, after = [], []
    for name in resources:
        wanted = asked.get(name, 0)
        most = given.get(name, 0) if wanted or name in _NATIVE else 0
        if most:
            amount = used.get(name, 0)
            before.append(min(amount / most, 1.0))
            after.append(min((amount + wanted) / most, 1.0))
    return MAX_NODE_SCORE // 2 + (MAX_NODE_SCORE // 2 + _balance(after) - _balance(before)) // 2


def _balance(shares: Sequence[float]) -> int:
    """Return how alike the shares of the resources in use are, 50 to 100; 100 where the node has but one of them."""
    deviation = 0.0
    if len(shares) == len(CPU_AND_MEMORY):
        deviation = abs((shares[0] - shares[1]) / 2)
    elif len(shares) > len(CPU_AND_MEMORY):
        mean = sum(shares) / len(shares)
        deviation = math.sqrt(sum((one - mean) * (one - mean) for one in shares) / len(shares))
    return int((1 - deviation) * MAX_NODE_SCORE)


NODE_RESOURCES_BALANCED_ALLOCATION = node_resources_balanced_allocation()
