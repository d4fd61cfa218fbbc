"""Reaching: the way from an API server to whoever answers for an admission webhook, and what is wrong with it.

Models the Service's cluster IP, which an API server goes to unless it is told to pick an endpoint itself; the endpoints
behind it, of which those on their way out stand in while none is ready; and the errors that a call ends with. One
endpoint that answers is enough.

Simplified: a real call is sent to one endpoint by chance, and fails where that is a bad one. A call takes no time: its
`timeoutSeconds` is only told.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/util/proxy/endpointslice.go
"""

from __future__ import annotations

from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.json import Wire
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import parse
from kcore.apiserver.indexes import NO_ADDRESS
from kcore.apiserver.store import Store
from kcore.apiserver.webhook import Answering

SERVICE_NAME = "kubernetes.io/service-name"
PORT, TIMEOUT = 443, 10
"""The port and the seconds that a webhook has unless it says otherwise."""

TIMED_OUT = "context deadline exceeded"


def trouble(store: Store, webhook: Wire, answering: Answering) -> str:
    """Return why nobody answers for `webhook`, "" when somebody does."""
    client = webhook.get("clientConfig") or {}
    service, name = client.get("service"), str(webhook.get("name", ""))
    why = _behind(store, service, name, answering) if service is not None else ""
    if service is None and not answering(name, None):
        why = TIMED_OUT
    return f'Post "{_url(client)}?timeout={webhook.get("timeoutSeconds") or TIMEOUT}s": {why}' if why else ""


def _behind(store: Store, reference: Wire, webhook: str, answering: Answering) -> str:
    """Return why a Service leads to nobody who answers."""
    namespace, name = reference.get("namespace", ""), reference.get("name", "")
    service = store.get(ObjectKey("Service", namespace, name))
    port = reference.get("port") or PORT
    if not isinstance(service, Service):
        return f'service "{name}" not found'
    address = service.spec.cluster_ip
    if address in ("", NO_ADDRESS):
        return f'cannot route to service with ClusterIP "{address}"'
    if all(one.port != port for one in service.spec.ports):
        return f'no service port {port} found for service "{name}"'
    endpoints = _endpoints(store, namespace, name)
    if not endpoints:
        return f"dial tcp {address}:{port}: connect: connection refused"
    return "" if any(answering(webhook, one) for one in endpoints) else TIMED_OUT


def _endpoints(store: Store, namespace: str, name: str) -> list[Endpoint]:
    """Return the endpoints that a kube-proxy sends to: those that are ready, else those that go but still serve."""
    slices = store.select("EndpointSlice", namespace, parse(f"{SERVICE_NAME}={name}"))
    found = [one for each in slices if isinstance(each, EndpointSlice) for one in each.endpoints]
    ready = [one for one in found if one.conditions.ready is not False]
    return ready or [one for one in found if one.conditions.serving and one.conditions.terminating]


def _url(client: Wire) -> str:
    service = client.get("service")
    if service is None:
        return str(client.get("url", ""))
    host = f"{service.get('name', '')}.{service.get('namespace', '')}.svc:{service.get('port') or PORT}"
    return f"https://{host}/{(service.get('path') or '').lstrip('/')}"
