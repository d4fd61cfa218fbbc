"""NetworkPolicy: who may talk to the selected pods, and to whom they may talk.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/networking/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, forbidden, gathered, invalid, invalid_each, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_selector
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.network import cidr, parse_cidr
from kcore.apiserver.validation.numbers import port_number, port_or_name

Part: TypeAlias = Mapping[str, Any]

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_TYPES = ("Ingress", "Egress")
_SIDES = (("ingress", "from"), ("egress", "to"))


def default(wire: Wire) -> None:
    """Fill in the directions that a policy is about, and the protocol of ports."""
    spec = part(wire, "spec")
    part(spec, "podSelector")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for side, _ in _SIDES:
        for rule in spec.get(side) or ():
            for port in rule.get("ports") or ():
                fill(port, {"protocol": "TCP"})


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a policy."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    yield from label_selector(spec.get("podSelector"), "spec.podSelector")
    for side, peers in _SIDES:
        for i, rule in enumerate(spec.get(side) or ()):
            for j, port in enumerate(rule.get("ports") or ()):
                yield from _port(port, f"spec.{side}[{i}].ports[{j}]")
            for j, peer in enumerate(rule.get(peers) or ()):
                yield from _peer(peer, f"spec.{side}[{i}].{peers}[{j}]")
    types = spec.get("policyTypes") or []
    if len(types) > len(_TYPES):
        yield invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for i, kind in enumerate(types):
        if kind not in _TYPES:
            yield not_supported(f"spec.policyTypes[{i}]", kind, _TYPES)


def _port(port: Part, path: str) -> Errors:
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in _PROTOCOLS:
        yield not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    if number is None or isinstance(number, str):
        if end is not None:
            what = "is not specified" if number is None else "is non-numeric"
            yield invalid(f"{path}.endPort", end, f"may not be specified when `port` {what}")
        if number is not None:
            yield from port_or_name(number, f"{path}.port")
        return
    yield from port_or_name(number, f"{path}.port")
    if end is not None:
        if end < number:
            yield invalid(f"{path}.endPort", end, "must be greater than or equal to `port`")
        yield from invalid_each(f"{path}.endPort", end, port_number(end))


def _peer(peer: Part, path: str) -> Errors:
    found = [field for field in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(field) is not None]
    for field in found:
        check = _block if field == "ipBlock" else label_selector
        yield from check(peer[field], f"{path}.{field}")
    if not found:
        yield required(path, "must specify a peer")
    elif len(found) > 1 and "ipBlock" in found:
        yield forbidden(path, "may not specify both ipBlock and another peer")


def _block(block: Part, path: str) -> Errors:
    if not block.get("cidr"):
        yield required(f"{path}.cidr")
        return
    yield from cidr(block["cidr"], f"{path}.cidr")
    whole = parse_cidr(block["cidr"])
    for i, value in enumerate((block.get("except") or ()) if whole else ()):
        yield from cidr(value, f"{path}.except[{i}]")
        inner = parse_cidr(value)
        if inner is not None and not _strictly_within(inner, whole):
            yield invalid(f"{path}.except[{i}]", value, "must be a strict subset of `cidr`")


def _strictly_within(inner: Any, whole: Any) -> bool:
    same_family = inner.version == whole.version
    return same_family and inner.prefixlen > whole.prefixlen and inner.network_address in whole


STRATEGY = Strategy(kind="NetworkPolicy", default=default, validate=validate)
