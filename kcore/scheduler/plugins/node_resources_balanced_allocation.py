"""NodeResourcesBalancedAllocation: a node is better where the pod brings the use of cpu and memory closer together.

Models the score over cpu and memory. With a quarter of cpu and three quarters of memory in use, the balance is 75. A
pod that takes it from 75 to 95 scores 50 + (50 + 95 - 75) / 2 = 85. A pod that asks for neither is not scored.

Not modelled: other resources that a configuration may name.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go
"""

from __future__ import annotations

from collections.abc import Mapping

from kcore.scheduler.framework import MAX_NODE_SCORE, NodeInfo, Plugin, PodInfo

NAME = "NodeResourcesBalancedAllocation"

_RESOURCES = ("cpu", "memory")


def _scores(pod: PodInfo) -> bool:
    return any(pod.request.amounts.get(name) for name in _RESOURCES)


def _score(pod: PodInfo, node: NodeInfo) -> int:
    without, asked = node.load.usage.amounts, pod.request.amounts
    after = _balance(node, {name: without.get(name, 0) + asked.get(name, 0) for name in _RESOURCES})
    return MAX_NODE_SCORE // 2 + (MAX_NODE_SCORE // 2 + after - _balance(node, without)) // 2


def _balance(node: NodeInfo, used: Mapping[str, int]) -> int:
    """Return how alike the shares of cpu and memory in use are, 50 to 100; 100 where the node has but one of them."""
    given = [(node.allocatable.get(name, 0), used.get(name, 0)) for name in _RESOURCES]
    shares = [min(amount / most, 1.0) for most, amount in given if most]
    deviation = abs((shares[0] - shares[1]) / 2) if len(shares) == 2 else 0.0
    return int((1 - deviation) * MAX_NODE_SCORE)


NODE_RESOURCES_BALANCED_ALLOCATION = Plugin(name=NAME, scores=_scores, score=_score)
