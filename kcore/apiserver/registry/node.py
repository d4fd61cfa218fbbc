"""Node: taints, ranges of pod addresses, capacity.

Does not model dynamic kubelet configuration, which Kubernetes has no longer.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import canonical_quantities, fill, part
from kcore.apiserver.field import Errors, duplicate, forbidden, gathered, invalid
from kcore.apiserver.registry.strategy import Strategy, keep
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.network import cidr, is_dual_stack
from kcore.apiserver.validation.resources import quantity_value
from kcore.apiserver.validation.scheduling import taints

_NODE_INFO = (
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
)


def default(wire: Wire) -> None:
    """Fill in what is allocatable, the one range beside the list of ranges, and the parts that are always there."""
    spec, status = part(wire, "spec"), part(wire, "status")
    ranges = spec.get("podCIDRs")
    if spec.get("podCIDR") and not ranges:
        spec["podCIDRs"] = [spec["podCIDR"]]
    elif ranges:
        spec["podCIDR"] = ranges[0]
    canonical_quantities(status, "capacity", "allocatable")
    if status.get("capacity") is not None and status.get("allocatable") is None:
        status["allocatable"] = dict(status["capacity"])
    fill(part(part(status, "daemonEndpoints"), "kubeletEndpoint"), {"Port": 0})
    fill(part(status, "nodeInfo"), dict.fromkeys(_NODE_INFO, ""))


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a node; those of taints carry the path that upstream gives them."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    spec = wire.get("spec") or {}
    yield from taints(spec.get("taints") or (), "metadata.taints")
    yield from _resources(wire.get("status") or {})
    ranges = spec.get("podCIDRs") or ()
    for i, value in enumerate(ranges):
        yield from cidr(value, f"spec.podCIDRs[{i}]")
    if len(ranges) > 1 and (len(ranges) > 2 or not is_dual_stack(ranges)):
        yield invalid("spec.podCIDRs", ranges, "may specify no more than one CIDR for each IP family")
    for i, value in enumerate(ranges):
        if value in ranges[:i]:
            yield duplicate(f"spec.podCIDRs[{i}]", value)


def _resources(status: dict[str, Any]) -> Errors:
    for field in ("capacity", "allocatable"):
        for name, value in sorted((status.get(field) or {}).items()):
            yield from quantity_value(name, value, f"status.{field}.{name}")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: ranges and provider stay once they are set."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    if before.get("podCIDRs") and before["podCIDRs"] != spec.get("podCIDRs"):
        yield forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')
    if before.get("providerID") and before["providerID"] != spec.get("providerID"):
        yield forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid')
    if (before.get("externalID") or "") != (spec.get("externalID") or ""):
        yield forbidden("spec.externalID", "may not be updated")


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status: no address twice."""
    yield from validate_update(new, old)
    status = new.get("status") or {}
    yield from _resources(status)
    addresses = status.get("addresses") or ()
    for i, address in enumerate(addresses):
        if address in addresses[:i]:
            yield duplicate(f"status.addresses[{i}]", address)


STRATEGY = Strategy(
    kind="Node",
    default=default,
    prepare_create=keep,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
