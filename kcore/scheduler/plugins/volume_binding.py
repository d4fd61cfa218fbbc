"""VolumeBinding: a pod goes where its volumes are, or where they can come to be.

Models the PreFilter (a claim that is missing, lost, on its way out or not bound yet, unless its class waits for a
consumer), and the filter: bound volumes are reached from the node; each claim that waits finds a volume that reaches
it, the smallest claims first and no volume twice, or its class can make one there.

Not modelled: the storage capacity that drivers publish, and the scores that follow from it, which are off by default.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/volumebinding/volume_binding.go
"""

from __future__ import annotations

from kcore.api.core.node import Node
from kcore.placement.nodeaffinity import matches_node_selector
from kcore.scheduler.assume import Assumed, assume
from kcore.scheduler.framework import Cluster, Code, CountingPlugin, NodeInfo, PodInfo, Reads, Rejection
from kcore.scheduler.podvolumes import BINDING

CONFLICT = "node(s) didn't match PersistentVolume's node affinity"
NOTHING_TO_BIND = "node(s) didn't find available persistent volumes to bind"


def _refuses(pod: PodInfo) -> Rejection | None:
    refused = pod.volumes.refused
    if refused is None or refused[0] != BINDING:
        return None
    return Rejection(BINDING, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (refused[1],))


def _pre_filter(pod: PodInfo, _: Cluster) -> bool | None:
    return True if pod.volumes.reach or pod.volumes.wants else None


def _place(pod: PodInfo, _: None, node: NodeInfo) -> Rejection | None:
    """Return the rejection of a node from which a volume can't be reached, or where none can come to be."""
    reasons = (*_unreached(pod, node.node), *_unbound(pod, node.node))
    return Rejection(BINDING, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, reasons) if reasons else None


def _unreached(pod: PodInfo, node: Node) -> tuple[str, ...]:
    return () if all(matches_node_selector(one, node) for one in pod.volumes.reach) else (CONFLICT,)


def _unbound(pod: PodInfo, node: Node) -> tuple[str, ...]:
    return () if isinstance(assume(pod.volumes.wants, node), Assumed) else (NOTHING_TO_BIND,)


VOLUME_BINDING = CountingPlugin(
    name=BINDING,
    reads=Reads.NODE,
    concerns=lambda pod: bool(pod.volumes.reach or pod.volumes.wants),
    refuses=_refuses,
    pre_filter=_pre_filter,
    place=_place,
    filter=lambda _, __, rejection: rejection,
)
