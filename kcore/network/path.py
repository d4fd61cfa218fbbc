"""Path: who gets a request and why, or why nobody does, from the name that is asked for to the process that listens.

Models, in order: the name, as the DNS server or the cache of the node answers it, if the client's policies let it ask;
the Service, by the table of the client's node; NetworkPolicies at both ends; and whether what is sent arrives: machines
that are off, links that are cut, addresses that nobody has any more, containers that do not run. A request to several
names or endpoints may end up at each of them, and each has its own `Arrival`. From outside a request reaches node
ports, external addresses and load balancers, and no address of the cluster's own network.

A client that asked before stays with its endpoint where the Service says so.

Simplified: containers listen at the ports that they declare, at any port if their pod declares none. A node is an
address like any other to a policy.

Upstream: https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import attrs

from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.validation.network import parse_ip
from kcore.network import coredns
from kcore.network.backends import Backend
from kcore.network.dns import CLUSTER_DOMAIN, FORWARDED, UNANSWERED, lookup_by
from kcore.network.hostports import at_host_port
from kcore.network.ingress import IngressRoute, route_ingress
from kcore.network.loadbalancer import has_local_endpoint, is_local, targets
from kcore.network.network import Network
from kcore.network.networkpolicy import Peer, Verdict, allowed
from kcore.network.route import PROXIED, Route, by_external_address, route, route_from_outside, route_to_node_port
from kcore.world.sandbox import Sandbox

MOST_ALIASES = 8
"""How many names that are other names are followed."""


@attrs.frozen(kw_only=True)
class Client:
    """Who asks: a `pod` on a `node`, the node itself, or somebody outside at an `address`.

    It had its last answer from the address `last`, `idle` seconds ago; "": it asks for the first time.
    """

    address: str = ""
    node: str = ""
    pod: Pod | None = None
    last: str = ""
    idle: int = 0

    @classmethod
    def of(cls, pod: Pod) -> Client:
        """Return the client that is a pod."""
        return cls(address=pod.status.pod_ip, node=pod.spec.node_name, pod=pod)

    @property
    def peer(self) -> Peer:
        """The client as a NetworkPolicy sees it: a pod in its node's network is its node."""
        own = self.pod is not None and not self.pod.spec.host_network
        return Peer(address=self.address, pod=self.pod if own else None, node="" if own else self.node)


@attrs.frozen(kw_only=True)
class Arrival:
    """A backend that a request may be sent to; `refusal` says why it does not answer.

    `policies` are those that forbid it, if that is why. `by` is the node that chose it, "" for the client's own.
    """

    backend: Backend
    refusal: str = ""
    policies: tuple[ObjectKey, ...] = ()
    by: str = ""


@attrs.frozen(kw_only=True)
class Path:
    """What becomes of a request: each place where it may arrive, or the `refusal` that ends it before.

    `name` is what was found in the DNS, `service` whose endpoints are meant. `lost` says where else a request may end,
    such as at a node that sends it nowhere. What leaves the cluster has no arrivals, and `leaves` says where to.
    """

    name: str = ""
    service: ObjectKey | None = None
    arrivals: tuple[Arrival, ...] = ()
    refusal: str = ""
    lost: tuple[str, ...] = ()
    leaves: str = ""

    @property
    def answered(self) -> tuple[Arrival, ...]:
        """The arrivals at which somebody answers."""
        return tuple(one for one in self.arrivals if not one.refusal)

    @property
    def why_not(self) -> str:
        """Why a request may be lost: what ended it, or what is wrong at the first place that does not answer."""
        reasons = (self.refusal, *self.lost, *(one.refusal for one in self.arrivals))
        return next((one for one in reasons if one), "")


def path(network: Network, client: Client, host: str, port: int, protocol: str = "TCP") -> Path:
    """Return what becomes of a request from inside the cluster for a name or IP address at a port."""
    if not network.is_on(client.node):
        return Path(refusal=f"{client.node} is off")
    if client.node not in network.tables:
        return Path(refusal=f"no kube-proxy runs on {client.node}")
    addresses: Sequence[str] = (host,)
    name = ""
    if parse_ip(host) is None:
        found = _named(network, client, host)
        if isinstance(found, Path):
            return found
        name, addresses = found
    paths = [_to_address(network, client, address, port, protocol) for address in addresses]
    return attrs.evolve(_together(paths), name=name)


def path_from_outside(network: Network, client: Client, host: str, port: int, protocol: str = "TCP") -> Path:
    """Return what becomes of a request from outside for an address of a node, a load balancer or a Service."""
    node = network.node_at(host)
    if node:
        return _at_node(network, client, node, _node_port(network, node, host, port, protocol), protocol)
    for service in network.now.list("Service"):
        if not isinstance(service, Service):
            continue
        for each in service.spec.ports:
            balanced = any(host in (one.ip, one.hostname) for one in service.status.load_balancer.ingress)
            if each.port == port and (each.protocol or "TCP") == protocol and balanced:
                return _balanced(network, client, service, host, port, each.node_port)
            if by_external_address(service, each, host, port):
                found = [_external(network, client, one, host, port, protocol) for one in sorted(network.tables)]
                return _together(found)
    return Path(refusal=f"{host} is no address that is reached from outside")


def path_by_ingress(network: Network, controller: Client, host: str, path_: str, ingress_class: str = "") -> Path:
    """Return what becomes of a request that a controller of Ingresses gets for `host` and a path."""
    found: IngressRoute = route_ingress(network.now, host, path_, ingress_class)
    if found.service is None:
        return Path(refusal=found.refusal)
    service = network.now.get(found.service)
    if not isinstance(service, Service):
        return Path(service=found.service, refusal=f"{found.ingress} sends to {found.service}, which does not exist")
    ports = [each.port for each in service.spec.ports if found.port in (each.port, each.name)]
    if not ports:
        return Path(service=found.service, refusal=f"{found.service} has no port {found.port}")
    name = f"{service.metadata.name}.{service.metadata.namespace}"
    if service.spec.cluster_ip in ("", "None"):
        return path(network, controller, f"{name}.svc.{CLUSTER_DOMAIN}", ports[0])
    return path(network, controller, service.spec.cluster_ip, ports[0])


def may_ask(network: Network, client: Client) -> Verdict:
    """Return whether policies let a client ask for names."""
    return allowed(network.now, client.peer, Peer(pod=coredns.SERVER), coredns.PORT, "UDP")


def _named(network: Network, client: Client, host: str) -> Path | tuple[str, Sequence[str]]:
    """Return the full name and addresses of `host`, or the path that ends there."""
    pod = client.pod
    if pod is None or pod.spec.dns_policy in ("Default", "None"):
        return Path(refusal=f"{host} is looked up outside the cluster")
    if pod.spec.host_network and pod.spec.dns_policy != "ClusterFirstWithHostNet":
        return Path(refusal=f"{host} is looked up outside the cluster, as a pod in its node's network does")
    verdict = may_ask(network, client)
    if not verdict.allowed:
        return Path(refusal=f"the DNS server can't be asked: {verdict.refusal}")
    for _ in range(MOST_ALIASES):
        answer = lookup_by(partial(network.answer, client.node), host, pod.metadata.namespace)
        if answer.canonical:
            host = f"{answer.canonical.rstrip('.')}."
            if not host.endswith(f".{CLUSTER_DOMAIN}."):
                return Path(name=answer.name, leaves=answer.canonical)
        elif answer.refusal == FORWARDED and "." in host.rstrip("."):
            return Path(leaves=host)
        elif answer.refusal:
            return Path(refusal=answer.refusal if answer.refusal == UNANSWERED else f"{host}: {answer.refusal}")
        else:
            return answer.name, answer.addresses
    return Path(refusal=f"{host} is the name of a name for ever")


def _to_address(network: Network, client: Client, address: str, port: int, protocol: str) -> Path:
    node = network.node_at(address)
    found: Route
    if node:
        inside = client.peer.pod is not None or client.node == node
        found = _node_port(network, node, address, port, protocol, inside=inside)
    else:
        found = route(network.tables[client.node], client.node, address, port, protocol)
    if found.refusal:
        return Path(service=found.service, refusal=found.refusal)
    found = found.kept(next((one for one in found.backends if one.address == client.last), None), client.idle)
    if found.service is None and not node and not _is_of_cluster(network, address):
        return Path(leaves=address)
    arrivals = tuple(_arrival(network, client, client.node, one, protocol) for one in found.backends)
    return Path(service=found.service, arrivals=arrivals)


def _is_of_cluster(network: Network, address: str) -> bool:
    machines = network.world.machines
    return any(address.startswith(machines[name].prefix) for name in machines)


def _node_port(network: Network, node: str, address: str, port: int, protocol: str, *, inside: bool = False) -> Route:
    """Return where a request goes that comes to an address of a node: by its node ports, else by its host ports.

    The external traffic policy does not bind pods, nor the node itself.
    """
    if not network.is_on(node):
        return Route(refusal=f"{node} is off")
    if node in network.tables:
        found = route_to_node_port(network.tables[node], node, port, protocol, inside=inside)
    else:
        found = Route(refusal=f"no kube-proxy runs on {node}")
    held = at_host_port(network, node, address, port, protocol) if found.service is None else None
    return found if held is None else Route(backends=(held,))


def _at_node(network: Network, client: Client, node: str, found: Route, protocol: str = "TCP") -> Path:
    """Return what becomes of a request from outside that came to `node`, which then sends it on."""
    arrivals = (_arrival(network, client, node, one, protocol) for one in found.backends)
    by = tuple(attrs.evolve(one, by=node) for one in arrivals)
    return Path(service=found.service, arrivals=by, refusal=found.refusal)


def _external(network: Network, client: Client, node: str, host: str, port: int, protocol: str) -> Path:
    if not network.is_on(node):
        return Path(refusal=f"{node} is off")
    found = route_from_outside(network.tables[node], node, host, port, client.address, protocol)
    return _at_node(network, client, node, found, protocol)


def _balanced(network: Network, client: Client, service: Service, host: str, port: int, node_port: int) -> Path:
    """Return what becomes of a request at a load balancer: it is sent to any node that it takes for healthy."""
    if network.balancer is None:
        return Path(service=key_of(service), refusal="there is no load balancer")
    nodes = [node for node in targets(network.balancer) if _is_healthy(network, service, node)]
    if not nodes:
        return Path(service=key_of(service), refusal=f"no node is healthy for {key_of(service)}")
    proxied = any(one.ip_mode == PROXIED for one in service.status.load_balancer.ingress)
    if proxied:
        ports = {one: _node_port(network, one, "", node_port, "TCP") for one in nodes}
        return _together([_at_node(network, client, one, ports[one]) for one in nodes])
    return _together([_external(network, client, one, host, port, "TCP") for one in nodes])


def _is_healthy(network: Network, service: Service, node: str) -> bool:
    """Tell whether the load balancer takes a node for healthy, by its last checks or by what is so."""
    if network.late:
        assert network.balancer is not None  # noqa: S101 - who is late is there
        return not is_local(service) or has_local_endpoint(network.balancer, service, node)
    if not network.is_on(node) or node not in network.tables:
        return False
    return not is_local(service) or has_local_endpoint(network.tables[node], service, node)


def _together(paths: Iterable[Path]) -> Path:
    """Return the path of a request that may take any of `paths`: refused only where all are."""
    found = list(paths)
    through = [one for one in found if not one.refusal]
    first = (through or found)[0]
    lost = tuple(one.refusal for one in found if one.refusal and through)
    return attrs.evolve(first, arrivals=tuple(arrival for one in through for arrival in one.arrivals), lost=lost)


def _arrival(network: Network, client: Client, node: str, backend: Backend, protocol: str) -> Arrival:
    """Return what becomes of what is sent from `node` to a backend for a client."""
    target = _node_of(network, backend)
    if not target:
        return Arrival(backend=backend, refusal=f"nobody has the address {backend.address}")
    if not network.is_on(target):
        return Arrival(backend=backend, refusal=f"{target} is off")
    if target in network.world.machines[node].unreachable:
        return Arrival(backend=backend, refusal=f"{node} does not reach {target}")
    sandbox = _behind(network, backend, target)
    if sandbox is None:
        return Arrival(backend=backend, refusal=f"nobody has the address {backend.address} any more")
    pod = network.pod_of(sandbox)
    apart = pod is not None and not pod.spec.host_network
    to = Peer(address=backend.address, pod=pod if apart else None, node="" if apart else target)
    verdict = allowed(network.now, client.peer, to, backend.port, protocol)
    if not verdict.allowed:
        return Arrival(backend=backend, refusal=verdict.refusal, policies=verdict.policies)
    return Arrival(backend=backend, refusal=_not_listening(sandbox, pod, backend.port))


def _node_of(network: Network, backend: Backend) -> str:
    """Return the machine that an address is on: by its block, or that of the node itself; "" if there is none."""
    machines = network.world.machines
    block = next((name for name in sorted(machines) if backend.address.startswith(machines[name].prefix)), "")
    return block or network.node_at(backend.address)


def _behind(network: Network, backend: Backend, node: str) -> Sandbox | None:
    if backend.address.startswith(network.world.machines[node].prefix):
        return network.with_address(backend.address)
    return None if backend.pod is None else network.of_pod(node, backend.pod)


def _not_listening(sandbox: Sandbox, pod: Pod | None, port: int) -> str:
    """Return why no process of a sandbox answers at `port`, "" if one does."""
    running = {one.name for one in sandbox.containers if one.has_process}
    if not running:
        return f"no container of {sandbox.pod} runs"
    declared = list(_declared(pod))
    if not declared:
        return ""
    there = sorted({name for name, number in declared if number == port})
    if not there:
        return f"no container of {sandbox.pod} listens at {port}"
    return "" if running.intersection(there) else f"container {there[0]} of {sandbox.pod} does not run"


def _declared(pod: Pod | None) -> Iterator[tuple[str, int]]:
    """Yield each port that a container of the pod declares, with the container's name."""
    if pod is not None:
        for container in (*pod.spec.init_containers, *pod.spec.containers):
            yield from ((container.name, one.container_port) for one in container.ports)
