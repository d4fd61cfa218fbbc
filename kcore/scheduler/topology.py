"""Topologies: whether the domains of a label are single nodes.

Models the question that decides what a counting plugin has to see of a node. Where each node is a domain of its own,
as under `kubernetes.io/hostname`, what is in the node's domain is what is on the node, and nodes with alike pods are
alike; elsewhere the name of the domain tells.

Upstream: none; the real scheduler has no use for it.
"""

from __future__ import annotations

from kcore.scheduler.framework import Cluster, NodeInfo


def is_single_node(cluster: Cluster, key: str) -> bool:
    """Tell whether no two nodes have the same value of the label `key`."""
    return len(cluster.census(_values, key)) == cluster.census(_labelled, key).get(key, 0)


def _values(key: str, node: NodeInfo) -> tuple[tuple[str, int], ...]:
    value = node.node.metadata.labels.get(key)
    return () if value is None else ((value, 1),)


def _labelled(key: str, node: NodeInfo) -> tuple[tuple[str, int], ...]:
    return ((key, 1),) if key in node.node.metadata.labels else ()
