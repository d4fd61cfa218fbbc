"""Service: defaults, the addresses and ports that the server hands out, and what stays.

Models a cluster with IPv4 addresses only, upstream's default. An address or port that is in use or out of range is for
the Allocator to refuse.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/service/storage/alloc.go
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, FieldErrors, gathered, invalid
from kcore.apiserver.registry.strategy import Allocator, Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.network import parse_ip
from kcore.apiserver.validation.service import (
    NO_ADDRESS,
    WITH_ADDRESS,
    cluster_ips,
    externally_accessible,
    needs_health_check,
    service_annotations,
    service_spec,
)
from kcore.apiserver.validation.serviceupdate import service_status_update, service_update

FAMILY = "IPv4"
"""The one family of addresses that the cluster has."""

_AFFINITY_SECONDS = 10800
_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")


def default(wire: Wire) -> None:
    """Fill in the defaults of a Service."""
    spec = part(wire, "spec")
    fill(spec, {"sessionAffinity": "None", "type": "ClusterIP"})
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    if spec["sessionAffinity"] == "ClientIP":
        config = part(part(spec, "sessionAffinityConfig"), "clientIP")
        fill(config, {"timeoutSeconds": _AFFINITY_SECONDS})
    for port in spec.get("ports") or ():
        fill(port, {"protocol": "TCP"})
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port", 0)
    if externally_accessible(spec):
        fill(spec, {"externalTrafficPolicy": "Cluster"})
    if spec.get("type") in WITH_ADDRESS:
        fill(spec, {"internalTrafficPolicy": "Cluster"})
    if spec.get("type") == "LoadBalancer":
        fill(spec, {"allocateLoadBalancerNodePorts": True})
    balancer = part(part(wire, "status"), "loadBalancer")
    for ingress in balancer.get("ingress") or ():
        if spec.get("type") == "LoadBalancer" and ingress.get("ip"):
            fill(ingress, {"ipMode": "VIP"})


def prepare_create(wire: Wire) -> None:
    """Give a new Service an empty status."""
    wire["status"] = {"loadBalancer": {}}


def prepare_update(new: Wire, old: Wire) -> None:
    """Keep the status, take over what was allocated and not mentioned, and drop what the new type has no use for."""
    new["status"] = copy.deepcopy(old.get("status") or {})
    spec, before = new["spec"], old["spec"]
    _take_over(spec, before)
    _pair_addresses(spec, before)
    _drop_for_type(spec, before)


def _take_over(spec: dict[str, Any], before: dict[str, Any]) -> None:
    """Take addresses and ports over from the old Service where the new one leaves them open."""
    if before.get("type") in WITH_ADDRESS and spec.get("type") in WITH_ADDRESS:
        for field in ("clusterIP", "clusterIPs"):
            if not spec.get(field) and before.get(field):
                spec[field] = copy.deepcopy(before[field])
        for field in ("ipFamilies", "ipFamilyPolicy"):
            if not spec.get(field) and before.get(field):
                spec[field] = copy.deepcopy(before[field])
    if before.get("type") in _WITH_NODE_PORTS and spec.get("type") in _WITH_NODE_PORTS:
        known = {(port.get("protocol"), port.get("port")): port for port in before.get("ports") or ()}
        taken = {port.get("nodePort") for port in spec.get("ports") or ()}
        for port in spec.get("ports") or ():
            was = known.get((port.get("protocol"), port.get("port")), {}).get("nodePort")
            if not port.get("nodePort") and was and was not in taken:
                port["nodePort"] = was
    if needs_health_check(before) and needs_health_check(spec) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = before.get("healthCheckNodePort", 0)


def _pair_addresses(spec: dict[str, Any], before: dict[str, Any] | None) -> None:
    """Let clusterIPs follow clusterIP where the client changed or knows only that one."""
    one, many = spec.get("clusterIP", ""), spec.get("clusterIPs") or []
    if before is None:
        if one and not many:
            spec["clusterIPs"] = [one]
        return
    was, were = before.get("clusterIP", ""), before.get("clusterIPs") or []
    if one != was and many == were:
        spec["clusterIPs"] = [one] if one else []


def _drop_for_type(spec: dict[str, Any], before: dict[str, Any]) -> None:
    """Drop fields that the old type needed and the new one has no use for, unless the client changed them too."""
    for needed, fields in _NEEDED_BY:
        for field in fields if needed(before) and not needed(spec) else ():
            if spec.get(field) == before.get(field):
                spec.pop(field, None)
    if before.get("type") in _WITH_NODE_PORTS and spec.get("type") not in _WITH_NODE_PORTS:
        held = {port.get("nodePort") for port in before.get("ports") or ()}
        for port in spec.get("ports") or ():
            if port.get("nodePort") in held:
                port.pop("nodePort")


def allocate(new: Wire, old: Wire | None, allocator: Allocator) -> FieldErrors:
    """Fill in families, addresses and node ports; the errors are those of a request that can't be granted."""
    spec, before = part(new, "spec"), (old or {}).get("spec")
    _pair_addresses(spec, before)
    errors = (*_families(spec),)
    if errors:
        return errors
    errors = (*_address(spec, before, allocator),)
    return errors or (*_node_ports(spec, before, allocator),)


def _families(spec: dict[str, Any]) -> Errors:
    if spec.get("type") == "ExternalName":
        return
    errors = [*cluster_ips(spec)] or [*_inferred(spec)]
    if errors:
        yield from errors
        return
    families = part_list(spec, "ipFamilies")
    if spec.get("clusterIP") == NO_ADDRESS and not spec.get("selector"):
        fill(spec, {"ipFamilyPolicy": "RequireDualStack"})
        families += [FAMILY] if not families else []
        if len(families) < 2 and spec["ipFamilyPolicy"] != "SingleStack":
            families.append("IPv6" if families[0] == "IPv4" else "IPv4")
        return
    if spec.get("ipFamilyPolicy") == "RequireDualStack":
        detail = "this cluster is not configured for dual-stack services"
        errors.append(invalid("spec.ipFamilyPolicy", "RequireDualStack", detail))
    for i, family in enumerate(families):
        if family != FAMILY:
            errors.append(invalid(f"spec.ipFamilies[{i}]", family, "not configured on this cluster"))
    yield from errors
    if not errors:
        fill(spec, {"ipFamilyPolicy": "SingleStack"})
        families += [FAMILY] if not families else []


def part_list(wire: Wire, field: str) -> list[Any]:
    """Return the list in `field`, an empty one put in where there is none."""
    found: list[Any] = wire.get(field) or []
    wire[field] = found
    return found


def _inferred(spec: dict[str, Any]) -> Errors:
    """Yield the errors of a policy that contradicts addresses or families; infer families from addresses."""
    addresses, families = spec.get("clusterIPs") or [], part_list(spec, "ipFamilies")
    if spec.get("ipFamilyPolicy") == "SingleStack":
        for field, found in (("clusterIPs", addresses), ("ipFamilies", families)):
            if len(found) == 2:
                detail = f"must be RequireDualStack or PreferDualStack when multiple {field} are specified"
                yield invalid("spec.ipFamilyPolicy", "SingleStack", detail)
    for i, address in enumerate(addresses):
        found_ip = parse_ip(address)
        if found_ip is None or i < len(families):
            continue
        family = f"IPv{found_ip.version}"
        if family == FAMILY:
            families.append(family)
        else:
            yield invalid(f"spec.clusterIPs[{i}]", addresses, f"{family} is not configured on this cluster")


def _address(spec: dict[str, Any], before: dict[str, Any] | None, allocator: Allocator) -> Errors:
    wanted = spec.get("clusterIP", "")
    held = before is not None and before.get("clusterIP") == wanted and wanted != ""
    if spec.get("type") not in WITH_ADDRESS or wanted == NO_ADDRESS or held:
        return
    granted, why = allocator.cluster_ip(wanted)
    if why:
        yield invalid("spec.clusterIPs", spec.get("clusterIPs") or [], why)
    else:
        spec["clusterIP"], spec["clusterIPs"] = granted, [granted]


def _node_ports(spec: dict[str, Any], before: dict[str, Any] | None, allocator: Allocator) -> Errors:
    if spec.get("type") not in _WITH_NODE_PORTS:
        return
    had = before if before is not None and before.get("type") in _WITH_NODE_PORTS else {}
    held = {(port.get("protocol"), port.get("nodePort")) for port in had.get("ports") or ()}
    open_ports = spec.get("type") == "NodePort" or spec.get("allocateLoadBalancerNodePorts")
    for i, port in enumerate(spec.get("ports") or ()):
        wanted = port.get("nodePort", 0)
        if (port["protocol"], wanted) in held or not (wanted or open_ports):
            continue
        granted, why = allocator.node_port(wanted, port["protocol"])
        if why:
            yield invalid(f"spec.ports[{i}].nodePort", wanted, why)
        else:
            port["nodePort"] = granted
    wanted = spec.get("healthCheckNodePort", 0)
    if needs_health_check(spec) and not (wanted and wanted == had.get("healthCheckNodePort")):
        granted, why = allocator.node_port(wanted, "TCP")
        if why:
            yield invalid("spec.healthCheckNodePort", wanted, why)
        else:
            spec["healthCheckNodePort"] = granted


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a Service."""
    meta = wire.get("metadata") or {}
    yield from object_meta(meta, names.dns1123_label)
    yield from service_annotations(meta.get("annotations") or {})
    yield from service_spec(wire.get("spec") or {}, meta.get("annotations") or {})


_NEEDED_BY: tuple[tuple[Callable[[dict[str, Any]], bool], tuple[str, ...]], ...] = (
    (lambda spec: spec.get("type") in WITH_ADDRESS, ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")),
    (lambda spec: spec.get("type") == "ExternalName", ("externalName",)),
    (lambda spec: spec.get("type") == "LoadBalancer", ("allocateLoadBalancerNodePorts", "loadBalancerClass")),
    (needs_health_check, ("healthCheckNodePort",)),
    (externally_accessible, ("externalTrafficPolicy",)),
)
"""Which Services need which fields, so that a change of type that ends the need drops them."""

STRATEGY = Strategy(
    kind="Service",
    default=default,
    allocate=allocate,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    validate_update=gathered(service_update),
    validate_status=gathered(service_status_update),
    create_on_update=True,
)
