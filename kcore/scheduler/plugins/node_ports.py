"""NodePorts: two pods do not take one port of a node.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/nodeports/node_ports.go
"""

from __future__ import annotations

from kcore.placement.hostports import conflict
from kcore.scheduler.framework import Code, NodeInfo, Plugin, PodInfo, Rejection

NAME = "NodePorts"

_REJECTION = Rejection(NAME, Code.UNSCHEDULABLE, ("node(s) didn't have free ports for the requested pod ports",))


def _filters(pod: PodInfo) -> bool:
    return bool(pod.ports)


def _filter(pod: PodInfo, node: NodeInfo) -> Rejection | None:
    taken = (port for placed, _ in node.load.pods for port in placed.ports)
    return _REJECTION if conflict(pod.ports, taken) else None


NODE_PORTS = Plugin(name=NAME, filters=_filters, filter=_filter)
