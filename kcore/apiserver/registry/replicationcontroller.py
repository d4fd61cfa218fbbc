"""ReplicationController: defaults that come from the template, and a selector of labels alone.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/replicationcontroller/strategy.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.podspec import default_pod_template
from kcore.apiserver.defaulting.wire import fill, fill_zero, part
from kcore.apiserver.field import Errors, gathered, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import nonnegative_fields
from kcore.apiserver.validation.podspec import workload_template
from kcore.apiserver.validation.workloadstatus import workload_status

_COUNTS = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas")


def default(wire: Wire) -> None:
    """Fill in the defaults: selector and labels are those of the template where there are none."""
    spec = part(wire, "spec")
    fill(spec, {"replicas": 1})
    if spec.get("template") is not None:
        default_pod_template(spec["template"])
        labels = (spec["template"].get("metadata") or {}).get("labels")
        if labels:
            spec["selector"] = spec.get("selector") or dict(labels)
            meta = part(wire, "metadata")
            meta["labels"] = meta.get("labels") or dict(labels)
    fill_zero(part(wire, "status"), {"replicas": 0})


def prepare_create(wire: Wire) -> None:
    """Give a new ReplicationController an empty status."""
    wire["status"] = {"replicas": 0}


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a ReplicationController."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    spec = wire.get("spec") or {}
    selector, template = spec.get("selector"), spec.get("template")
    yield from nonnegative_fields(spec, ("minReadySeconds",), "spec")
    if not selector:
        yield required("spec.selector")
    if spec.get("replicas") is None:
        yield required("spec.replicas")
    yield from nonnegative_fields(spec, ("replicas",), "spec")
    if template is None:
        yield required("spec.template")
    else:
        labels = {"matchLabels": selector or {}}
        yield from workload_template(template, labels, "ReplicationController", "spec.template")


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from workload_status(new.get("status") or {}, {}, _COUNTS, "status")


STRATEGY = Strategy(
    kind="ReplicationController",
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_status=validate_status,
    default_propagation="Orphan",
)
