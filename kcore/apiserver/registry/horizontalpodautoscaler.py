"""HorizontalPodAutoscaler (v2): bounds, metrics and the pace of scaling.

Does not model objects of autoscaling/v1 beyond what both versions share.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/autoscaling/validation/validation.go
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeAlias

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import canonical_quantity, fill, fill_zero, part
from kcore.apiserver.field import (
    Errors,
    forbidden,
    gathered,
    invalid,
    invalid_each,
    not_supported,
    required,
)
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update, path_segment
from kcore.apiserver.validation.numbers import nonnegative_fields
from kcore.apiserver.validation.resources import amount

Part: TypeAlias = Mapping[str, Any]

_CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN = {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]}
_SOURCES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_TARGETS = ("Utilization", "Value", "AverageValue")
_SELECTS = ("Disabled", "Max", "Min")
_POLICIES = ("Percent", "Pods")
_WINDOW_MAX = 3600
_PERIOD_MAX = 1800
_CORE_TARGETS = ("ReplicationController",)


def default(wire: Wire) -> None:
    """Fill in the defaults of an autoscaler; one without metrics looks at CPU."""
    spec = part(wire, "spec")
    fill(spec, {"minReplicas": 1})
    if wire.get("apiVersion") == "autoscaling/v1":
        return
    if not spec.get("metrics"):
        spec["metrics"] = [{"type": "Resource", "resource": copy.deepcopy(_CPU)}]
    for metric in spec["metrics"]:
        for source in metric.values():
            target = source.get("target") if isinstance(source, dict) else None
            for field in ("value", "averageValue"):
                if target and target.get(field) is not None:
                    target[field] = canonical_quantity(target[field], rounded=False)
    if spec.get("behavior") is not None:
        for side, defaults in (("scaleUp", _UP), ("scaleDown", _DOWN)):
            fill(part(spec["behavior"], side), copy.deepcopy(defaults))
    fill_zero(part(wire, "status"), {"desiredReplicas": 0})


def prepare_create(wire: Wire) -> None:
    """Give a new autoscaler an empty status."""
    wire["status"] = {"desiredReplicas": 0}


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an autoscaler."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    if least is not None and least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield required("spec.maxReplicas", "must be set and greater than 0")
    if least is not None and most < least:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    yield from _reference(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef", scaled=True)
    for i, metric in enumerate(spec.get("metrics") or ()):
        yield from _metric(metric, f"spec.metrics[{i}]")
    for side in ("scaleUp", "scaleDown"):
        rules = (spec.get("behavior") or {}).get(side)
        if rules is not None:
            yield from _rules(rules, f"spec.behavior.{side}")


def _reference(reference: Part, path: str, *, scaled: bool) -> Errors:
    for field in ("kind", "name"):
        value = reference.get(field, "")
        if value:
            yield from invalid_each(f"{path}.{field}", value, path_segment(value))
        else:
            yield required(f"{path}.{field}")
    version = reference.get("apiVersion", "")
    if version.count("/") > 1:
        yield invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    elif scaled and "/" not in version and reference.get("kind") not in _CORE_TARGETS:
        yield invalid(f"{path}.apiVersion", version, "apiVersion must specify API group")


def _metric(metric: Part, path: str) -> Errors:
    kind = metric.get("type", "")
    if not kind:
        yield required(f"{path}.type", "must specify a metric source type")
    if kind not in _SOURCES:
        yield not_supported(f"{path}.type", kind, _SOURCES)
    found = [field for field in _CHECKS if metric.get(field) is not None]
    for field in found[:1]:
        yield from _CHECKS[field](metric[field], f"{path}.{field}")
    expected = kind[:1].lower() + kind[1:]
    if expected not in found:
        yield required(f"{path}.{expected}", "must populate information for the given metric source")
    for field in found if len(found) != 1 else ():
        if field != expected:
            yield forbidden(f"{path}.{field}", "must populate the given metric source only")


def _identifier(metric: Part, path: str) -> Errors:
    name = metric.get("name", "")
    if name:
        yield from invalid_each(f"{path}.name", name, path_segment(name))
    else:
        yield required(f"{path}.name", "must specify a metric name")


def _target(target: Part, path: str) -> Errors:
    kind = target.get("type", "")
    if not kind:
        yield required(f"{path}.type", "must specify a metric target type")
    if kind not in _TARGETS:
        yield invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue")
    for field in ("value", "averageValue"):
        if target.get(field) is not None and amount(target[field]).sign != 1:
            yield invalid(f"{path}.{field}", str(amount(target[field])), "must be positive")
    utilization = target.get("averageUtilization")
    if utilization is not None and utilization < 1:
        yield invalid(f"{path}.averageUtilization", utilization, "must be greater than 0")


def _object(source: Part, path: str) -> Errors:
    yield from _reference(source.get("describedObject") or {}, f"{path}.describedObject", scaled=False)
    yield from _identifier(source.get("metric") or {}, f"{path}.metric")
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    if target.get("value") is None and target.get("averageValue") is None:
        detail = "must set either a target value or averageValue"
        yield required(f"{path}.target.averageValue", detail)


def _external(source: Part, path: str) -> Errors:
    yield from _identifier(source.get("metric") or {}, f"{path}.metric")
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    value, average = target.get("value"), target.get("averageValue")
    if value is None and average is None:
        detail = "must set either a target value for metric or a per-pod target"
        yield required(f"{path}.target.averageValue", detail)
    if value is not None and average is not None:
        yield forbidden(f"{path}.target.value", "may not set both a target value for metric and a per-pod target")


def _pods(source: Part, path: str) -> Errors:
    yield from _identifier(source.get("metric") or {}, f"{path}.metric")
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    if amount(target.get("averageValue")).sign != 1:
        yield required(f"{path}.target.averageValue", "must specify a positive target averageValue")


def _resource(source: Part, path: str) -> Errors:
    if not source.get("name"):
        yield required(f"{path}.name", "must specify a resource name")
    target = source.get("target") or {}
    yield from _target(target, f"{path}.target")
    utilization, average = target.get("averageUtilization"), target.get("averageValue")
    if utilization is None and average is None:
        detail = "must set either a target raw value or a target utilization"
        yield required(f"{path}.target.averageUtilization", detail)
    if utilization is not None and average is not None:
        detail = "may not set both a target raw value and a target utilization"
        yield forbidden(f"{path}.target.averageValue", detail)


def _container_resource(source: Part, path: str) -> Errors:
    if not source.get("container"):
        yield required(f"{path}.container", "must specify a container")
    yield from _resource(source, path)


def _rules(rules: Part, path: str) -> Errors:
    window, select = rules.get("stabilizationWindowSeconds"), rules.get("selectPolicy")
    here = f"{path}.stabilizationWindowSeconds"
    if window is not None and window < 0:
        yield invalid(here, window, "must be greater than or equal to zero")
    if window is not None and window > _WINDOW_MAX:
        yield invalid(here, window, f"must be less than or equal to {_WINDOW_MAX}")
    if select is not None and select not in _SELECTS:
        yield not_supported(f"{path}.selectPolicy", select, _SELECTS)
    if not rules.get("policies"):
        yield required(f"{path}.policies", "must specify at least one Policy")
    for i, policy in enumerate(rules.get("policies") or ()):
        yield from _policy(policy, f"{path}.policies[{i}]")
    if rules.get("tolerance") is not None and amount(rules["tolerance"]).sign < 0:
        detail = "must be greater than or equal to zero"
        yield invalid(f"{path}.tolerance", str(amount(rules["tolerance"])), detail)


def _policy(policy: Part, path: str) -> Errors:
    if policy.get("type", "") not in _POLICIES:
        yield not_supported(f"{path}.type", policy.get("type", ""), _POLICIES)
    for field in ("value", "periodSeconds"):
        number = policy.get(field, 0)
        if number <= 0:
            yield invalid(f"{path}.{field}", number, "must be greater than zero")
        if field == "periodSeconds" and number > _PERIOD_MAX:
            yield invalid(f"{path}.{field}", number, f"must be less than or equal to {_PERIOD_MAX}")


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from nonnegative_fields(new.get("status") or {}, ("currentReplicas", "desiredReplicas"), "status")


_CHECKS = {
    "object": _object,
    "external": _external,
    "pods": _pods,
    "resource": _resource,
    "containerResource": _container_resource,
}

STRATEGY = Strategy(
    kind="HorizontalPodAutoscaler",
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_status=validate_status,
)
