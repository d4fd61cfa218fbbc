"""PodStatus: what is known of a pod: phase, conditions, addresses and containers.

Models all that controllers and people read. Claims on dynamic resources ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.resourcerequirements import ResourceList, ResourceRequirements
from kcore.api.frozenmap import EMPTY
from kcore.api.meta.condition import Condition
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class PodIP(Struct):
    """One address of a pod."""

    ip: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class HostIP(Struct):
    """One address of a pod's node."""

    ip: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class PodStatus(Struct):
    """The observed pod: `phase` is Pending, Running, Succeeded, Failed or Unknown; times are seconds since 1970."""

    observed_generation: int = 0
    phase: str = ""
    conditions: tuple[Condition, ...] = ()
    message: str = ""
    reason: str = ""
    nominated_node_name: str = ""
    host_ip: str = ""
    host_ips: tuple[HostIP, ...] = ()
    pod_ip: str = ""
    pod_ips: tuple[PodIP, ...] = ()
    start_time: Time | None = None
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: str = ""
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()
    resize: str = ""
    allocated_resources: ResourceList = EMPTY
    resources: ResourceRequirements | None = None


NO_POD_STATUS = PodStatus()
