"""A node is cut off from the control plane, and comes back.

Models a broken link: the node's kubelet and kube-proxy reach no API server and hear of nothing; the containers on it go
on running, and pods still reach each other's addresses as far as the tables say.

Not modelled: links between nodes, and a link that is slow or loses only some of what is sent.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.links import cut, mend
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

CUT_RULE = "faults.cut_off_node"
MEND_RULE = "faults.reconnect_node"
BUDGET = "nodePartition"


@attrs.frozen
class NodeCutOff:
    """The node loses its link to the control plane."""

    node: str


@attrs.frozen
class NodeReconnected:
    """The node has its link again."""

    node: str


def _connected(state: ClusterState, node: str) -> bool | None:
    machine = state.world.machines.get(node)
    return None if machine is None else machine.connected


def _cut_refused(state: ClusterState, event: NodeCutOff) -> Refusal | None:
    connected = _connected(state, event.node)
    if connected is None:
        return Refusal(CUT_RULE, "there is no such machine", node=event.node)
    return None if connected else Refusal(CUT_RULE, "the node is cut off already", node=event.node)


def _mend_refused(state: ClusterState, event: NodeReconnected) -> Refusal | None:
    connected = _connected(state, event.node)
    if connected is None:
        return Refusal(MEND_RULE, "there is no such machine", node=event.node)
    return Refusal(MEND_RULE, "the node is not cut off", node=event.node) if connected else None


def _cut(state: ClusterState, components: Components, event: NodeCutOff) -> ClusterState:
    return cut(state, components, event.node)


def _mend(state: ClusterState, components: Components, event: NodeReconnected) -> ClusterState:
    return mend(state, components, event.node)


def _connected_nodes(state: ClusterState) -> Sequence[NodeCutOff]:
    return [NodeCutOff(name) for name in sorted(state.world.machines) if state.world.machines[name].connected]


def _cut_off_nodes(state: ClusterState) -> Sequence[NodeReconnected]:
    return [NodeReconnected(name) for name in sorted(state.world.machines) if not state.world.machines[name].connected]


FAULTS = (
    Fault(
        rule=CUT_RULE,
        event=NodeCutOff,
        budget=BUDGET,
        refused=_cut_refused,
        effect=_cut,
        candidates=_connected_nodes,
    ),
    Fault(
        rule=MEND_RULE,
        event=NodeReconnected,
        mends=BUDGET,
        refused=_mend_refused,
        effect=_mend,
        candidates=_cut_off_nodes,
    ),
)
