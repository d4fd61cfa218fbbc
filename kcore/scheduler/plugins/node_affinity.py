"""NodeAffinity: a pod goes only where its node selector and its required node affinity allow.

Models the filter; that required terms which all name nodes leave all other nodes out before any filter runs; and the
score, by the weights of the preferred terms that a node meets. A profile may add an affinity to that of each pod.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go
"""

from __future__ import annotations

from functools import partial

from kcore.api.core.affinity import Affinity, NodeAffinity
from kcore.api.frozenmap import EMPTY
from kcore.placement.nodeaffinity import matches_node_affinity, named_nodes, preference, preferred, required
from kcore.scheduler.framework import Code, NodeInfo, Plugin, PodInfo, Reads, Rejection, default_normalize

NAME = "NodeAffinity"

_REJECTION = Rejection(
    NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) didn't match Pod's node affinity/selector",)
)


_ENFORCED = Rejection(
    NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) didn't match scheduler-enforced node affinity",)
)


def node_affinity(added: NodeAffinity) -> Plugin:
    """Return the plugin that asks of every pod's node what `added` says, besides what the pod asks."""
    enforced = Affinity(node_affinity=added)
    return Plugin(
        name=NAME,
        reads=Reads.NODE,
        names=_names,
        filter=partial(_filter_added, enforced),
        score=partial(_score_added, enforced),
        normalize=default_normalize,
    )


def _filters(pod: PodInfo) -> bool:
    return bool(pod.node_selector) or required(pod.affinity) is not None


def _names(pod: PodInfo) -> frozenset[str] | None:
    return named_nodes(pod.affinity)


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    return None if matches_node_affinity(pod.node_selector, pod.affinity, node.node) else _REJECTION


def _scores(pod: PodInfo) -> bool:
    return bool(preferred(pod.affinity))


def _score(pod: PodInfo, node: NodeInfo) -> int:
    return preference(pod.affinity, node.node)


def _filter_added(enforced: Affinity, pod: PodInfo, node: NodeInfo) -> Rejection | None:
    return _filter(pod, node) if matches_node_affinity(EMPTY, enforced, node.node) else _ENFORCED


def _score_added(enforced: Affinity, pod: PodInfo, node: NodeInfo) -> int:
    return _score(pod, node) + preference(enforced, node.node)


NODE_AFFINITY = Plugin(
    name=NAME,
    reads=Reads.NODE,
    filters=_filters,
    names=_names,
    filter=_filter,
    scores=_scores,
    score=_score,
    normalize=default_normalize,
)
