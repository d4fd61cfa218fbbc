"""Service: one name and address for the pods that a selector picks.

Models ports, addresses, selection, affinity and traffic policies, and the load balancer's addresses.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ServicePort(Struct):
    """A port of the service; `target_port` is a number or the name of a container port, 0 before defaulting."""

    name: str = ""
    protocol: str = ""
    app_protocol: str | None = None
    port: int = wire(default=0, always=True)
    target_port: int | str = 0
    node_port: int = 0


@attrs.frozen(kw_only=True, cache_hash=True)
class ClientIPConfig(Struct):
    """How many seconds a client stays with its pod."""

    timeout_seconds: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class SessionAffinityConfig(Struct):
    """The settings of session affinity."""

    client_ip: ClientIPConfig | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ServiceSpec(Struct):
    """The desired service; a `cluster_ip` of "None" makes it headless, "" asks for an address."""

    ports: tuple[ServicePort, ...] = ()
    selector: FrozenMap[str] = EMPTY
    cluster_ip: str = ""
    cluster_ips: tuple[str, ...] = ()
    type: str = ""
    external_ips: tuple[str, ...] = ()
    session_affinity: str = ""
    load_balancer_ip: str = ""
    load_balancer_source_ranges: tuple[str, ...] = ()
    external_name: str = ""
    external_traffic_policy: str = ""
    health_check_node_port: int = 0
    publish_not_ready_addresses: bool = False
    session_affinity_config: SessionAffinityConfig | None = None
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str | None = None
    allocate_load_balancer_node_ports: bool | None = None
    load_balancer_class: str | None = None
    internal_traffic_policy: str | None = None
    traffic_distribution: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class PortStatus(Struct):
    """A port of a load balancer, and why it does not work if it does not."""

    port: int = wire(default=0, always=True)
    protocol: str = wire(default="", always=True)
    error: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class LoadBalancerIngress(Struct):
    """One address of a load balancer."""

    ip: str = ""
    hostname: str = ""
    ip_mode: str | None = None
    ports: tuple[PortStatus, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class LoadBalancerStatus(Struct):
    """The addresses that the load balancer got."""

    ingress: tuple[LoadBalancerIngress, ...] = ()


_NO_LOAD_BALANCER = LoadBalancerStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class ServiceStatus(Struct):
    """The observed service."""

    load_balancer: LoadBalancerStatus = _NO_LOAD_BALANCER
    conditions: tuple[Condition, ...] = ()


_NO_SPEC = ServiceSpec()
_NO_STATUS = ServiceStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class Service(ApiObject):
    """A service, desired and observed."""

    spec: ServiceSpec = _NO_SPEC
    status: ServiceStatus = _NO_STATUS
