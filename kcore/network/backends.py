"""Backends: which endpoints of a Service port a node sends to.

Models kube-proxy's choice: the ready endpoints; where there are none, those that still serve while they terminate; with
the traffic policy Local only those of the node itself.

Not modelled: topology hints, session affinity, and the two sets that externalTrafficPolicy makes of one Service: a
caller asks for the internal or the external policy.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/topology.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kcore.api.core.service import Service, ServicePort
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_set
from kcore.client.view import View

SERVICE_NAME = "kubernetes.io/service-name"
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
    found = [
        (endpoint, Backend(address=address, port=number, node=endpoint.node_name or "", pod=_pod(endpoint)))
        for endpoint, number in _endpoints(view, service, port)
        for address in endpoint.addresses[:1]
        if policy != LOCAL or endpoint.node_name == node
    ]
    ready = {backend for endpoint, backend in found if endpoint.conditions.ready is not False}
    last_resort = {
        backend for endpoint, backend in found if endpoint.conditions.serving and endpoint.conditions.terminating
    }
    return tuple(sorted(ready or last_resort))


def _endpoints(view: View, service: Service, port: ServicePort) -> Iterable[tuple[Endpoint, int]]:
    """Yield the endpoints of the slices of `service` that have the port, with the number it has there."""
    selector = from_set({SERVICE_NAME: service.metadata.name})
    for found in view.select("EndpointSlice", service.metadata.namespace, selector):
        if not isinstance(found, EndpointSlice):
            continue
        for each in found.ports:
            if (each.name or "") == port.name and (each.protocol or "TCP") == (port.protocol or "TCP"):
                number = each.port if each.port is not None else port.port
                yield from ((endpoint, number) for endpoint in found.endpoints)


def _pod(endpoint: Endpoint) -> ObjectKey | None:
    """Return the key of the pod behind an endpoint, None when it names none."""
    target = endpoint.target_ref
    return ObjectKey("Pod", target.namespace, target.name) if target and target.kind == "Pod" else None
