"""Route: what becomes of a request from a node, by that node's kube-proxy table.

Models requests to a cluster IP, a node port or an external address of a Service, and straight to a pod's address. The
answer is every backend that the node may choose, or why there is none. The table is what the node's kube-proxy has
heard of, so a node that lags sends to addresses of the past.

Not modelled: load balancers' own choice of a node. Names, Ingresses and policies are asked for beside it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/iptables/proxier.go
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from kcore.api.core.service import Service, ServicePort
from kcore.client.view import View
from kcore.network.backends import Backend, backends

HEADLESS = "None"
CLUSTER = "Cluster"


@attrs.frozen(kw_only=True)
class Route:
    """Where a request may end up: `backends`, or none of them because of `refusal`."""

    backends: tuple[Backend, ...] = ()
    refusal: str = ""


def route(view: View, node: str, host: str, port: int, protocol: str = "TCP") -> Route:
    """Return the route of a request from `node` to `host`, an IP address, at `port`."""
    for found in view.list("Service"):
        if not isinstance(found, Service):
            continue
        for reaches, policy_of in FRONTENDS:
            for each in found.spec.ports:
                if (each.protocol or "TCP") == protocol and reaches(found, each, host, port):
                    return _to(view, found, each, node, policy_of(found))
    return Route(backends=(Backend(address=host, port=port),))


def route_to_service(view: View, node: str, service: Service, port: int) -> Route:
    """Return the route of a request from `node` to a port of `service` by its cluster IP."""
    if service.spec.cluster_ip in ("", HEADLESS):
        return Route(refusal=f"Service {service.metadata.name} has no cluster IP")
    return route(view, node, service.spec.cluster_ip, port)


def route_to_node_port(view: View, node: str, port: int, protocol: str = "TCP") -> Route:
    """Return the route of a request that comes to `node` from outside at the node port `port`."""
    for found in view.list("Service"):
        if isinstance(found, Service):
            for each in found.spec.ports:
                if port and each.node_port == port and (each.protocol or "TCP") == protocol:
                    return _to(view, found, each, node, _external(found))
    return Route(refusal=f"no Service has the node port {port}/{protocol}")


def _to(view: View, service: Service, port: ServicePort, node: str, policy: str) -> Route:
    found = backends(view, service, port, node, policy)
    if found:
        return Route(backends=found)
    where = f" on {node}" if policy != CLUSTER else ""
    return Route(refusal=f"Service {service.metadata.name} has no endpoints{where} for port {port.name or port.port}")


def _by_cluster_ip(service: Service, each: ServicePort, host: str, port: int) -> bool:
    addresses = service.spec.cluster_ips or (service.spec.cluster_ip,)
    return each.port == port and host != HEADLESS and host in addresses


def _by_external_address(service: Service, each: ServicePort, host: str, port: int) -> bool:
    ingress = {one.ip for one in service.status.load_balancer.ingress if one.ip}
    return each.port == port and (host in service.spec.external_ips or host in ingress)


def _internal(service: Service) -> str:
    return service.spec.internal_traffic_policy or CLUSTER


def _external(service: Service) -> str:
    return service.spec.external_traffic_policy or CLUSTER


FRONTENDS: tuple[tuple[Callable[[Service, ServicePort, str, int], bool], Callable[[Service], str]], ...] = (
    (_by_cluster_ip, _internal),
    (_by_external_address, _external),
)
"""How a request reaches a Service port by an address, and the traffic policy that then holds."""
