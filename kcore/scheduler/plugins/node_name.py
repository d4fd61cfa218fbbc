"""NodeName: a pod that names its node goes nowhere else.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/nodename/node_name.go
"""

from __future__ import annotations

from kcore.scheduler.framework import Code, NodeInfo, Plugin, PodInfo, Reads, Rejection

NAME = "NodeName"

_REJECTION = Rejection(NAME, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, ("node(s) didn't match the requested node name",))


def _filters(pod: PodInfo) -> bool:
    return bool(pod.node_name)


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    return None if pod.node_name == node.node.metadata.name else _REJECTION


NODE_NAME = Plugin(name=NAME, reads=Reads.NODE, filters=_filters, filter=_filter)
