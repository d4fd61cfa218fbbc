"""NodeVolumeLimits: a node takes no more volumes of a driver than it can attach.

Models the limits of CSINodes, against which each volume of the pods on the node counts once, as do claims whose volume
is still to be made.

Not modelled: volumes that are attached though no pod uses them any more; drivers that have registered nowhere.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/nodevolumelimits/csi.go
"""

from __future__ import annotations

from kcore.scheduler.framework import Cluster, Code, CountingPlugin, NodeInfo, PodInfo, Rejection
from kcore.scheduler.podvolumes import LIMITS

REASON = "node(s) exceed max volume count"

_FULL = Rejection(LIMITS, Code.UNSCHEDULABLE, (REASON,))


def _pre_filter(pod: PodInfo, _: Cluster) -> bool | None:
    return None if pod.volumes.attached is None else True


def _place(pod: PodInfo, _: None, node: NodeInfo) -> Rejection | None:
    """Return the rejection of a node on which a driver would have too many volumes."""
    if pod.volumes.attached is None:
        return None
    known, wanted = pod.volumes.attached
    limits = known.limits.get(node.node.metadata.name, ())
    if not limits:
        return None
    claims = [(placed.namespace, name) for placed, _ in node.load.pods for name in placed.claims]
    used = {known.handles[claim] for claim in claims if claim in known.handles}
    for driver, most in limits:
        new = [one for one in wanted if one[0] == driver and one not in used]
        if new and len(new) + sum(one[0] == driver for one in used) > most:
            return _FULL
    return None


NODE_VOLUME_LIMITS = CountingPlugin(
    name=LIMITS,
    concerns=lambda pod: pod.volumes.attached is not None,
    pre_filter=_pre_filter,
    place=_place,
    filter=lambda _, __, rejection: rejection,
)
