"""EndpointSlice: addresses of one family, their conditions and ports.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/discovery/validation/validation.go
"""

from __future__ import annotations

import functools
from typing import Any

from kcore.api.convert import unstructure
from kcore.api.discovery.endpointslice import Endpoint, EndpointSlice
from kcore.api.evolve import evolve
from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill
from kcore.apiserver.field import (
    Errors,
    duplicate,
    gathered,
    immutable,
    invalid_each,
    not_supported,
    required,
    too_many,
)
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_name, labels
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.network import ip, non_special_ip, parse_ip
from kcore.apiserver.validation.numbers import port_number

_TYPES = ("FQDN", "IPv4", "IPv6")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_VERSIONS = {"IPv4": 4, "IPv6": 6}
_MAX = {"ports": 20000, "endpoints": 1000, "addresses": 100, "hints": 8}


def default(wire: Wire) -> None:
    """Fill in the name and protocol of ports."""
    for port in wire.get("ports") or ():
        fill(port, {"protocol": "TCP"})
        port.setdefault("name", "")


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an EndpointSlice."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    family = wire.get("addressType", "")
    if not family:
        yield required("addressType")
    elif family not in _TYPES:
        yield not_supported("addressType", family, _TYPES)
    yield from _endpoints(wire.get("endpoints") or [], family)
    yield from _ports(wire.get("ports") or [])


def _endpoints(endpoints: list[dict[str, Any]], family: str) -> Errors:
    if len(endpoints) > _MAX["endpoints"]:
        yield too_many("endpoints", len(endpoints), _MAX["endpoints"])
        return
    for i, endpoint in enumerate(endpoints):
        yield from _endpoint(endpoint, family, f"endpoints[{i}]")


def _endpoint(endpoint: dict[str, Any], family: str, path: str) -> Errors:
    addresses = endpoint.get("addresses") or []
    if not addresses:
        yield required(f"{path}.addresses", "must contain at least 1 address")
    elif len(addresses) > _MAX["addresses"]:
        yield too_many(f"{path}.addresses", len(addresses), _MAX["addresses"])
    for j, address in enumerate(addresses):
        yield from _address(address, family, f"{path}.addresses[{j}]")
    if node := endpoint.get("nodeName"):
        yield from invalid_each(f"{path}.nodeName", node, names.dns1123_subdomain(node))
    topology = endpoint.get("deprecatedTopology") or {}
    yield from labels(topology, f"{path}.deprecatedTopology")
    if endpoint.get("hostname") is not None:
        hostname = endpoint["hostname"]
        yield from invalid_each(f"{path}.hostname", hostname, names.dns1123_label(hostname))
    for field in ("forZones", "forNodes"):
        yield from _hints((endpoint.get("hints") or {}).get(field) or [], f"{path}.hints.{field}")


def _address(address: str, family: str, path: str) -> Errors:
    if family == "FQDN":
        yield from invalid_each(path, address, names.dns1123_subdomain(address.removesuffix(".")))
        return
    if family not in _VERSIONS:
        return
    yield from ip(address, path)
    found = parse_ip(address)
    if found is not None and found.version != _VERSIONS[family]:
        yield from invalid_each(path, address, [f"must be an {family} address"])
    elif found is not None:
        yield from non_special_ip(address, path)


def _hints(hints: list[dict[str, Any]], path: str) -> Errors:
    if len(hints) > _MAX["hints"]:
        yield too_many(path, len(hints), _MAX["hints"])
        return
    seen: set[str] = set()
    for i, hint in enumerate(hints):
        name, here = hint.get("name", ""), f"{path}[{i}].name"
        if name in seen:
            yield duplicate(here, name)
        seen.add(name)
        yield from invalid_each(here, name, names.label_value(name))


def _ports(ports: list[dict[str, Any]]) -> Errors:
    if len(ports) > _MAX["ports"]:
        yield too_many("ports", len(ports), _MAX["ports"])
        return
    seen: set[str] = set()
    for i, port in enumerate(ports):
        path, name = f"ports[{i}]", port.get("name") or ""
        if name:
            yield from invalid_each(f"{path}.name", name, names.dns1123_label(name))
        if name in seen:
            yield duplicate(f"{path}.name", name)
        seen.add(name)
        if port.get("port") is not None:
            yield from invalid_each(f"{path}.port", port["port"], port_number(port["port"]))
        protocol = port.get("protocol") or ""
        if not protocol:
            yield required(f"{path}.protocol")
        elif protocol not in _PROTOCOLS:
            yield not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
        if port.get("appProtocol") is not None:
            yield from label_name(port["appProtocol"], f"{path}.appProtocol")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the family of addresses stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from immutable("addressType", new.get("addressType"), old.get("addressType"))


def routine(new: EndpointSlice, old: EndpointSlice) -> bool:
    """Tell whether endpoints alone changed, and the new ones are as they have to be."""
    if len(new.endpoints) > _MAX["endpoints"] or new != evolve(old, endpoints=new.endpoints):
        return False
    known = set(map(id, old.endpoints))
    return all(_sound(one, old.address_type) for one in new.endpoints if id(one) not in known)


@functools.lru_cache(maxsize=8192)
def _sound(endpoint: Endpoint, family: str) -> bool:
    return next(_endpoint(unstructure(endpoint), family, ""), None) is None


STRATEGY = Strategy(
    kind="EndpointSlice",
    default=default,
    validate=validate,
    validate_update=validate_update,
    routine=routine,
    spec_fields=("addressType", "endpoints", "ports"),
)
