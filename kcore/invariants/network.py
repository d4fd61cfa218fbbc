"""What holds of requests and what is asked of them: who is sent to, who answers, and that policies are never bypassed.

Two worlds: each node sends by what its kube-proxy has heard, and what it sends arrives on machines or does not. The
laws are about nodes that have heard of everything; a node that has not may try addresses of the past, which is a
question. Who is ready is said anew, by the pods.

Upstream: https://kubernetes.io/docs/reference/networking/virtual-ips/
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.convert import to_wire
from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_label_selector, from_set
from kcore.client.component import ComponentKey
from kcore.cluster.network import KUBE_PROXY, network_of
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.pods import going, name, ready
from kcore.invariants.settled import settled
from kcore.invariants.unchanged import Unchanged
from kcore.machine import Culprits, Finding
from kcore.network.dns import CLUSTER_DOMAIN, resolve
from kcore.network.network import Network
from kcore.network.path import Arrival, Client, Path, path

SLICES = "endpointslice-controller"
SERVICE_NAME = "kubernetes.io/service-name"
NO_ADDRESS = ("", "None")
_DOCS = "https://kubernetes.io/docs/concepts/services-networking"


def ready_endpoints_are_sent_to(state: ClusterState) -> Finding:
    """Tell whether a node that knows all sends to each ready endpoint that answers it and its policy allows."""
    for network, node, service, port, found in _settled_paths(state):
        reached = {one.backend.address for one in found.arrivals}
        for endpoint in _ready_endpoints(state, service):
            if _is_for(service, endpoint, node) and not reached.intersection(endpoint.addresses):
                direct = path(network, _on(network, node), endpoint.addresses[0], _number(service, found, port))
                if direct.answered and not _is_narrowed(service, found):
                    return Culprits(f"from {node}: {endpoint.addresses[0]} is not sent to", name(service))
    return True


def only_ready_pods_are_sent_to(state: ClusterState) -> Finding:
    """Tell whether a node that knows all sends to ready pods only, but for the last resort and where all are wanted."""
    for _, node, service, _, found in _settled_paths(state):
        if not service.spec.selector or service.spec.publish_not_ready_addresses:
            continue
        selected = state.store.select("Pod", service.metadata.namespace, from_set(service.spec.selector))
        wanted = {key_of(one) for one in selected if isinstance(one, Pod) and ready(one) and not going(one)}
        last = {key_of(one) for one in selected if isinstance(one, Pod) and ready(one) and going(one)}
        for arrival in found.arrivals:
            pod = arrival.backend.pod
            near = {one for one in wanted if _node_of(state, one) == node}
            if (
                pod is not None
                and pod not in wanted
                and not (pod in last and not (near if _local(service) else wanted))
            ):
                return Culprits(f"from {node}: it is sent to and not ready", name(service), str(pod))
    return True


def closed_pods_are_not_reached(state: ClusterState) -> Finding:
    """Tell whether nobody but its node reaches a pod that some policy isolates and no policy has a rule for."""
    if not state.store.list("NetworkPolicy"):
        return True
    closed = [pod for pod in _running_pods(state) if _is_closed(state, pod)]
    if not closed:
        return True
    network = network_of(state)
    for pod in closed:
        for client in _clients(state, network):
            port = next((one.container_port for each in pod.spec.containers for one in each.ports), 80)
            itself = client.pod is not None and key_of(client.pod) == key_of(pod)
            home = client.pod is None and client.node == pod.spec.node_name
            if not (itself or home) and path(network, client, pod.status.pod_ip, port).answered:
                who = name(client.pod) if client.pod is not None else f"Node/{client.node}"
                return Culprits("it is reached though no policy lets anybody in", name(pod), who)
    return True


def answers_where_allowed(state: ClusterState) -> Finding:
    """Tell whether a Service with a ready endpoint answers from every connected node that may ask it."""
    network = network_of(state)
    for service in _services(state):
        endpoints = list(_ready_endpoints(state, service))
        for node in _nodes(state, network):
            if any(_is_for(service, one, node) for one in endpoints):
                for port in service.spec.ports:
                    client = _on(network, node)
                    found = path(network, client, service.spec.cluster_ip, port.port, port.protocol or "TCP")
                    if not found.answered and not any(one.policies for one in found.arrivals):
                        return Culprits(f"from {node}: {found.why_not}", name(service), f"Node/{node}")
    return True


def no_address_of_the_past(state: ClusterState) -> Finding:
    """Tell whether each address that a node sends to is that of a pod which has it now."""
    network = network_of(state)
    for service in _services(state):
        for node in _nodes(state, network):
            for port in service.spec.ports:
                found = path(network, _on(network, node), service.spec.cluster_ip, port.port)
                for arrival in found.arrivals:
                    if arrival.backend.pod is not None and not _is_at_home(network, arrival):
                        where = f"from {node}: nobody has {arrival.backend.address} any more"
                        return Culprits(where, name(service), f"Node/{node}")
    return True


def names_are_resolved(state: ClusterState) -> Finding:
    """Tell whether each Service with an address is found by its name."""
    network = network_of(state)
    for service in _services(state):
        full = f"{service.metadata.name}.{service.metadata.namespace}.svc.{CLUSTER_DOMAIN}"
        if network.names is None:
            return Culprits("no DNS server answers", name(service))
        if service.spec.cluster_ip not in resolve(network.names, full).addresses:
            return Culprits("its name is not that of its address", name(service))
    return True


def _settled_paths(state: ClusterState) -> Iterator[tuple[Network, str, Service, int, Path]]:
    """Yield what becomes of a request from each node that has heard of everything, once the slices are through."""
    if not settled(state, SLICES) or not any(_services(state)):
        return
    network = network_of(state)
    for service in _services(state):
        if not going(service):
            for node in _nodes(state, network):
                if state.processes[ComponentKey(KUBE_PROXY, node)].linked:
                    for port in service.spec.ports:
                        client = _on(network, node)
                        found = path(network, client, service.spec.cluster_ip, port.port, port.protocol or "TCP")
                        yield network, node, service, port.port, found


def _services(state: ClusterState) -> Iterator[Service]:
    """Yield the Services that have an address."""
    for one in state.store.list("Service"):
        if isinstance(one, Service) and one.spec.cluster_ip not in NO_ADDRESS:
            yield one


def _ready_endpoints(state: ClusterState, service: Service) -> Iterator[Endpoint]:
    labels = from_set({SERVICE_NAME: service.metadata.name})
    for one in state.store.select("EndpointSlice", service.metadata.namespace, labels):
        if isinstance(one, EndpointSlice):
            yield from (each for each in one.endpoints if each.conditions.ready is not False and each.addresses)


def _local(service: Service) -> bool:
    return service.spec.internal_traffic_policy == "Local"


def _is_for(service: Service, endpoint: Endpoint, node: str) -> bool:
    """Tell whether the traffic policy lets a request from `node` go to an endpoint."""
    return endpoint.node_name == node or not _local(service)


def _is_narrowed(service: Service, found: Path) -> bool:
    """Tell whether close traffic went to some endpoints and so not to others."""
    return bool(service.spec.traffic_distribution) and bool(found.arrivals)


def _number(service: Service, found: Path, port: int) -> int:
    """Return the port that endpoints listen at: that of one that is sent to, else what a number says."""
    for arrival in found.arrivals:
        return arrival.backend.port
    targets = (one.target_port for one in service.spec.ports if one.port == port)
    return next((one for one in targets if isinstance(one, int) and one), port)


def _nodes(state: ClusterState, network: Network) -> Iterator[str]:
    """Yield the nodes that are on, reach the control plane and have a kube-proxy."""
    for node in sorted(network.tables):
        if network.is_on(node) and state.world.machines[node].connected:
            yield node


def _on(network: Network, node: str) -> Client:
    """Return the client that is a node itself."""
    address = next((one for name, one in network.node_addresses() if name == node), "")
    return Client(node=node, address=address)


def _node_of(state: ClusterState, pod: ObjectKey) -> str:
    found = state.store.get(pod)
    return found.spec.node_name if isinstance(found, Pod) else ""


def _is_at_home(network: Network, arrival: Arrival) -> bool:
    """Tell whether the pod that a backend names still has its address."""
    pod, backend = arrival.backend.pod, arrival.backend
    sandbox = None if pod is None else network.of_pod(backend.node, pod)
    return sandbox is not None and sandbox.address in ("", backend.address)


def _running_pods(state: ClusterState) -> Iterator[Pod]:
    for one in state.store.list("Pod"):
        if isinstance(one, Pod) and one.status.pod_ip and not one.spec.host_network:
            yield one


def _is_closed(state: ClusterState, pod: Pod) -> bool:
    """Tell whether policies isolate a pod for ingress, and none of them has a rule."""
    specs = [to_wire(one).get("spec") or {} for one in state.store.list("NetworkPolicy", pod.metadata.namespace)]
    own = [
        spec
        for spec in specs
        if from_label_selector(spec.get("podSelector") or {}).matches(pod.metadata.labels)
        and "Ingress" in (spec.get("policyTypes") or ("Ingress",))
    ]
    return bool(own) and not any(spec.get("ingress") for spec in own)


def _clients(state: ClusterState, network: Network) -> Iterator[Client]:
    yield from (_on(network, node) for node in sorted(network.tables) if network.is_on(node))
    yield from (Client.of(pod) for pod in _running_pods(state) if network.is_on(pod.spec.node_name))


def _some_endpoint(state: ClusterState) -> Finding:
    return any(any(_ready_endpoints(state, one)) for one in _services(state))


def _some_closed(state: ClusterState) -> Finding:
    return any(_is_closed(state, one) for one in _running_pods(state))


def _some_service(state: ClusterState) -> Finding:
    return any(_services(state))


_HEARD = "a law of nodes that have heard of everything, once the EndpointSlice controller is through"

INVARIANTS: tuple[Invariant, ...] = (
    law(
        "ready-endpoints-are-sent-to",
        "A node that knows of everything sends to each ready endpoint that answers and that the traffic policy allows.",
        Unchanged(ready_endpoints_are_sent_to),
        _some_endpoint,
        assumes=(_HEARD,),
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/topology.go",
    ),
    law(
        "only-ready-pods-are-sent-to",
        "A node that knows of everything sends to no pod that is not ready, save as a last resort or where all may be.",
        Unchanged(only_ready_pods_are_sent_to),
        _some_endpoint,
        assumes=(_HEARD,),
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/topology.go",
    ),
    law(
        "closed-pods-are-not-reached",
        "Nobody but its node reaches a pod that a NetworkPolicy isolates and no policy has a rule for.",
        Unchanged(closed_pods_are_not_reached),
        _some_closed,
        assumes=("the network enforces policies, at once",),
        upstream=f"{_DOCS}/network-policies/",
    ),
    question(
        "services-answer-where-allowed",
        "A Service with a ready endpoint answers from every connected node that its policies allow.",
        Unchanged(answers_where_allowed),
        _some_endpoint,
        assumes=("containers listen at the ports that they declare",),
        upstream="https://kubernetes.io/docs/reference/networking/virtual-ips/",
    ),
    question(
        "no-address-of-the-past-is-tried",
        "No node sends a request to an address that its pod does not have any more.",
        Unchanged(no_address_of_the_past),
        _some_endpoint,
        assumes=("every kube-proxy hears of changes",),
        upstream="https://kubernetes.io/docs/reference/networking/virtual-ips/",
    ),
    question(
        "names-are-resolved",
        "Every Service with an address is found by its name.",
        Unchanged(names_are_resolved),
        _some_service,
        assumes=("a DNS server runs",),
        upstream=f"{_DOCS}/dns-pod-service/",
    ),
)
