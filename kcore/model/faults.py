"""The table of all faults."""

from __future__ import annotations

from typing import Any, TypeAlias

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.faults import container_crash, kubelet_stopped, machine_lost, node_cut_off, readiness_lost
from kcore.machine import Rule

FaultEvent: TypeAlias = (
    container_crash.ContainerCrash
    | kubelet_stopped.KubeletStarted
    | kubelet_stopped.KubeletStopped
    | machine_lost.MachineLost
    | node_cut_off.NodeCutOff
    | node_cut_off.NodeReconnected
    | readiness_lost.ReadinessLost
    | readiness_lost.ReadinessRegained
)

FAULTS: tuple[Fault[Any], ...] = (
    *container_crash.FAULTS,
    *readiness_lost.FAULTS,
    *node_cut_off.FAULTS,
    *kubelet_stopped.FAULTS,
    *machine_lost.FAULTS,
)


def fault_rules(components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    """Return the rules of all faults, for a cluster whose processes are instances of `components`."""
    return tuple(fault.to_rule(components) for fault in FAULTS)
