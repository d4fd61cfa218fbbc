"""NodeUnschedulable: a cordoned node takes no new pods, but those that tolerate its taint.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go
"""

from __future__ import annotations

from kcore.api.core.taint import Taint
from kcore.placement.taints import NO_SCHEDULE, untolerated
from kcore.scheduler.framework import Code, NodeInfo, Plugin, PodInfo, Reads, Rejection

NAME = "NodeUnschedulable"

_TAINT = Taint(key="node.kubernetes.io/unschedulable", effect=NO_SCHEDULE)
_REJECTION = Rejection(NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) were unschedulable",))


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    if not node.node.spec.unschedulable or untolerated((_TAINT,), pod.tolerations) is None:
        return None
    return _REJECTION


NODE_UNSCHEDULABLE = Plugin(name=NAME, reads=Reads.NODE, filter=_filter)
