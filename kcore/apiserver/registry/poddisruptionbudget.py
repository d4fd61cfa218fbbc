"""PodDisruptionBudget: one of two limits, a selector, a policy for unhealthy pods.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/policy/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill_zero, part
from kcore.apiserver.field import Errors, gathered, invalid, not_supported
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation.conditions import conditions
from kcore.apiserver.validation.labels import label_selector
from kcore.apiserver.validation.meta import object_meta, object_meta_update, path_segment
from kcore.apiserver.validation.numbers import nonnegative_fields, nonnegative_or_percent, not_more_than_100_percent

_COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


def default(wire: Wire) -> None:
    """Fill in the parts that are always there."""
    part(wire, "spec")
    fill_zero(part(wire, "status"), dict.fromkeys(_COUNTS, 0))


def prepare_create(wire: Wire) -> None:
    """Give a new budget an empty status."""
    wire["status"] = dict.fromkeys(_COUNTS, 0)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a budget; its name is checked only when all else is sound, as upstream does."""
    errors = tuple(_spec(wire))
    yield from errors
    if not errors:
        yield from object_meta(wire.get("metadata") or {}, path_segment)


def _spec(wire: Wire) -> Errors:
    spec = wire.get("spec") or {}
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        if spec.get(field) is not None:
            yield from nonnegative_or_percent(spec[field], f"spec.{field}")
            yield from not_more_than_100_percent(spec[field], f"spec.{field}")
    yield from label_selector(spec.get("selector"), "spec.selector")
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _POLICIES:
        yield not_supported("spec.unhealthyPodEvictionPolicy", policy, _POLICIES)


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    status = new.get("status") or {}
    yield from conditions(status.get("conditions") or (), "status.conditions")
    yield from nonnegative_fields(status, _COUNTS, "status")
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})


STRATEGY = Strategy(
    kind="PodDisruptionBudget",
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_status=validate_status,
    unconditional_update=False,
)
