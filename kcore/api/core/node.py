"""Node: a machine that runs pods.

Models its capacity, addresses, conditions, taints, images and volumes. Dynamic kubelet configuration, runtime handlers
and features ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.resourcerequirements import ResourceList
from kcore.api.core.taint import Taint
from kcore.api.frozenmap import EMPTY
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeSpec(Struct):
    """How the node is to be used; `unschedulable` is what cordon sets."""

    pod_cidr: str = ""
    pod_cidrs: tuple[str, ...] = ()
    provider_id: str = ""
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeAddress(Struct):
    """One address: `type` is Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS."""

    type: str = wire(default="", always=True)
    address: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class DaemonEndpoint(Struct):
    """A port of a daemon on the node."""

    port: int = wire("Port", default=0, always=True)


_NO_ENDPOINT = DaemonEndpoint()


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeDaemonEndpoints(Struct):
    """The ports of the node's daemons."""

    kubelet_endpoint: DaemonEndpoint = _NO_ENDPOINT


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeSystemInfo(Struct):
    """What the node says of its machine and software; swap rides along."""

    machine_id: str = wire(default="", always=True)
    system_uuid: str = wire(default="", always=True)
    boot_id: str = wire(default="", always=True)
    kernel_version: str = wire(default="", always=True)
    os_image: str = wire(default="", always=True)
    container_runtime_version: str = wire(default="", always=True)
    kubelet_version: str = wire(default="", always=True)
    kube_proxy_version: str = wire(default="", always=True)
    operating_system: str = wire(default="", always=True)
    architecture: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerImage(Struct):
    """An image on the node's disk, under all its names, in bytes."""

    names: tuple[str, ...] = wire(default=(), always=True)
    size_bytes: int = 0


@attrs.frozen(kw_only=True, cache_hash=True)
class AttachedVolume(Struct):
    """A volume attached to the node."""

    name: str = wire(default="", always=True)
    device_path: str = wire(default="", always=True)


_NO_ENDPOINTS = NodeDaemonEndpoints()
_NO_INFO = NodeSystemInfo()


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeStatus(Struct):
    """The observed node; pods may use `allocatable` of its `capacity`."""

    capacity: ResourceList = EMPTY
    allocatable: ResourceList = EMPTY
    phase: str = ""
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    daemon_endpoints: NodeDaemonEndpoints = _NO_ENDPOINTS
    node_info: NodeSystemInfo = _NO_INFO
    images: tuple[ContainerImage, ...] = ()
    volumes_in_use: tuple[str, ...] = ()
    volumes_attached: tuple[AttachedVolume, ...] = ()
    declared_features: tuple[str, ...] = ()


_NO_SPEC = NodeSpec()
_NO_STATUS = NodeStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class Node(ApiObject):
    """A node, desired and observed."""

    spec: NodeSpec = _NO_SPEC
    status: NodeStatus = _NO_STATUS
