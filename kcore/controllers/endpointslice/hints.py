"""Hints: which clients should use an endpoint, for Services that ask for traffic to stay close.

Models `trafficDistribution` PreferSameZone, its old name PreferClose, and PreferSameNode. A Service without it has no
hints on its endpoints.

Not modelled: the annotation `service.kubernetes.io/topology-mode: Auto`, which shares endpoints out by the CPUs of the
zones; such a Service has no hints.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go
"""

from __future__ import annotations

from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import Endpoint, EndpointHints, EndpointSlice, ForNode, ForZone
from kcore.api.evolve import evolve

SAME_NODE = "PreferSameNode"
CLOSE = frozenset({"PreferClose", "PreferSameZone", SAME_NODE})

MODE_ANNOTATIONS = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")
"""The annotations that overrule `trafficDistribution`; the first that is there counts."""


def with_hints(service: Service, one: EndpointSlice) -> EndpointSlice:
    """Return the slice with the hints that `service` asks for; of an unready endpoint close traffic changes none."""
    distribution = _distribution(service)
    if not distribution and all(endpoint.hints is None for endpoint in one.endpoints):
        return one
    endpoints = tuple(_hinted(endpoint, distribution) for endpoint in one.endpoints)
    return one if endpoints == one.endpoints else evolve(one, endpoints=endpoints)


def _distribution(service: Service) -> str:
    """Return the distribution that counts, "" for none."""
    annotations = service.metadata.annotations
    mode = next((annotations[name] for name in MODE_ANNOTATIONS if name in annotations), "")
    wanted = service.spec.traffic_distribution or ""
    return wanted if wanted in CLOSE and mode not in ("Auto", "auto") else ""


def _hinted(endpoint: Endpoint, distribution: str) -> Endpoint:
    if distribution and not endpoint.conditions.ready:
        return endpoint
    hints = _hints(endpoint, distribution) if distribution else None
    return endpoint if endpoint.hints == hints else evolve(endpoint, hints=hints)


def _hints(endpoint: Endpoint, distribution: str) -> EndpointHints | None:
    zones = (ForZone(name=endpoint.zone),) if endpoint.zone is not None else ()
    by_node = distribution == SAME_NODE and endpoint.node_name is not None
    nodes = (ForNode(name=endpoint.node_name or ""),) if by_node else ()
    return EndpointHints(for_zones=zones, for_nodes=nodes) if zones or nodes else None
