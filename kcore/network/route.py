"""Route: what becomes of a request from a node, by that node's kube-proxy table.

Models requests to a cluster IP, a node port or an external address of a Service, and straight to a pod's address. The
answer is every backend that the node may choose, or why there is none. The table is what the node's kube-proxy has
heard of, so a node that lags sends to addresses of the past. A request of a pod to an external address or a node port
is free to go anywhere, as if it had gone out and come in again; one from outside is bound by the external traffic
policy and, at a load balancer's address, by its source ranges. What is sent to a cluster IP at a port that its Service
does not have is answered by nobody. With session affinity a client stays with its backend (`Route.kept`).

Not modelled: which of several backends a request gets. Names, Ingresses and policies are asked for beside it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/iptables/proxier.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from kcore.api.core.service import Service, ServicePort
from kcore.api.object import ObjectKey
from kcore.apiserver.validation.network import parse_cidr, parse_ip
from kcore.client.view import View
from kcore.network.backends import Backend, backends

HEADLESS = "None"
CLUSTER = "Cluster"
PROXIED = "Proxy"
"""The ipMode of an address at which every request goes through the load balancer, those from inside too."""

CLIENT_IP = "ClientIP"
AFFINITY_TIMEOUT = 10_800
"""For how long (s) an idle client keeps its backend, unless the Service says otherwise."""


@attrs.frozen(kw_only=True)
class Route:
    """Where a request may end up: `backends`, or none of them because of `refusal`.

    `service` is whose port it is, if any. A client keeps its backend while it is never idle for longer than
    `affinity_timeout` seconds; 0 means that each connection is on its own.
    """

    backends: tuple[Backend, ...] = ()
    refusal: str = ""
    service: ObjectKey | None = None
    affinity_timeout: int = 0

    def kept(self, last: Backend | None, idle: int) -> Route:
        """Return the route of a client that last had the backend `last`, `idle` seconds ago."""
        if last is None or last not in self.backends or not self.affinity_timeout or idle > self.affinity_timeout:
            return self
        return attrs.evolve(self, backends=(last,))


def route(view: View, node: str, host: str, port: int, protocol: str = "TCP") -> Route:
    """Return the route of a request from `node`, or a pod on it, to `host`, an IP address, at `port`."""
    for service, each in _ports(view, protocol):
        for reaches, policy_of in FRONTENDS:
            if reaches(service, each, host, port):
                return _to(view, service, each, node, policy_of(service))
    owner = next((one for one in view.list("Service") if isinstance(one, Service) and host in _cluster_ips(one)), None)
    if owner is not None:
        return Route(refusal=f"Service {owner.metadata.name} has no port {port}/{protocol}")
    return Route(backends=(Backend(address=host, port=port),))


def route_to_service(view: View, node: str, service: Service, port: int) -> Route:
    """Return the route of a request from `node` to a port of `service` by its cluster IP."""
    if service.spec.cluster_ip in ("", HEADLESS):
        return Route(refusal=f"Service {service.metadata.name} has no cluster IP")
    return route(view, node, service.spec.cluster_ip, port)


def route_to_node_port(view: View, node: str, port: int, protocol: str = "TCP", *, inside: bool = False) -> Route:
    """Return the route of a request that comes to `node` at the node port `port`, from outside or `inside`."""
    for service, each in _ports(view, protocol):
        if port and each.node_port == port:
            return _to(view, service, each, node, CLUSTER if inside else external_policy(service))
    return Route(refusal=f"no Service has the node port {port}/{protocol}")


def route_from_outside(view: View, node: str, host: str, port: int, source: str = "", protocol: str = "TCP") -> Route:
    """Return the route of a request from outside that arrives at `node` for an external address `host` of a Service.

    `source` is the client's address; a Service with source ranges lets in nobody else at its load balancer's address.
    """
    for service, each in _ports(view, protocol):
        if by_external_address(service, each, host, port):
            ranges = service.spec.load_balancer_source_ranges if host not in service.spec.external_ips else ()
            if ranges and not any(_inside(source, one) for one in ranges):
                return Route(refusal=f"Service {service.metadata.name} lets in {', '.join(ranges)}, not {source}")
            return _to(view, service, each, node, external_policy(service))
    return Route(refusal=f"no Service has the external address {host} at port {port}/{protocol}")


def _ports(view: View, protocol: str) -> Iterator[tuple[Service, ServicePort]]:
    """Yield each Service with each of its ports of a protocol."""
    for found in view.list("Service"):
        if isinstance(found, Service):
            yield from ((found, each) for each in found.spec.ports if (each.protocol or "TCP") == protocol)


def _to(view: View, service: Service, port: ServicePort, node: str, policy: str) -> Route:
    key = ObjectKey("Service", service.metadata.namespace, service.metadata.name)
    found = backends(view, service, port, node, policy)
    if found:
        return Route(backends=found, service=key, affinity_timeout=affinity_timeout(service))
    where = f" on {node}" if policy != CLUSTER else ""
    why = f"Service {service.metadata.name} has no endpoints{where} for port {port.name or port.port}"
    return Route(refusal=why, service=key)


def affinity_timeout(service: Service) -> int:
    """Return for how long (s) an idle client keeps its backend, 0 without session affinity."""
    if service.spec.session_affinity != CLIENT_IP:
        return 0
    config = service.spec.session_affinity_config
    given = None if config is None or config.client_ip is None else config.client_ip.timeout_seconds
    return AFFINITY_TIMEOUT if given is None else given


def external_policy(service: Service) -> str:
    """Return the traffic policy of requests from outside."""
    return service.spec.external_traffic_policy or CLUSTER


def by_external_address(service: Service, each: ServicePort, host: str, port: int) -> bool:
    """Tell whether a node takes what is sent to `host` for a request to a Service port from outside."""
    ingress = {one.ip for one in service.status.load_balancer.ingress if one.ip and one.ip_mode != PROXIED}
    return each.port == port and (host in service.spec.external_ips or host in ingress)


def _cluster_ips(service: Service) -> tuple[str, ...]:
    addresses = service.spec.cluster_ips or (service.spec.cluster_ip,)
    return tuple(one for one in addresses if one not in ("", HEADLESS))


def _by_cluster_ip(service: Service, each: ServicePort, host: str, port: int) -> bool:
    return each.port == port and host in _cluster_ips(service)


def _internal(service: Service) -> str:
    return service.spec.internal_traffic_policy or CLUSTER


def _anywhere(_: Service) -> str:
    return CLUSTER


def _inside(address: str, block: str) -> bool:
    found, network = parse_ip(address), parse_cidr(block.strip())
    return found is not None and network is not None and found in network


FRONTENDS: tuple[tuple[Callable[[Service, ServicePort, str, int], bool], Callable[[Service], str]], ...] = (
    (_by_cluster_ip, _internal),
    (by_external_address, _anywhere),
)
"""How a request from inside reaches a Service port by an address, and the traffic policy that then holds."""
