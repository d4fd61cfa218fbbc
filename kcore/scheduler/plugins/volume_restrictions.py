"""VolumeRestrictions: a claim for one pod alone is not used by two.

Models the access mode ReadWriteOncePod: while a pod on any node uses such a claim, no node takes another; that one's
going may help.

Not modelled: disks of vendors that pods name themselves, which two pods on one node may not share.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go
"""

from __future__ import annotations

from kcore.scheduler.framework import Cluster, Code, CountingPlugin, Happening, NodeInfo, PodInfo, Rejection
from kcore.scheduler.podvolumes import RESTRICTIONS

REASON = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"

_CONFLICT = Rejection(RESTRICTIONS, Code.UNSCHEDULABLE, (REASON,))


def _pre_filter(pod: PodInfo, cluster: Cluster) -> int | None:
    """Return how often pods on nodes use the claims that this one wants for itself."""
    if not pod.volumes.exclusive:
        return None
    return sum(cluster.tally(_uses, (pod.namespace, pod.volumes.exclusive)).values())


def _uses(question: tuple[str, frozenset[str]], node: NodeInfo) -> tuple[tuple[str, int], ...]:
    namespace, claims = question
    beside = [(placed, count) for placed, count in node.load.pods if placed.namespace == namespace]
    return tuple((name, count) for placed, count in beside for name in placed.claims if name in claims)


def _hint(pod: PodInfo, happening: Happening) -> bool:
    gone = happening.gone
    return gone is not None and gone.namespace == pod.namespace and bool(pod.volumes.exclusive & set(gone.claims))


VOLUME_RESTRICTIONS = CountingPlugin(
    name=RESTRICTIONS,
    concerns=lambda pod: bool(pod.volumes.exclusive),
    pre_filter=_pre_filter,
    place=lambda _, __, ___: None,
    filter=lambda _, uses, __: _CONFLICT if uses else None,
    hint=_hint,
)
