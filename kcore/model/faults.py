"""The table of all faults."""

from __future__ import annotations

from typing import Any, TypeAlias

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.faults import (
    api_server_down,
    component_restarted,
    container_crash,
    disk_full,
    disk_lost,
    dns_down,
    etcd_member_lost,
    health_check_late,
    kube_proxy_stale,
    kubelet_stopped,
    leader_moved,
    machine_lost,
    master_lost,
    memory_pressure,
    network_partition,
    node_cut_off,
    node_shutdown,
    pod_deleted,
    probe_flapping,
    readiness_lost,
    registry_down,
    slow_start,
    volume_stuck,
    webhook_down,
    zone_lost,
)
from kcore.machine import Rule
from kcore.model.offers import with_total

FaultEvent: TypeAlias = (
    api_server_down.ApiServerStarted
    | api_server_down.ApiServerStopped
    | component_restarted.ComponentRestarted
    | container_crash.ContainerCrash
    | disk_full.DiskCleared
    | disk_full.DiskFilled
    | disk_lost.DiskLost
    | dns_down.DnsStarted
    | dns_down.DnsStopped
    | etcd_member_lost.EtcdMemberBack
    | etcd_member_lost.EtcdMemberLost
    | health_check_late.HealthChecksLate
    | health_check_late.HealthChecksResumed
    | kube_proxy_stale.KubeProxyRefreshed
    | kube_proxy_stale.KubeProxyStalled
    | kubelet_stopped.KubeletStarted
    | kubelet_stopped.KubeletStopped
    | leader_moved.LeaderMoved
    | machine_lost.MachineLost
    | master_lost.MasterLost
    | memory_pressure.MemoryFreed
    | memory_pressure.MemoryTaken
    | network_partition.NetworkMended
    | network_partition.NetworkPartitioned
    | node_cut_off.NodeCutOff
    | node_cut_off.NodeReconnected
    | node_shutdown.NodeShutDown
    | pod_deleted.PodDeleted
    | pod_deleted.PodForceDeleted
    | probe_flapping.ProbesFlapping
    | probe_flapping.ProbesSteady
    | readiness_lost.ReadinessLost
    | readiness_lost.ReadinessRegained
    | registry_down.RegistryDown
    | registry_down.RegistryUp
    | slow_start.StartsSlowed
    | slow_start.StartsUsual
    | volume_stuck.VolumesFreed
    | volume_stuck.VolumesStuck
    | webhook_down.WebhookDown
    | webhook_down.WebhookUp
    | zone_lost.ZoneLost
)

FAULTS: tuple[Fault[Any], ...] = (
    *container_crash.FAULTS,
    *readiness_lost.FAULTS,
    *probe_flapping.FAULTS,
    *slow_start.FAULTS,
    *memory_pressure.FAULTS,
    *disk_full.FAULTS,
    *node_cut_off.FAULTS,
    *kubelet_stopped.FAULTS,
    *machine_lost.FAULTS,
    *node_shutdown.FAULTS,
    *disk_lost.FAULTS,
    *volume_stuck.FAULTS,
    *registry_down.FAULTS,
    *dns_down.FAULTS,
    *webhook_down.FAULTS,
    *kube_proxy_stale.FAULTS,
    *network_partition.FAULTS,
    *health_check_late.FAULTS,
    *zone_lost.FAULTS,
    *component_restarted.FAULTS,
    *leader_moved.FAULTS,
    *api_server_down.FAULTS,
    *etcd_member_lost.FAULTS,
    *master_lost.FAULTS,
    *pod_deleted.FAULTS,
)


def fault_rules(components: Components) -> tuple[Rule[ClusterState, Any], ...]:
    """Return the rules of all faults, for a cluster whose processes are instances of `components`."""
    return tuple(_rule(fault, components) for fault in FAULTS)


def _rule(fault: Fault[Any], components: Components) -> Rule[ClusterState, Any]:
    rule = fault.to_rule(components)
    return with_total(rule) if fault.budget else rule
