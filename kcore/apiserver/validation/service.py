"""The spec of a Service: ports, addresses and families, traffic policies, load balancers.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import (
    Errors,
    duplicate,
    forbidden,
    invalid,
    invalid_each,
    not_supported,
    required,
)
from kcore.apiserver.validation import names
from kcore.apiserver.validation.containers import PROTOCOLS, one_of
from kcore.apiserver.validation.labels import label_name, labels
from kcore.apiserver.validation.network import cidr, ip, is_dual_stack, non_special_ip, parse_ip
from kcore.apiserver.validation.numbers import port_number, port_or_name

Spec: TypeAlias = Mapping[str, Any]

NO_ADDRESS = "None"
TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
WITH_ADDRESS = ("ClusterIP", "NodePort", "LoadBalancer")
_AFFINITIES = ("ClientIP", "None")
_AFFINITY_MAX = 86400
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_TRAFFIC = ("Cluster", "Local")
_DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED_ONLY = "may only be used when `type` is 'LoadBalancer'"
_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"


def is_headless(spec: Spec) -> bool:
    """Tell whether a Service has DNS names only."""
    return (spec.get("clusterIPs") or []) == [NO_ADDRESS]


def externally_accessible(spec: Spec) -> bool:
    """Tell whether traffic from outside the cluster may come in through a Service."""
    kind = spec.get("type", "")
    return kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))


def needs_health_check(spec: Spec) -> bool:
    """Tell whether a load balancer has to ask each node whether it has endpoints."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def service_annotations(annotations: Mapping[str, str]) -> Errors:
    """Yield the error of the old and the new annotation for topology that do not agree."""
    if _MODE in annotations and annotations.get(_HINTS, annotations[_MODE]) != annotations[_MODE]:
        detail = f"must match annotations[{_HINTS}] when both are specified"
        yield invalid(f"metadata.annotations[{_MODE}]", annotations[_MODE], detail)


def service_spec(spec: Spec, annotations: Mapping[str, str], path: str = "spec") -> Errors:
    """Yield the errors of the spec of a Service."""
    ports, kind, headless = spec.get("ports") or [], spec.get("type", ""), is_headless(spec)
    if not ports and not headless and kind != "ExternalName":
        yield required(f"{path}.ports")
    if headless and kind in ("LoadBalancer", "NodePort"):
        yield invalid(f"{path}.clusterIPs[0]", NO_ADDRESS, f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        yield from _external_name(spec, path)
    yield from _ports(ports, f"{path}.ports")
    yield from labels(spec.get("selector"), f"{path}.selector")
    yield from _session_affinity(spec, path)
    yield from cluster_ips(spec, path)
    for i, address in enumerate(spec.get("externalIPs") or ()):
        faults = tuple(ip(address, f"{path}.externalIPs[{i}]"))
        yield from faults or non_special_ip(address, f"{path}.externalIPs[{i}]")
    yield from one_of(kind, TYPES, f"{path}.type")
    yield from _port_conflicts(ports, kind, f"{path}.ports")
    yield from _load_balancer(spec, annotations, path)
    yield from _traffic(spec, path)


def _external_name(spec: Spec, path: str) -> Errors:
    for field in ("clusterIPs", "ipFamilies"):
        if spec.get(field):
            yield forbidden(f"{path}.{field}", "may not be set for ExternalName services")
    if spec.get("ipFamilyPolicy") is not None:
        yield forbidden(f"{path}.ipFamilyPolicy", "may not be set for ExternalName services")
    name = spec.get("externalName", "").removesuffix(".")
    if name:
        yield from invalid_each(f"{path}.externalName", name, names.dns1123_subdomain(name))
    else:
        yield required(f"{path}.externalName")


def _ports(ports: Sequence[Spec], path: str) -> Errors:
    seen: set[str] = set()
    for i, port in enumerate(ports):
        here, name = f"{path}[{i}]", port.get("name", "")
        if name:
            yield from invalid_each(f"{here}.name", name, names.dns1123_label(name))
            if name in seen:
                yield duplicate(f"{here}.name", name)
            seen.add(name)
        elif len(ports) > 1:
            yield required(f"{here}.name")
        yield from invalid_each(f"{here}.port", port.get("port", 0), port_number(port.get("port", 0)))
        yield from one_of(port.get("protocol", ""), PROTOCOLS, f"{here}.protocol")
        yield from port_or_name(port.get("targetPort", 0), f"{here}.targetPort")
        if port.get("appProtocol") is not None:
            yield from label_name(port["appProtocol"], f"{here}.appProtocol")


def _port_conflicts(ports: Sequence[Spec], kind: str, path: str) -> Errors:
    for i, port in enumerate(ports):
        if kind == "ClusterIP" and port.get("nodePort"):
            yield forbidden(f"{path}[{i}].nodePort", "may not be used when `type` is 'ClusterIP'")
    for field, end in (("nodePort", ".nodePort"), ("port", "")):
        seen: set[tuple[str, int]] = set()
        for i, port in enumerate(ports):
            number = port.get(field, 0)
            key = (port.get("protocol", ""), number)
            if key in seen:
                shown = {"protocol": key[0], "port": number}
                yield duplicate(f"{path}[{i}]{end}", number if end else shown)
            if number or not end:
                seen.add(key)


def _session_affinity(spec: Spec, path: str) -> Errors:
    affinity, config = spec.get("sessionAffinity", ""), spec.get("sessionAffinityConfig")
    yield from one_of(affinity, _AFFINITIES, f"{path}.sessionAffinity")
    here = f"{path}.sessionAffinityConfig"
    if affinity == "None" and config is not None:
        yield forbidden(here, "must not be set when session affinity is None")
    if affinity != "ClientIP":
        return
    for field in ("clientIP", "timeoutSeconds"):
        if config is None:
            yield required(here, "when session affinity type is ClientIP")
            return
        config, here = config.get(field), f"{here}.{field}"
    if config is None:
        yield required(here, "when session affinity type is ClientIP")
    elif not 0 < config <= _AFFINITY_MAX:
        yield invalid(here, config, f"must be greater than 0 and less than {_AFFINITY_MAX}")


def cluster_ips(spec: Spec, path: str = "spec") -> Errors:
    """Yield the errors of clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy; an ExternalName has none of them."""
    if spec.get("type") == "ExternalName":
        return
    one, many, families = spec.get("clusterIP", ""), spec.get("clusterIPs") or [], spec.get("ipFamilies") or []
    here = f"{path}.clusterIPs"
    if one and not many:
        yield required(here)
    elif one and many[0] != one:
        yield invalid(here, many, "first value must match `clusterIP`")
    elif many and not one:
        yield invalid(here, many, "must be empty when `clusterIP` is not specified")
    yield from _families(families, spec.get("ipFamilyPolicy"), path)
    faults = tuple(_addresses(many, here))
    yield from faults
    if len(many) > 2:
        yield invalid(here, many, "may only hold up to 2 values")
    if faults:
        return
    if len(many) > 1 and not is_dual_stack(many):
        yield invalid(here, many, "may specify no more than one IP for each IP family")
    for i, (address, family) in enumerate(zip(many, families, strict=False)):
        found = parse_ip(address)
        if found is not None and family in _FAMILIES and family != f"IPv{found.version}":
            yield invalid(f"{here}[{i}]", address, f"expected an {family} value as indicated by `ipFamilies[{i}]`")


def _families(families: Sequence[str], policy: str | None, path: str) -> Errors:
    for i, family in enumerate(families):
        if family not in _FAMILIES:
            yield not_supported(f"{path}.ipFamilies[{i}]", family, _FAMILIES)
        if family in families[:i]:
            yield duplicate(f"{path}.ipFamilies[{i}]", family)
    if policy is not None and policy not in _FAMILY_POLICIES:
        yield not_supported(f"{path}.ipFamilyPolicy", policy, _FAMILY_POLICIES)


def _addresses(addresses: Sequence[str], path: str) -> Errors:
    for i, address in enumerate(addresses):
        if i or address != NO_ADDRESS:
            yield from ip(address, f"{path}[{i}]")
        elif len(addresses) > 1:
            yield invalid(path, addresses, "'None' must be the first and only value")


def _load_balancer(spec: Spec, annotations: Mapping[str, str], path: str) -> Errors:
    balanced, ranges = spec.get("type") == "LoadBalancer", spec.get("loadBalancerSourceRanges") or ()
    here = f"{path}.LoadBalancerSourceRanges"
    values = [(value.strip(), f"{here}[{i}]") for i, value in enumerate(ranges)]
    if not values and _RANGES in annotations:
        here = f"metadata.annotations[{_RANGES}]"
        values = [
            (value.strip(), here) for value in annotations[_RANGES].strip().split(",") if annotations[_RANGES].strip()
        ]
    if not balanced and (values or _RANGES in annotations):
        yield forbidden(here, _BALANCED_ONLY)
    for value, place in values:
        yield from cidr(value, place)
    if spec.get("allocateLoadBalancerNodePorts") is not None and not balanced:
        yield forbidden(f"{path}.allocateLoadBalancerNodePorts", _BALANCED_ONLY)
    if spec.get("allocateLoadBalancerNodePorts") is None and balanced:
        yield required("allocateLoadBalancerNodePorts")
    name = spec.get("loadBalancerClass")
    if name is not None and not balanced:
        yield forbidden(f"{path}.loadBalancerClass", _BALANCED_ONLY)
    elif name is not None:
        yield from label_name(name, f"{path}.loadBalancerClass")


def _traffic(spec: Spec, path: str) -> Errors:
    policy, here = spec.get("externalTrafficPolicy", ""), f"{path}.externalTrafficPolicy"
    if externally_accessible(spec):
        yield from one_of(policy, _TRAFFIC, here)
    elif policy:
        yield invalid(here, policy, "may only be set for externally-accessible services")
    port, here = spec.get("healthCheckNodePort", 0), f"{path}.healthCheckNodePort"
    if needs_health_check(spec):
        if port:
            yield from invalid_each(here, port, port_number(port))
        else:
            yield required(here)
    elif port:
        detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield invalid(here, port, detail)
    internal, here = spec.get("internalTrafficPolicy"), f"{path}.internalTrafficPolicy"
    if internal is None and spec.get("type") in WITH_ADDRESS:
        yield required(here)
    if internal is not None and internal not in _TRAFFIC:
        yield not_supported(here, internal, _TRAFFIC)
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in _DISTRIBUTIONS:
        yield not_supported(f"{path}.trafficDistribution", distribution, _DISTRIBUTIONS)
