"""The steps of a scenario that break something, and those that mend it: what each says, and its event.

Models every fault of the table; a step is called as the budget of its fault, and its mending as the opposite. What is
the matter with one node or master is said by its name, what is the matter with all of them needs nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from kcore.api.fields.check import Path
from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.faults.api_server_down import ApiServerStarted, ApiServerStopped
from kcore.faults.component_restarted import ComponentRestarted
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.disk_full import DiskCleared, DiskFilled
from kcore.faults.disk_lost import DiskLost
from kcore.faults.dns_down import DnsStarted, DnsStopped
from kcore.faults.etcd_member_lost import EtcdMemberBack, EtcdMemberLost
from kcore.faults.health_check_late import HealthChecksLate, HealthChecksResumed
from kcore.faults.kube_proxy_stale import KubeProxyRefreshed, KubeProxyStalled
from kcore.faults.kubelet_stopped import KubeletStarted, KubeletStopped
from kcore.faults.leader_moved import LeaderMoved
from kcore.faults.machine_lost import MachineLost
from kcore.faults.master_lost import MasterLost
from kcore.faults.memory_pressure import MemoryFreed, MemoryTaken
from kcore.faults.network_partition import NetworkMended, NetworkPartitioned
from kcore.faults.node_cut_off import NodeCutOff, NodeReconnected
from kcore.faults.node_shutdown import NodeShutDown
from kcore.faults.probe_flapping import ProbesFlapping, ProbesSteady
from kcore.faults.readiness_lost import ReadinessLost, ReadinessRegained
from kcore.faults.registry_down import RegistryDown, RegistryUp
from kcore.faults.slow_start import StartsSlowed, StartsUsual
from kcore.faults.volume_stuck import VolumesFreed, VolumesStuck
from kcore.faults.webhook_down import WebhookDown, WebhookUp
from kcore.faults.zone_lost import ZoneLost
from kcore.model.faults import FaultEvent
from kcore.verify.reader import Locate, Reader
from kcore.verify.targets import NAMESPACE, disk_of_claim, node_name, parse_target

FaultParser: TypeAlias = Callable[[object, Path, Locate], FaultEvent]
Finder: TypeAlias = Callable[[ClusterState], FaultEvent | None]
"""Returns the event that a step means in a state, None where there is nothing of the kind."""


def of_one(event: Callable[[str], FaultEvent]) -> FaultParser:
    """Return the parser of a step whose content is the name of a node, master, zone or webhook."""

    def parse(value: object, path: Path, locate: Locate) -> FaultEvent:
        return event(node_name(value, path, locate))

    return parse


def of_all(event: Callable[[], FaultEvent]) -> FaultParser:
    """Return the parser of a step that has no content: `dnsDown: {}`."""

    def parse(value: object, path: Path, locate: Locate) -> FaultEvent:
        Reader({} if value is None else value, path, locate).finish()
        return event()

    return parse


def of_pod(
    event: type[ContainerCrash | ReadinessLost | ReadinessRegained | ProbesFlapping | ProbesSteady],
) -> FaultParser:
    """Return the parser of a step whose content names a pod."""

    def parse(value: object, path: Path, locate: Locate) -> FaultEvent:
        reader = Reader(value, path, locate)
        happened = event(parse_target(reader, "Pod"))
        reader.finish()
        return happened

    return parse


def _partition(value: object, path: Path, locate: Locate) -> NetworkPartitioned:
    reader = Reader(value, path, locate)
    one, other = (tuple(map(str, reader.take(side, list, []))) for side in ("one", "other"))
    reader.finish()
    return NetworkPartitioned(one, other)


def _component_restart(value: object, path: Path, locate: Locate) -> ComponentRestarted:
    reader = Reader(value, path, locate)
    event = ComponentRestarted(reader.take("component", str), reader.take("instance", str, "m1"))
    reader.finish()
    return event


def _leader_change(value: object, path: Path, locate: Locate) -> LeaderMoved:
    reader = Reader(value, path, locate)
    event = LeaderMoved(reader.take("component", str), reader.take("to", str))
    reader.finish()
    return event


@attrs.frozen(kw_only=True)
class DiskOfClaim:
    """Finds the loss of the disk that a claim is bound to, as seen from `node` where the disk is part of one."""

    claim: ObjectKey
    node: str = ""

    def __call__(self, state: ClusterState) -> DiskLost | None:
        """Return the loss, None when the claim is not bound to a disk."""
        disk = disk_of_claim(state, self.claim, self.node)
        return None if disk is None else DiskLost(disk)


def _disk_lost(value: object, path: Path, locate: Locate) -> Finder:
    reader = Reader(value, path, locate)
    namespace, claim = reader.take("namespace", str, NAMESPACE), reader.take("claim", str)
    found = DiskOfClaim(claim=ObjectKey("PersistentVolumeClaim", namespace, claim), node=reader.take("node", str, ""))
    reader.finish()
    return found


FOUND_LATER: Mapping[str, Callable[[object, Path, Locate], Finder]] = {"diskLost": _disk_lost}
"""The steps whose event depends on what is there when they are taken."""

FAULT_STEPS: Mapping[str, FaultParser] = {
    "crash": of_pod(ContainerCrash),
    "unready": of_pod(ReadinessLost),
    "ready": of_pod(ReadinessRegained),
    "probeFlapping": of_pod(ProbesFlapping),
    "probeSteady": of_pod(ProbesSteady),
    "slowStart": of_one(StartsSlowed),
    "usualStart": of_one(StartsUsual),
    "memoryPressure": of_one(MemoryTaken),
    "memoryFree": of_one(MemoryFreed),
    "diskFull": of_one(DiskFilled),
    "diskFree": of_one(DiskCleared),
    "nodeDown": of_one(NodeCutOff),
    "nodeUp": of_one(NodeReconnected),
    "nodeCrash": of_one(MachineLost),
    "nodeShutdown": of_one(NodeShutDown),
    "zoneLoss": of_one(ZoneLost),
    "kubeletStop": of_one(KubeletStopped),
    "kubeletStart": of_one(KubeletStarted),
    "kubeProxyStale": of_one(KubeProxyStalled),
    "kubeProxyFresh": of_one(KubeProxyRefreshed),
    "networkPartition": _partition,
    "networkMended": of_all(NetworkMended),
    "dnsDown": of_all(DnsStopped),
    "dnsUp": of_all(DnsStarted),
    "registryDown": of_all(RegistryDown),
    "registryUp": of_all(RegistryUp),
    "healthCheckLate": of_all(HealthChecksLate),
    "healthCheckInTime": of_all(HealthChecksResumed),
    "volumeStuck": of_all(VolumesStuck),
    "volumeFreed": of_all(VolumesFreed),
    "componentRestart": _component_restart,
    "leaderChange": _leader_change,
    "webhookDown": of_one(WebhookDown),
    "webhookUp": of_one(WebhookUp),
    "apiServerDown": of_one(ApiServerStopped),
    "apiServerUp": of_one(ApiServerStarted),
    "etcdMemberLost": of_one(EtcdMemberLost),
    "etcdMemberBack": of_one(EtcdMemberBack),
    "masterCrash": of_one(MasterLost),
}
"""What each step of a fault says."""
