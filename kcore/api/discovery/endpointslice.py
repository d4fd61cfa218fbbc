"""EndpointSlice: some of the addresses behind a Service.

Models addresses, conditions, targets, zones and ports. Hints are kept; the deprecated topology rides along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/discovery/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.references import ObjectReference
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class EndpointConditions(Struct):
    """Ready: gets traffic. Serving: ready, whether or not terminating. None means unknown."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


_NO_CONDITIONS = EndpointConditions()


@attrs.frozen(kw_only=True, cache_hash=True)
class ForZone(Struct):
    """A zone whose clients should use the endpoint."""

    name: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class ForNode(Struct):
    """A node whose clients should use the endpoint."""

    name: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class EndpointHints(Struct):
    """Who should use the endpoint, by zone or node."""

    for_zones: tuple[ForZone, ...] = ()
    for_nodes: tuple[ForNode, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class Endpoint(Struct):
    """One backend, most often a pod."""

    addresses: tuple[str, ...] = wire(default=(), always=True)
    conditions: EndpointConditions = _NO_CONDITIONS
    hostname: str | None = None
    target_ref: ObjectReference | None = None
    node_name: str | None = None
    zone: str | None = None
    hints: EndpointHints | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class EndpointPort(Struct):
    """A port of all endpoints of the slice."""

    name: str | None = None
    protocol: str | None = None
    port: int | None = None
    app_protocol: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class EndpointSlice(ApiObject):
    """Endpoints of one address type (IPv4, IPv6 or FQDN) and one set of ports."""

    address_type: str = wire(default="", always=True)
    endpoints: tuple[Endpoint, ...] = wire(default=(), always=True)
    ports: tuple[EndpointPort, ...] = wire(default=(), always=True)
