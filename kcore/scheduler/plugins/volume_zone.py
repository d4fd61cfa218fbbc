"""VolumeZone: a pod goes to the zone and region that the labels of its bound volumes name.

Models labels of one value and of several ("a__b"), the older names of the labels on either side, and that a node that
names neither zone nor region takes every volume.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/volumezone/volume_zone.go
"""

from __future__ import annotations

from kcore.scheduler.framework import Cluster, Code, CountingPlugin, NodeInfo, PodInfo, Reads, Rejection
from kcore.scheduler.podvolumes import GA_LABELS, ZONE

REASON = "node(s) had no available volume zone"

_ELSEWHERE = Rejection(ZONE, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (REASON,))


def _refuses(pod: PodInfo) -> Rejection | None:
    refused = pod.volumes.refused
    if refused is None or refused[0] != ZONE:
        return None
    return Rejection(ZONE, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, (refused[1],))


def _pre_filter(pod: PodInfo, _: Cluster) -> bool | None:
    return True if pod.volumes.zones else None


def _place(pod: PodInfo, _: None, node: NodeInfo) -> bool:
    """Tell whether the node is elsewhere than one of the volumes."""
    labels = node.node.metadata.labels
    if not any(key in labels for key in GA_LABELS):
        return False
    return any(labels.get(key, labels.get(GA_LABELS[key])) not in values for key, values in pod.volumes.zones)


VOLUME_ZONE = CountingPlugin(
    name=ZONE,
    reads=Reads.NODE,
    concerns=lambda pod: bool(pod.volumes.zones),
    refuses=_refuses,
    pre_filter=_pre_filter,
    place=_place,
    filter=lambda _, __, elsewhere: _ELSEWHERE if elsewhere else None,
)
