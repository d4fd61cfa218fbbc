"""Backends: which endpoints of a Service port a node sends to.

Models kube-proxy's choice: the ready endpoints; where there are none, those that still serve while they terminate. With
the traffic policy Local these are those of the node itself. With Cluster the hints of the endpoints narrow the choice:
to those meant for the node if every ready endpoint has hints for nodes, else to those meant for its zone if every one
has hints for zones, and in each case only if there is any; the last resort has no use for hints.

Not modelled: weights; an endpoint is chosen or it is not.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/topology.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from kcore.api.core.service import Service, ServicePort
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_set
from kcore.client.view import View

SERVICE_NAME = "kubernetes.io/service-name"
ZONE = "topology.kubernetes.io/zone"
LOCAL = "Local"


@attrs.frozen(kw_only=True, order=True)
class Backend:
    """An address and port that a request can go to, the node that it is on and the pod behind it, if known."""

    address: str
    port: int
    node: str = ""
    pod: ObjectKey | None = attrs.field(default=None, order=False)


def backends(view: View, service: Service, port: ServicePort, node: str, policy: str) -> tuple[Backend, ...]:
    """Return where `node` sends requests for `port` under a traffic `policy` (Cluster or Local), sorted."""
    found = _endpoints(view, service, port)
    if policy == LOCAL:
        found = [(endpoint, number) for endpoint, number in found if endpoint.node_name == node]
    ready = [(endpoint, number) for endpoint, number in found if endpoint.conditions.ready is not False]
    last_resort = [(endpoint, number) for endpoint, number in found if _is_last_resort(endpoint)]
    chosen = ready if policy == LOCAL else _hinted(view, ready, node)
    return tuple(
        sorted(
            {
                Backend(address=address, port=number, node=endpoint.node_name or "", pod=_pod(endpoint))
                for endpoint, number in chosen or last_resort
                for address in endpoint.addresses[:1]
            }
        )
    )


def _is_last_resort(endpoint: Endpoint) -> bool:
    return endpoint.conditions.serving is not False and endpoint.conditions.terminating is True


def _hinted(view: View, ready: Sequence[tuple[Endpoint, int]], node: str) -> Sequence[tuple[Endpoint, int]]:
    """Return those of the ready endpoints that are meant for clients on `node`, all where hints are of no use."""
    found = view.get(ObjectKey("Node", "", node))
    zone = "" if found is None else found.metadata.labels.get(ZONE, "")
    for names, wanted in ((_nodes_of, node), (_zones_of, zone)):
        if all(names(endpoint) for endpoint, _ in ready):
            meant = [(endpoint, number) for endpoint, number in ready if wanted in names(endpoint)]
            if meant:
                return meant
    return ready


def _nodes_of(endpoint: Endpoint) -> tuple[str, ...]:
    return () if endpoint.hints is None else tuple(one.name for one in endpoint.hints.for_nodes)


def _zones_of(endpoint: Endpoint) -> tuple[str, ...]:
    return () if endpoint.hints is None else tuple(one.name for one in endpoint.hints.for_zones)


def slices_of(view: View, service: Service) -> Iterable[EndpointSlice]:
    """Yield the EndpointSlices of a Service, sorted by name."""
    selector = from_set({SERVICE_NAME: service.metadata.name})
    for found in view.select("EndpointSlice", service.metadata.namespace, selector):
        if isinstance(found, EndpointSlice):
            yield found


def _endpoints(view: View, service: Service, port: ServicePort) -> list[tuple[Endpoint, int]]:
    """Return the endpoints of the slices of `service` that have the port, with the number it has there.

    A named target port has a number in each slice: what the pods of the slice call by that name.
    """
    return [
        (endpoint, port.port if each.port is None else each.port)
        for found in slices_of(view, service)
        for each in found.ports
        if (each.name or "") == port.name and (each.protocol or "TCP") == (port.protocol or "TCP")
        for endpoint in found.endpoints
    ]


def _pod(endpoint: Endpoint) -> ObjectKey | None:
    """Return the key of the pod behind an endpoint, None when it names none."""
    target = endpoint.target_ref
    return ObjectKey("Pod", target.namespace, target.name) if target and target.kind == "Pod" else None
