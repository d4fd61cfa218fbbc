"""The scale subresource: the size of a workload, read and written alone.

Models `autoscaling/v1 Scale` over `spec.replicas` of whatever kind has the subresource, and of a custom resource over
the paths that its definition names. A write goes the way of an update of the object.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/apps/deployment/storage/storage.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.autoscaling.scale import Scale, ScaleSpec, ScaleStatus
from kcore.api.convert import to_wire
from kcore.api.evolve import evolve
from kcore.api.kinds import class_kind
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.selectors import label
from kcore.apiserver.custom.scale import at, put
from kcore.apiserver.decode import decode, typed
from kcore.apiserver.field import invalid, invalid_status
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.status import Status, internal_error
from kcore.apiserver.verbs.get import existing
from kcore.apiserver.verbs.patch import patched
from kcore.apiserver.verbs.update import replace

KIND = class_kind(Scale)


def get_scale(operation: Operation) -> Outcome:
    """Answer with the size of the object."""
    found = existing(operation)
    if isinstance(found, Status):
        return operation.refuse(found)
    scale = _scale(operation, found)
    return operation.refuse(scale) if isinstance(scale, Status) else operation.grant(operation.store, scale)


def update_scale(operation: Operation) -> Outcome:
    """Write the size in the body."""
    old = existing(operation)
    if isinstance(old, Status):
        return operation.refuse(old)
    wire = decode(operation.request.body, KIND, strict=operation.request.options.strict)
    return operation.refuse(wire) if isinstance(wire, Status) else _write(operation, old, typed(wire, KIND))


def patch_scale(operation: Operation) -> Outcome:
    """Change the size as the patch in the body says."""
    old = existing(operation)
    if isinstance(old, Status):
        return operation.refuse(old)
    found = _scale(operation, old)
    scale = found if isinstance(found, Status) else patched(operation, found, KIND)
    return operation.refuse(scale) if isinstance(scale, Status) else _write(operation, old, scale)


def _scale(operation: Operation, obj: ApiObject) -> Scale | Status:
    """Return the size of `obj`, or why it has none."""
    paths = operation.strategy.scale
    if paths is None:
        return scale_of(obj)
    wire = to_wire(obj)
    wanted, observed, selector = (at(wire, path) if path else None for path in paths)
    if wanted is None:
        return internal_error(f'the spec replicas field ".{".".join(paths.spec)}" does not exist')
    return Scale(
        metadata=_metadata(obj),
        spec=ScaleSpec(replicas=wanted),
        status=ScaleStatus(replicas=observed or 0, selector=selector if isinstance(selector, str) else ""),
    )


def scale_of(obj: ApiObject) -> Scale:
    """Return the size of `obj`, of a built-in kind."""
    wire = to_wire(obj)
    spec, status = wire.get("spec") or {}, wire.get("status") or {}
    return Scale(
        metadata=_metadata(obj),
        spec=ScaleSpec(replicas=spec.get("replicas", 1)),
        status=ScaleStatus(replicas=status.get("replicas", 0), selector=_selector_text(spec.get("selector"))),
    )


def _metadata(obj: ApiObject) -> ObjectMeta:
    metadata = obj.metadata
    return ObjectMeta(
        name=metadata.name,
        namespace=metadata.namespace,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        creation_timestamp=metadata.creation_timestamp,
    )


def _selector_text(selector: Any) -> str:
    """Return the text of a selector in either of its forms."""
    if not isinstance(selector, dict):
        return ""
    if selector.keys() <= {"matchLabels", "matchExpressions"}:
        return label.from_label_selector(selector).canonical
    return label.from_set(selector).canonical


def _write(operation: Operation, old: ApiObject, scale: ApiObject) -> Outcome:
    """Give `old` the size of `scale`; answer with the size that it has then."""
    replicas = scale.spec.replicas if isinstance(scale, Scale) else 0
    if replicas < 0:
        error = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        return operation.refuse(invalid_status(KIND, old.metadata.name, (error,)))
    wire = to_wire(old)
    paths = operation.strategy.scale
    put(wire, ("spec", "replicas") if paths is None else paths.spec, replicas)
    body = typed(wire, operation.kind)
    version, uid = scale.metadata.resource_version, scale.metadata.uid
    asked = evolve(body.metadata, resource_version=version, uid=uid)
    outcome = replace(operation, old, evolve(body, metadata=asked))
    if outcome.response.object is None:
        return outcome
    after = _scale(operation, outcome.response.object)
    return operation.refuse(after) if isinstance(after, Status) else _answered(outcome, after)


def _answered(outcome: Outcome, scale: Scale) -> Outcome:
    return evolve(outcome, response=evolve(outcome.response, object=scale))
