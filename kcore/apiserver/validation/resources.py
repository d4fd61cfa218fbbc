"""Resources: their names and amounts, requests and limits of containers and pods.

Models which names may stand where, overcommitment, huge pages and whole numbers. Does not model resource claims' device
requests beyond their names.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/helper/helpers.go
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from kcore.api.quantity import ZERO, Quantity, QuantityError
from kcore.apiserver.field import (
    Errors,
    duplicate,
    forbidden,
    invalid,
    invalid_each,
    not_found,
    not_supported,
    required,
)
from kcore.apiserver.validation import names
from kcore.apiserver.validation.numbers import NEGATIVE, NOT_POSITIVE

HUGE_PAGES = "hugepages-"
_CONTAINER = frozenset({"cpu", "memory", "ephemeral-storage"})
_COUNTS = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
        "services.loadbalancers",
        "services.nodeports",
    }
)
_QUOTA = (
    _CONTAINER
    | _COUNTS
    | {"storage", "requests.storage"}
    | {f"{side}.{name}" for side in ("requests", "limits") for name in _CONTAINER}
)
_POD_LEVEL = ("cpu", HUGE_PAGES, "memory")


def is_huge_page(name: str) -> bool:
    """Tell whether `name` is that of huge pages of one size."""
    return name.startswith(HUGE_PAGES)


def is_native(name: str) -> bool:
    """Tell whether `name` is Kubernetes' own: without a domain, or in kubernetes.io."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Tell whether `name` is a well-formed one of a device or the like: "example.com/gpu"."""
    return not is_native(name) and not name.startswith("requests.") and not names.qualified_name(f"requests.{name}")


def may_overcommit(name: str) -> bool:
    """Tell whether requests for `name` may be below its limits."""
    return is_native(name) and not is_huge_page(name)


def is_standard_quota_name(name: str) -> bool:
    """Tell whether `name` may stand in a quota without a domain."""
    return name in _QUOTA or name.startswith((HUGE_PAGES, f"requests.{HUGE_PAGES}"))


def amount(value: object) -> Quantity:
    """Return the quantity that JSON's `value` stands for; one that decoding would refuse counts as none."""
    try:
        return Quantity.from_wire(value)
    except QuantityError:
        return ZERO


def resource_name(name: str, path: str) -> Errors:
    """Yield the errors of a resource's name, wherever it stands."""
    details = names.qualified_name(name)
    yield from invalid_each(path, name, details)
    if not details and "/" not in name and not is_standard_quota_name(name):
        yield invalid(path, name, "must be a standard resource type or fully qualified")


def container_resource_name(name: str, path: str) -> Errors:
    """Yield the errors of the name of a resource that a container may ask for."""
    yield from resource_name(name, path)
    if "/" not in name:
        if name not in _CONTAINER and not is_huge_page(name):
            yield invalid(path, name, "must be a standard resource for containers")
    elif not is_native(name) and not is_extended(name):
        yield invalid(path, name, "doesn't follow extended resource name standard")


def pod_resource_name(name: str, path: str) -> Errors:
    """Yield the errors of the name of a resource that a pod as a whole may ask for."""
    errors = tuple(resource_name(name, path))
    yield from errors
    if not errors and name not in _POD_LEVEL and not is_huge_page(name):
        yield not_supported(path, name, _POD_LEVEL)


def quantity_value(name: str, value: object, path: str) -> Errors:
    """Yield the errors of an amount of `name`: below zero, or a fraction of what comes whole."""
    quantity = amount(value)
    if quantity.sign < 0:
        yield invalid(path, str(quantity), NEGATIVE)
    if (name in _COUNTS or is_extended(name)) and quantity.milli_value % 1000:
        yield invalid(path, str(quantity), "must be an integer")


def basic_quantity(value: object, path: str) -> Errors:
    """Yield the error of an amount below zero, where only that is asked."""
    quantity = amount(value)
    if quantity.value < 0:
        yield invalid(path, quantity.value, "must be a valid resource quantity")


def positive_quantity(value: object, path: str) -> Errors:
    """Yield the error of an amount that is not above zero."""
    quantity = amount(value)
    if quantity.sign <= 0:
        yield invalid(path, str(quantity), NOT_POSITIVE)


def resource_requirements(
    wire: Mapping[str, Any],
    claims: Collection[str],
    path: str,
    check_name: Callable[[str, str], Errors] = container_resource_name,
) -> Errors:
    """Yield the errors of requests, limits and the names of claims among `claims`."""
    limits, requests = wire.get("limits") or {}, wire.get("requests") or {}
    for name, value in sorted(limits.items()):
        yield from _one(name, value, f"{path}.limits[{name}]", check_name)
    for name, value in sorted(requests.items()):
        yield from _request(name, value, limits, path, check_name)
    asked = set(limits) | set(requests)
    if any(map(is_huge_page, asked)) and not asked & {"cpu", "memory"}:
        yield forbidden(path, "HugePages require cpu or memory")
    yield from _claim_names(wire.get("claims") or (), claims, f"{path}.claims")


def _one(name: str, value: object, path: str, check_name: Callable[[str, str], Errors]) -> Errors:
    yield from check_name(name, path)
    yield from quantity_value(name, value, path)


def _request(
    name: str, value: object, limits: Mapping[str, object], path: str, check_name: Callable[[str, str], Errors]
) -> Errors:
    yield from _one(name, value, f"{path}.requests[{name}]", check_name)
    quantity = amount(value)
    if name in limits:
        limit = amount(limits[name])
        if quantity.cmp(limit) and not may_overcommit(name):
            yield invalid(f"{path}.requests", str(quantity), f"must be equal to {name} limit of {limit}")
        elif quantity > limit:
            yield invalid(f"{path}.requests", str(quantity), f"must be less than or equal to {name} limit of {limit}")
    elif not may_overcommit(name):
        yield required(f"{path}.limits", "Limit must be set for non overcommitable resources")
    size = amount(name.removeprefix(HUGE_PAGES)).value if is_huge_page(name) else 0
    if size and quantity.value % size:
        detail = f"{quantity} is not positive integer multiple of {name}"
        yield invalid(f"{path}.requests[{name}]", str(quantity), detail)


def _claim_names(found: Sequence[Mapping[str, Any]], claims: Collection[str], path: str) -> Errors:
    seen: set[str] = set()
    for i, claim in enumerate(found):
        name, request = claim.get("name", ""), claim.get("request", "")
        if not name:
            yield required(f"{path}[{i}]")
            continue
        if request:
            yield from invalid_each(f"{path}[{i}].request", request, names.dns1123_label(request))
        key = f"{name}/{request}" if request else name
        if name in seen or key in seen or (not request and any(one.startswith(f"{name}/") for one in seen)):
            yield duplicate(f"{path}[{i}]", name if name in seen else key)
        seen.add(key)
        if name not in claims:
            others = f": {', '.join(sorted(claims))}" if claims else " which is empty"
            yield not_found(f"{path}[{i}]", name, f"must be one of the names in pod.spec.resourceClaims{others}")
