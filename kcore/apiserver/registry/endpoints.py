"""Endpoints: the addresses behind a Service, as they were kept before EndpointSlices.

Not modelled: the truncation of long lists, and the slices that mirror hand-made Endpoints.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill
from kcore.apiserver.field import Errors, gathered, invalid_each, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.network import non_special_ip
from kcore.apiserver.validation.numbers import port_number

_PROTOCOLS = ("SCTP", "TCP", "UDP")


def default(wire: Wire) -> None:
    """Fill in the protocol of ports."""
    for subset in wire.get("subsets") or ():
        for port in subset.get("ports") or ():
            fill(port, {"protocol": "TCP"})


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of the metadata and of each subset."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    for i, subset in enumerate(wire.get("subsets") or ()):
        path = f"subsets[{i}]"
        if not (subset.get("addresses") or subset.get("notReadyAddresses")):
            yield required(path, "must specify `addresses` or `notReadyAddresses`")
        for field in ("addresses", "notReadyAddresses"):
            for j, address in enumerate(subset.get(field) or ()):
                yield from _address(address, f"{path}.{field}[{j}]")
        ports = subset.get("ports") or ()
        for j, port in enumerate(ports):
            yield from _port(port, f"{path}.ports[{j}]", named=len(ports) > 1)


def _address(address: Mapping[str, Any], path: str) -> Errors:
    yield from non_special_ip(address.get("ip", ""), f"{path}.ip")
    if address.get("hostname"):
        yield from invalid_each(f"{path}.hostname", address["hostname"], names.dns1123_label(address["hostname"]))
    if address.get("nodeName"):
        yield from invalid_each(f"{path}.nodeName", address["nodeName"], names.dns1123_subdomain(address["nodeName"]))


def _port(port: Mapping[str, Any], path: str, *, named: bool) -> Errors:
    name, number, protocol = port.get("name", ""), port.get("port", 0), port.get("protocol", "")
    if name:
        yield from invalid_each(f"{path}.name", name, names.dns1123_label(name))
    elif named:
        yield required(f"{path}.name")
    yield from invalid_each(f"{path}.port", number, port_number(number))
    if not protocol:
        yield required(f"{path}.protocol")
    elif protocol not in _PROTOCOLS:
        yield not_supported(f"{path}.protocol", protocol, _PROTOCOLS)


STRATEGY = Strategy(kind="Endpoints", default=default, validate=validate, create_on_update=True)
