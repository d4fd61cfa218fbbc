"""ResourceQuota: hard limits, and the pods to which they apply.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import canonical_quantities, part
from kcore.apiserver.field import Errors, gathered, invalid, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import EXISTS_OPERATORS, IN_OPERATORS, NO_OPERATOR
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.resources import is_standard_quota_name, quantity_value, resource_name

_PODS = frozenset({"pods"})
_COMPUTE = frozenset({"cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"})
_STORAGE = frozenset({"persistentvolumeclaims", "requests.storage"})
_PAIRS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_EXISTS_ONLY = ("BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity")
_ONLY_EXISTS = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)
_WRONG_RESOURCE = "unsupported scope applied to resource"


def default(wire: Wire) -> None:
    """Give amounts their canonical text."""
    canonical_quantities(part(wire, "spec"), "hard")
    canonical_quantities(part(wire, "status"), "hard", "used")


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a quota."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    hard = spec.get("hard") or {}
    yield from _amounts(hard, "spec.hard")
    scopes, path = spec.get("scopes") or [], "spec.scopes"
    for scope in scopes:
        if scope not in _SCOPES:
            yield invalid(path, scopes, "unsupported scope")
        yield from _resources(scope, hard, path, scopes)
    yield from _conflicts(scopes, path, scopes)
    if spec.get("scopeSelector") is not None:
        yield from _selector(spec["scopeSelector"], hard, "spec.scopeSelector.matchExpressions")


def _amounts(amounts: Mapping[str, Any], path: str) -> Errors:
    for name, value in sorted(amounts.items()):
        here = f"{path}[{name}]"
        yield from resource_name(name, here)
        if "/" not in name and (not is_standard_quota_name(name) or name == "storage"):
            yield invalid(here, name, "must be a standard resource for quota")
        yield from quantity_value(name, value, here)


def _resources(scope: str, hard: Collection[str], path: str, shown: Any) -> Errors:
    for name in sorted(hard):
        if is_standard_quota_name(name) and name not in _SCOPES.get(scope, hard):
            yield invalid(path, shown, _WRONG_RESOURCE)


def _conflicts(scopes: Collection[str], path: str, shown: Any) -> Errors:
    for pair in _PAIRS:
        if set(pair) <= set(scopes):
            yield invalid(path, shown, "conflicting scopes")


def _selector(selector: Mapping[str, Any], hard: Collection[str], path: str) -> Errors:
    requirements = selector.get("matchExpressions") or ()
    for requirement in requirements:
        scope, operator = requirement.get("scopeName", ""), requirement.get("operator", "")
        values = requirement.get("values") or []
        if scope not in _SCOPES:
            yield invalid(f"{path}.scopeName", scope, "unsupported scope")
        yield from _resources(scope, hard, path, selector)
        if scope in _EXISTS_ONLY and operator != "Exists":
            yield invalid(f"{path}.operator", operator, _ONLY_EXISTS)
        if operator in IN_OPERATORS and not values:
            detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
            yield required(f"{path}.values", detail)
        elif operator in EXISTS_OPERATORS and values:
            detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            yield invalid(f"{path}.values", values, detail)
        elif operator not in IN_OPERATORS + EXISTS_OPERATORS:
            yield invalid(f"{path}.operator", operator, NO_OPERATOR)
    yield from _conflicts([requirement.get("scopeName", "") for requirement in requirements], path, None)


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the scopes stay."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    now, was = ((one.get("spec") or {}).get("scopes") or [] for one in (new, old))
    if set(now) != set(was):
        yield invalid("spec.scopes", now, "field is immutable")


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    for field in ("hard", "used"):
        yield from _amounts((new.get("status") or {}).get(field) or {}, f"status.{field}")


_SCOPES: Mapping[str, frozenset[str]] = {
    "BestEffort": _PODS,
    "NotBestEffort": _PODS | _COMPUTE,
    "Terminating": _PODS | _COMPUTE,
    "NotTerminating": _PODS | _COMPUTE,
    "PriorityClass": _PODS | _COMPUTE,
    "CrossNamespacePodAffinity": _PODS | _COMPUTE,
    "VolumeAttributesClass": _STORAGE,
}
"""The resources that a scope may limit."""

STRATEGY = Strategy(
    kind="ResourceQuota",
    default=default,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
