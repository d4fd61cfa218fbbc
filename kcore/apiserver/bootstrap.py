"""What a cluster holds before anyone has asked for anything.

Models the namespaces, the Service of the API server itself and the two priority classes of system pods, as the API
server makes them when it starts. They go through the same requests as everything else. Where pods need accounts, what
the controllers make in each namespace is there too: its account `default` and the root certificate.

Not modelled: roles, flow schemas, API services and the rest of what a real server starts with.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controlplane/controller/systemnamespaces/system_namespaces_controller.go
"""

from __future__ import annotations

import ipaddress

from kcore.api.json import Json, Wire
from kcore.api.object import ObjectKey
from kcore.apiserver.config import DEFAULT, ApiServerConfig
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.rootca import CERTIFICATE, DESCRIBED_BY, DESCRIPTION, ROOT_CA, ROOT_CA_KEY
from kcore.apiserver.store import EMPTY, Store
from kcore.errors import MisuseError

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


def bootstrap(now: int, config: ApiServerConfig = DEFAULT) -> Store:
    """Return the store of a new cluster at `now` (ms since 1970)."""
    store = EMPTY
    context = Context(now=now, config=config)
    for wire in _objects(config):
        metadata = wire["metadata"]
        key = ObjectKey(wire["kind"], metadata.get("namespace", ""), metadata["name"])
        request = Request(verb=Verb.CREATE, key=key, body=Json.of(wire), client="kube-apiserver")
        outcome = handle(store, request, context)
        if outcome.response.status is not None:
            raise MisuseError(f"{key} can't be made under this configuration: {outcome.response.status.message}")
        store = outcome.store
    return store


def _objects(config: ApiServerConfig) -> list[Wire]:
    first = ipaddress.IPv4Network(config.service_cluster_ip_range).network_address + 1
    return [
        *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES),
        *(wire for name in NAMESPACES for wire in _identity(name) if "ServiceAccount" in config.admission_plugins),
        _priority_class("system-node-critical", 2_000_001_000),
        _priority_class("system-cluster-critical", 2_000_000_000),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "kubernetes",
                "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"},
            },
            "spec": {
                "clusterIP": str(first),
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}],
            },
        },
    ]


def _identity(namespace: str) -> tuple[Wire, ...]:
    """Return what pods of `namespace` need to be somebody."""
    certificate = {"name": ROOT_CA, "namespace": namespace, "annotations": {DESCRIBED_BY: DESCRIPTION}}
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": certificate, "data": {ROOT_CA_KEY: CERTIFICATE}},
    )


def _priority_class(name: str, value: int) -> Wire:
    description = "Used for system critical pods that must not be moved from their current node."
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        "description": description,
    }
