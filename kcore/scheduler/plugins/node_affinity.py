"""NodeAffinity: a pod goes only where its node selector and its required node affinity allow.

Not modelled yet: the score of preferred terms, and the shortcut of the real PreFilter, which excludes all nodes that a
term on metadata.name does not name before any filter runs.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go
"""

from __future__ import annotations

from kcore.placement.nodeaffinity import matches_node_affinity, required
from kcore.scheduler.framework import Code, NodeInfo, Plugin, PodInfo, Rejection

NAME = "NodeAffinity"

_REJECTION = Rejection(
    NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) didn't match Pod's node affinity/selector",)
)


def _relevant(pod: PodInfo) -> bool:
    return bool(pod.node_selector) or required(pod.affinity) is not None


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    return None if matches_node_affinity(pod.node_selector, pod.affinity, node.node) else _REJECTION


NODE_AFFINITY = Plugin(name=NAME, relevant=_relevant, filter=_filter)
