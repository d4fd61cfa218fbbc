"""LimitRange: least and most amounts, and defaults between them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.json import Wire
from kcore.api.quantity import Quantity
from kcore.apiserver.defaulting.wire import canonical_quantities, fill, part
from kcore.apiserver.field import Errors, duplicate, forbidden, gathered, invalid, invalid_each, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.resources import (
    amount,
    container_resource_name,
    may_overcommit,
    resource_name,
)

_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
_LISTS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
_ORDERED = (
    ("min", "max", "min", "min value {} is greater than max value {}"),
    ("min", "defaultRequest", "defaultRequest", "min value {} is greater than default request value {}"),
    ("defaultRequest", "max", "defaultRequest", "default request value {} is greater than max value {}"),
    ("defaultRequest", "default", "defaultRequest", "default request value {} is greater than default limit value {}"),
    ("min", "default", "default", "min value {} is greater than default value {}"),
    ("default", "max", "default", "default value {} is greater than max value {}"),
)
"""Which amount is not above which, at whose path it is said if it is, and how."""


def default(wire: Wire) -> None:
    """Fill in a container's default limits from the most, and its default requests from the limits or the least."""
    for limit in part(wire, "spec").get("limits") or ():
        canonical_quantities(limit, *_LISTS)
        if limit.get("type") == "Container":
            limits, requests = part(limit, "default"), part(limit, "defaultRequest")
            fill(limits, limit.get("max") or {})
            fill(requests, limits)
            fill(requests, limit.get("min") or {})


def prepare_create(wire: Wire) -> None:
    """Name a LimitRange without a name after its uid, where upstream draws another one."""
    meta = part(wire, "metadata")
    if not meta.get("name") and meta.get("uid"):
        meta["name"] = meta["uid"]


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a LimitRange: one item a type, amounts in order."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    seen: set[str] = set()
    for i, limit in enumerate((wire.get("spec") or {}).get("limits") or ()):
        path, kind = f"spec.limits[{i}]", limit.get("type", "")
        yield from _type(kind, f"{path}.type")
        if kind in seen:
            yield duplicate(f"{path}.type", kind)
        seen.add(kind)
        yield from _names(limit, kind, path)
        yield from _amounts(limit, kind, path)


def _type(kind: str, path: str) -> Errors:
    details = names.qualified_name(kind)
    yield from invalid_each(path, kind, details)
    if not details and "/" not in kind and kind not in _TYPES:
        yield invalid(path, kind, "must be a standard limit type or fully qualified")


def _names(limit: dict[str, Any], kind: str, path: str) -> Errors:
    check = container_resource_name if kind in ("Pod", "Container") else resource_name
    for field in _LISTS:
        if kind == "Pod" and field in ("default", "defaultRequest"):
            if limit.get(field):
                yield forbidden(f"{path}.{field}", "may not be specified when `type` is 'Pod'")
            continue
        for name in sorted(limit.get(field) or {}):
            yield from check(name, f"{path}.{field}[{name}]")
    if kind == "PersistentVolumeClaim" and not any("storage" in (limit.get(side) or {}) for side in ("min", "max")):
        detail = "either minimum or maximum storage value is required, but neither was provided"
        yield required(f"{path}.limits", detail)


def _amounts(limit: dict[str, Any], kind: str, path: str) -> Errors:
    fields = [field for field in _LISTS if kind != "Pod" or not field.startswith("default")]
    for name in sorted({name for field in fields for name in limit.get(field) or {}}):
        found = {field: amount(limit[field][name]) for field in fields if name in (limit.get(field) or {})}
        for low, high, blamed, words in _ORDERED:
            if low in found and high in found and found[low] > found[high]:
                detail = words.format(found[low], found[high])
                yield invalid(f"{path}.{blamed}[{name}]", str(found[blamed]), detail)
        yield from _ratio(found, f"{path}.maxLimitRequestRatio[{name}]")
        if not may_overcommit(name) and {"default", "defaultRequest"} <= set(found):
            limits, requests = found["default"], found["defaultRequest"]
            if limits.cmp(requests):
                detail = f"default value {limits} must equal to defaultRequest value {requests} in {name}"
                yield invalid(f"{path}.defaultRequest[{name}]", str(requests), detail)


def _ratio(found: dict[str, Quantity], path: str) -> Errors:
    ratio = found.get("maxLimitRequestRatio")
    if ratio is None:
        return
    if ratio < Quantity.of(1):
        yield invalid(path, str(ratio), f"ratio {ratio} is less than 1")
    if "min" in found and "max" in found and found["min"].sign > 0:
        most = found["max"].nano / found["min"].nano
        if ratio.nano / 10**9 > most:
            yield invalid(path, str(ratio), f"ratio {ratio} is greater than max/min = {most:f}")


STRATEGY = Strategy(kind="LimitRange", default=default, prepare_create=prepare_create, validate=validate)
