"""The cloud's load balancer: which nodes it sends a request to.

Models its targets, the nodes that are not excluded by label and are not being deleted, and its health checks: under the
external traffic policy Cluster a node is healthy while its kube-proxy is, under Local while an endpoint of the Service
is on it, as its health check node port says. It hears of changes as a process does; one that hears late takes a node
for what it was, and one that is off for healthy.

Not modelled: how often it checks, its choice among healthy nodes, and load balancers that send straight to pods.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/proxy/healthcheck/service_health.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kcore.api.core.service import Service
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import Component, Work
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.network.backends import LOCAL, slices_of
from kcore.network.route import external_policy

EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
FAMILY = "cloud-load-balancer"


def targets(view: View) -> tuple[str, ...]:
    """Return the nodes that load balancers may send to, sorted."""
    nodes = (node.metadata for node in view.list("Node"))
    return tuple(one.name for one in nodes if EXCLUDED not in one.labels and one.deletion_timestamp is None)


def has_local_endpoint(view: View, service: Service, node: str) -> bool:
    """Tell what the health check node port of `node` says: whether a ready endpoint of `service` is on it."""
    endpoints = (endpoint for found in slices_of(view, service) for endpoint in found.endpoints)
    return any(one.node_name == node and one.conditions.ready is not False for one in endpoints)


def is_local(service: Service) -> bool:
    """Tell whether requests from outside are to stay on the node that they come to."""
    return external_policy(service) == LOCAL


def _no_work(_change: Change, _store: Store) -> Iterable[Work]:
    """Return nothing: what is sent where follows from what was heard."""
    return ()


def reconcile(_memory: Any, _view: View, _key: Key) -> Turn:
    """Do nothing: no change makes work."""
    return Turn()


CLOUD_LOAD_BALANCER = Component(
    family=FAMILY,
    watches={"Service": _no_work, "EndpointSlice": _no_work, "Node": _no_work},
    reconcile=reconcile,
)
