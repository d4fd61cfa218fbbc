"""Deployment: defaults, strategy of updates, selector that never changes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.podspec import default_pod_template
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, forbidden, gathered, immutable, invalid, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import (
    count_or_percentage,
    nonnegative,
    nonnegative_or_percent,
    not_more_than_100_percent,
)
from kcore.apiserver.validation.podspec import workload_template
from kcore.apiserver.validation.selectors import selects, workload_selector
from kcore.apiserver.validation.workloadstatus import workload_status

_DEFAULTS = {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
_ROLLING = {"maxUnavailable": "25%", "maxSurge": "25%"}
_STRATEGIES = ("Recreate", "RollingUpdate")
_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def default(wire: Wire) -> None:
    """Fill in the defaults of a Deployment."""
    spec = part(wire, "spec")
    fill(spec, _DEFAULTS)
    strategy = part(spec, "strategy")
    fill(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        fill(part(strategy, "rollingUpdate"), _ROLLING)
    default_pod_template(part(spec, "template"))
    part(wire, "status")


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a Deployment."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    selector = spec.get("selector")
    yield from nonnegative(spec.get("replicas"), "spec.replicas")
    yield from workload_selector(selector, "deployment", "spec.selector", "invalid label selector")
    if selects(selector):
        yield from workload_template(spec.get("template") or {}, selector, "ReplicaSet", "spec.template")
    yield from _strategy(spec.get("strategy") or {}, "spec.strategy")
    yield from nonnegative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    yield from nonnegative(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    yield from nonnegative(deadline, "spec.progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        yield invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _strategy(strategy: dict[str, Any], path: str) -> Errors:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            yield forbidden(f"{path}.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    elif kind != "RollingUpdate":
        yield not_supported(path, strategy, _STRATEGIES)
    elif rolling is None:
        yield required(f"{path}.rollingUpdate", "this should be defaulted and never be nil")
    else:
        yield from _rolling_update(rolling, f"{path}.rollingUpdate")


def _rolling_update(rolling: dict[str, Any], path: str) -> Errors:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    yield from nonnegative_or_percent(unavailable, f"{path}.maxUnavailable")
    yield from nonnegative_or_percent(surge, f"{path}.maxSurge")
    if count_or_percentage(unavailable) == 0 and count_or_percentage(surge) == 0:
        yield invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    yield from not_more_than_100_percent(unavailable, f"{path}.maxUnavailable")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the selector stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from workload_status(new.get("status") or {}, old.get("status") or {}, _COUNTS, "status")


STRATEGY = Strategy(
    kind="Deployment",
    default=default,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
    spec_fields=("spec", "metadata.annotations"),
    status_keeps=("labels",),
)
