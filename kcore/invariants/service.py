"""What holds of Services and what is asked of them: addresses of their own, an endpoint at any time, reached from all.

Two worlds: whether a Service is reached is asked of each node's kube-proxy table, as that node has heard of it, and of
the machines, on which the pod behind an address runs or does not.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/iptables/proxier.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import EndpointSlice
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import Selector, from_set
from kcore.apiserver.indexes import addresses, node_ports
from kcore.client.component import ComponentKey
from kcore.client.view import View
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.pods import active, name, ready
from kcore.invariants.recent import Standing
from kcore.machine import Culprits, Finding
from kcore.network.backends import Backend
from kcore.network.route import route_to_service

PROXY = "kube-proxy"
SERVICE_NAME = "kubernetes.io/service-name"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
_DOCS = "https://kubernetes.io/docs/concepts/services-networking/service/"


def addresses_of_services_unique(state: ClusterState) -> Finding:
    """Tell whether no two Services hold one cluster IP or node port."""
    for one in _services(state):
        terms = [("address", address) for address in addresses(one.spec)]
        terms += [("node port", str(port)) for port in node_ports(one.spec)]
        for term in terms:
            holders = state.store.indexes.found(term)
            if len(holders) > 1:
                return Culprits(f"they hold one {' '.join(term)}", *map(str, holders))
    return True


def keeps_an_endpoint(state: ClusterState) -> Finding:
    """Tell whether each Service for which there is to be a pod has a ready endpoint."""
    for one in _services(state):
        if one.spec.selector and not any(_ready_endpoints(state, one)) and _is_meant(state, one):
            return Culprits("it has no ready endpoint", name(one))
    return True


def reached_from_every_node(state: ClusterState) -> Finding:
    """Tell whether from each node a request for each Service with pods that are ready and run gets to one that runs."""
    for service in _services(state):
        if service.spec.cluster_ip in ("", "None") or not any(_running_pods(state, service)):
            continue
        for node in _nodes(state):
            for port in service.spec.ports:
                found = route_to_service(_view(state, node), node, service, port.port)
                if not any(_answers(state, one) for one in found.backends):
                    why = found.refusal or f"none of {', '.join(one.address for one in found.backends)} answers"
                    return Culprits(f"from {node}: {why}", name(service), f"Node/{node}")
    return True


def _services(state: ClusterState) -> Iterator[Service]:
    return (one for one in state.store.list("Service") if isinstance(one, Service))


def _ready_endpoints(state: ClusterState, service: Service) -> Iterator[bool]:
    """Yield for each endpoint of a Service whether it is ready."""
    labels = from_set({SERVICE_NAME: service.metadata.name})
    for one in state.store.select("EndpointSlice", service.metadata.namespace, labels):
        if isinstance(one, EndpointSlice):
            yield from (each.conditions.ready is not False for each in one.endpoints)


def _is_meant(state: ClusterState, service: Service) -> bool:
    """Tell whether a workload that wants pods makes them with the labels that a Service selects, or there is a pod."""
    selector, namespace = from_set(service.spec.selector), service.metadata.namespace
    if state.store.select("Pod", namespace, selector):
        return True
    return any(_makes(one, selector) for kind in WORKLOADS for one in state.store.list(kind, namespace))


def _makes(workload: object, selector: Selector) -> bool:
    spec = getattr(workload, "spec", None)
    template = getattr(spec, "template", None)
    if not isinstance(template, PodTemplateSpec) or getattr(spec, "replicas", None) == 0:
        return False
    return selector.matches(template.metadata.labels)


def _running_pods(state: ClusterState, service: Service) -> Iterator[Pod]:
    """Yield the pods of a Service that are ready and run; one without a selector has none."""
    if not service.spec.selector:
        return
    for pod in state.store.select("Pod", service.metadata.namespace, from_set(service.spec.selector)):
        if isinstance(pod, Pod) and active(pod) and ready(pod) and _runs(state, pod.spec.node_name, _key(pod)):
            yield pod


def _answers(state: ClusterState, backend: Backend) -> bool:
    """Tell whether behind a backend something runs; what names no pod is taken to answer."""
    return backend.pod is None or _runs(state, backend.node, backend.pod)


def _runs(state: ClusterState, node: str, pod: ObjectKey) -> bool:
    machine = state.world.machines.get(node)
    on = machine is not None and machine.powered
    return on and any(one.running for one in state.world.sandboxes_of(node, pod))


def _key(pod: Pod) -> ObjectKey:
    return ObjectKey("Pod", pod.metadata.namespace, pod.metadata.name)


def _nodes(state: ClusterState) -> Iterator[str]:
    """Yield the nodes whose machines are on and whose kube-proxy runs."""
    for one in sorted(state.world.machines):
        if state.world.machines[one].powered and ComponentKey(PROXY, one) in state.processes:
            yield one


def _view(state: ClusterState, node: str) -> View:
    """Return what the kube-proxy of a node has heard of."""
    cache = state.processes[ComponentKey(PROXY, node)].cache
    return View(state.store if cache is None else cache, state.now)


def _two_services(state: ClusterState) -> Finding:
    return sum(bool(addresses(one.spec)) for one in _services(state)) > 1


def _some_endpoint(state: ClusterState) -> Finding:
    return any(any(_ready_endpoints(state, one)) for one in _services(state))


def _some_reached(state: ClusterState) -> Finding:
    return any(_nodes(state)) and any(any(_running_pods(state, one)) for one in _services(state) if one.spec.cluster_ip)


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "service-addresses-unique",
        "No two Services hold one cluster IP or node port.",
        Standing(addresses_of_services_unique, "Service"),
        _two_services,
        upstream=f"{_DOCS}#virtual-ips-and-service-proxies",
    ),
    question(
        "service-keeps-an-endpoint",
        "A Service never loses its last ready endpoint.",
        Standing(keeps_an_endpoint),
        _some_endpoint,
        assumes=("each Service has a ready endpoint in the beginning",),
        upstream=f"{_DOCS}#endpointslices",
    ),
    question(
        "service-reached-from-every-node",
        "From every node a request for a Service with ready pods gets to one that runs.",
        reached_from_every_node,
        _some_reached,
        assumes=("machines that are on reach each other",),
        upstream="https://kubernetes.io/docs/reference/networking/virtual-ips/",
    ),
)
