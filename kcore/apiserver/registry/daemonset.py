"""DaemonSet: defaults, how it is updated, and the generation of its template.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.podspec import default_pod_template
from kcore.apiserver.defaulting.wire import fill, fill_zero, part
from kcore.apiserver.field import Errors, gathered, immutable, invalid, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import is_empty, label_selector
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import (
    count_or_percentage,
    nonnegative,
    nonnegative_fields,
    nonnegative_or_percent,
    not_more_than_100_percent,
)
from kcore.apiserver.validation.podspec import always_restarts, pod_template
from kcore.apiserver.validation.selectors import selects, template_labels

_ROLLING = {"maxUnavailable": 1, "maxSurge": 0}
_STRATEGIES = ("RollingUpdate", "OnDelete")
_COUNTS = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
_MORE_COUNTS = (
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
)
_GENERATION = "deprecated.daemonset.template.generation"


def default(wire: Wire) -> None:
    """Fill in the defaults of a DaemonSet."""
    spec = part(wire, "spec")
    fill(spec, {"revisionHistoryLimit": 10})
    strategy = part(spec, "updateStrategy")
    fill(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        fill(part(strategy, "rollingUpdate"), _ROLLING)
    default_pod_template(part(spec, "template"))
    fill_zero(part(wire, "status"), dict.fromkeys(_COUNTS, 0))


def prepare_create(wire: Wire) -> None:
    """Give a new DaemonSet an empty status and its template the first generation."""
    wire["status"] = dict.fromkeys(_COUNTS, 0)
    part(part(wire, "metadata"), "annotations")[_GENERATION] = "1"


def prepare_update(new: Wire, old: Wire) -> None:
    """Keep the status, and count the changes of the template."""
    new["status"] = old.get("status") or dict.fromkeys(_COUNTS, 0)
    before = int(((old.get("metadata") or {}).get("annotations") or {}).get(_GENERATION, "1"))
    changed = new["spec"].get("template") != old["spec"].get("template")
    part(part(new, "metadata"), "annotations")[_GENERATION] = str(before + changed)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a DaemonSet."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    selector, template = spec.get("selector"), spec.get("template") or {}
    yield from label_selector(selector, "spec.selector")
    if selects(selector):
        yield from template_labels(template, selector, "spec.template")
    if selector is not None and is_empty(selector):
        yield invalid("spec.selector", selector, "empty selector is invalid for daemonset")
    yield from pod_template(template, "spec.template")
    yield from always_restarts(template, "DaemonSet", "spec.template")
    yield from nonnegative(spec.get("minReadySeconds"), "spec.minReadySeconds")
    yield from _strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy")
    yield from nonnegative(spec.get("revisionHistoryLimit"), "spec.revisionHistoryLimit")


def _strategy(strategy: dict[str, Any], path: str) -> Errors:
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind not in _STRATEGIES:
        yield not_supported(path, strategy, _STRATEGIES)
    elif kind == "RollingUpdate" and rolling is None:
        yield required(f"{path}.rollingUpdate")
    elif kind == "RollingUpdate":
        yield from _rolling_update(rolling or {}, f"{path}.rollingUpdate")


def _rolling_update(rolling: dict[str, Any], path: str) -> Errors:
    for check in (nonnegative_or_percent, not_more_than_100_percent):
        for field in _ROLLING:
            yield from check(rolling.get(field, 0), f"{path}.{field}")
    unavailable, surge = (count_or_percentage(rolling.get(field)) for field in _ROLLING)
    if unavailable and surge:
        yield invalid(f"{path}.maxSurge", rolling["maxSurge"], "may not be set when maxUnavailable is non-zero")
    if not unavailable and not surge:
        yield required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the selector stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from nonnegative_fields(new.get("status") or {}, (*_COUNTS, *_MORE_COUNTS), "status")


STRATEGY = Strategy(
    kind="DaemonSet",
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
