"""Job: defaults, the selector that is made for it, and what may change.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/batch/job/strategy.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.jobspec import default_job_spec
from kcore.apiserver.defaulting.wire import part
from kcore.apiserver.field import Errors, gathered, immutable, invalid, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.jobspec import job_spec
from kcore.apiserver.validation.labels import label_selector
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.numbers import nonnegative_fields
from kcore.apiserver.validation.selectors import selects, template_labels

_UID = ("batch.kubernetes.io/controller-uid", "controller-uid")
_NAME = ("batch.kubernetes.io/job-name", "job-name")
_IMMUTABLE = ("selector", "podFailurePolicy", "completionMode", "managedBy", "backoffLimitPerIndex", "successPolicy")


def default(wire: Wire) -> None:
    """Fill in the defaults of a Job.

    A Job without labels has those of its template: the same, as upstream has it, so that what is added to the
    template's later is among them too.
    """
    spec = part(wire, "spec")
    default_job_spec(spec)
    labels = spec["template"]["metadata"].get("labels")
    if labels is not None and not part(wire, "metadata").get("labels"):
        wire["metadata"]["labels"] = labels
    part(wire, "status")


def prepare_create(wire: Wire) -> None:
    """Give a new Job an empty status and, unless it brings its own, the selector of its uid."""
    wire["status"] = {}
    spec, meta = wire["spec"], wire["metadata"]
    if spec.get("manualSelector"):
        return
    labels = part(spec["template"]["metadata"], "labels")
    for keys, value in ((_UID, meta.get("uid", "")), (_NAME, meta.get("name", ""))):
        for key in keys:
            labels.setdefault(key, value)
    part(part(spec, "selector"), "matchLabels").setdefault(_UID[0], meta.get("uid", ""))


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a Job."""
    meta, spec = wire.get("metadata") or {}, wire.get("spec") or {}
    yield from object_meta(meta, names.dns1123_subdomain)
    if not spec.get("manualSelector"):
        yield from _generated(meta, spec)
    yield from job_spec(spec, "spec")
    selector = spec.get("selector")
    if selector is None:
        yield required("spec.selector")
    yield from label_selector(selector, "spec.selector")
    if selects(selector):
        yield from template_labels(spec.get("template") or {}, selector, "spec.template")
    completions, name = spec.get("completions") or 0, meta.get("name", "")
    hostname = f"{name}-{completions - 1}"
    if spec.get("completionMode") == "Indexed" and completions > 0 and names.dns1123_label(hostname):
        yield invalid("metadata.name", name, f"will not able to create pod with invalid DNS label: {hostname}")


def _generated(meta: dict[str, Any], spec: dict[str, Any]) -> Errors:
    found = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    for keys, value in ((_UID, meta.get("uid", "")), (_NAME, meta.get("name", ""))):
        for key in keys:
            path = f"spec.template.metadata.labels[{key}]"
            if key not in found:
                yield required(path, f"must be '{value}'")
            elif found[key] != value:
                yield invalid(path, found, f"must be '{value}'")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: template, selector and policies stay; so do completions but of elastic Jobs."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    spec, before = new["spec"], old["spec"]
    completions, was = spec.get("completions"), before.get("completions")
    elastic = spec.get("completionMode") == "Indexed" and completions is not None is not was
    if completions != was and not (elastic and completions == spec.get("parallelism")):
        yield invalid("spec.completions", completions, "field is immutable")
    for field in _IMMUTABLE:
        yield from immutable(f"spec.{field}", spec.get(field), before.get(field))
    template, was_template = spec.get("template") or {}, before.get("template") or {}
    if not _may_be_placed_anew(before, old.get("status") or {}) or _fixed(template) != _fixed(was_template):
        yield from immutable("spec.template", template, was_template)


def _may_be_placed_anew(spec: dict[str, Any], status: dict[str, Any]) -> bool:
    """Tell whether a suspended Job has no pods, so that it may be told anew where they run and what they ask for."""
    return bool(spec.get("suspend")) and not status.get("active") and not status.get("startTime")


def _fixed(template: dict[str, Any]) -> dict[str, Any]:
    """Return what of the template stays also while no pod has been made of it."""
    meta = _without(template.get("metadata") or {}, "labels", "annotations")
    spec = _without(template.get("spec") or {}, "nodeSelector", "tolerations", "schedulingGates")
    spec["affinity"] = _without(spec.get("affinity") or {}, "nodeAffinity")
    for field in ("containers", "initContainers"):
        spec[field] = [_without(container, "resources") for container in spec.get(field) or ()]
    return {"metadata": meta, "spec": spec}


def _without(part: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in fields}


@gathered
def validate_status(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a write of the status."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    counts = ("active", "succeeded", "failed", "ready", "terminating")
    yield from nonnegative_fields(new.get("status") or {}, counts, "status")


STRATEGY = Strategy(
    kind="Job",
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
    default_propagation="Orphan",
)
