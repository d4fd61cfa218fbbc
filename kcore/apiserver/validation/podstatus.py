"""What a write of a pod's status may not do: unscheduled moves, another QoS class, containers back from the dead.

Models conditions, IPs and the states of containers. Does not model allocated devices, users of containers and claims.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, duplicate, forbidden, immutable, invalid, invalid_each
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta_update
from kcore.apiserver.validation.network import ip, is_dual_stack

Part: TypeAlias = Mapping[str, Any]

_SYSTEM_CONDITIONS = frozenset({"PodScheduled", "Ready", "Initialized"})


def pod_status_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status from the pod `old` to `new`."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    status, was = new.get("status") or {}, old.get("status") or {}
    spec, old_spec = new.get("spec") or {}, old.get("spec") or {}
    for i, condition in enumerate(status.get("conditions") or ()):
        kind = condition.get("type", "")
        if kind not in _SYSTEM_CONDITIONS:
            yield from invalid_each(f"metadata.conditions[{i}].Type", kind, names.qualified_name(kind))
    if (spec.get("nodeName") or "") != (old_spec.get("nodeName") or ""):
        yield forbidden("status.nodeName", "may not be changed directly")
    nominated = status.get("nominatedNodeName") or ""
    if nominated and nominated != was.get("nominatedNodeName"):
        yield from invalid_each("status.nominatedNodeName", nominated, names.dns1123_subdomain(nominated))
    yield from immutable("status.qosClass", status.get("qosClass"), was.get("qosClass"))
    policy, sidecars = old_spec.get("restartPolicy", "Always"), _sidecars(old_spec)
    for field, names_that_restart, restarts in (
        ("containerStatuses", frozenset(), policy),
        ("initContainerStatuses", sidecars, policy),
        ("ephemeralContainerStatuses", frozenset(), "Never"),
    ):
        parts = (status.get(field) or (), was.get(field) or ())
        yield from _transitions(*parts, restarts, names_that_restart, f"status.{field}")
    yield from _addresses(status, "podIPs")
    yield from _host_addresses(status)


def _sidecars(spec: Part) -> frozenset[str]:
    containers = spec.get("initContainers") or ()
    return frozenset(one.get("name", "") for one in containers if one.get("restartPolicy") == "Always")


def _transitions(
    new: Sequence[Part], old: Sequence[Part], policy: str, names_that_restart: frozenset[str], path: str
) -> Errors:
    if policy == "Always":
        return
    for i, before in enumerate(old):
        ended = (before.get("state") or {}).get("terminated")
        if ended is None or before.get("name") in names_that_restart:
            continue
        if ended.get("exitCode") and policy == "OnFailure":
            continue
        for after in new:
            if after.get("name") == before.get("name") and not (after.get("state") or {}).get("terminated"):
                yield forbidden(f"{path}[{i}].state", "may not be transitioned to non-terminated state")


def _addresses(status: Part, field: str) -> Errors:
    path, values = f"status.{field}", [one.get("ip", "") for one in status.get(field) or ()]
    for i, value in enumerate(values):
        yield from ip(value, f"{path}[{i}]")
    if len(values) > 1 and (not is_dual_stack(values) or len(values) > 2):
        yield invalid(path, status[field], "may specify no more than one IP for each IP family")
    for i, value in enumerate(values):
        if value in values[:i]:
            yield duplicate(f"{path}[{i}]", status[field][i])


def _host_addresses(status: Part) -> Errors:
    addresses = status.get("hostIPs") or ()
    if not addresses:
        return
    first = addresses[0].get("ip", "")
    if first != status.get("hostIP", ""):
        yield invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`")
    yield from _addresses(status, "hostIPs")
