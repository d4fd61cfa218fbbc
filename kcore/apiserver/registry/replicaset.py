"""ReplicaSet: defaults, template and a selector that never changes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.podspec import default_pod_template
from kcore.apiserver.defaulting.wire import fill, fill_zero, part
from kcore.apiserver.field import Errors, gathered, immutable
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import nonnegative_fields
from kcore.apiserver.validation.podspec import workload_template
from kcore.apiserver.validation.selectors import selects, workload_selector
from kcore.apiserver.validation.workloadstatus import workload_status

_COUNTS = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas")


def default(wire: Wire) -> None:
    """Fill in the defaults of a ReplicaSet."""
    spec = part(wire, "spec")
    fill(spec, {"replicas": 1})
    default_pod_template(part(spec, "template"))
    fill_zero(part(wire, "status"), {"replicas": 0})


def prepare_create(wire: Wire) -> None:
    """Give a new ReplicaSet an empty status."""
    wire["status"] = {"replicas": 0}


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a ReplicaSet."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    selector = spec.get("selector")
    yield from nonnegative_fields(spec, ("replicas", "minReadySeconds"), "spec")
    yield from workload_selector(selector, "deployment", "spec.selector", "invalid label selector")
    if selects(selector):
        yield from workload_template(spec.get("template") or {}, selector, "ReplicaSet", "spec.template")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the selector stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from workload_status(new.get("status") or {}, {}, _COUNTS, "status")


STRATEGY = Strategy(
    kind="ReplicaSet",
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
)
