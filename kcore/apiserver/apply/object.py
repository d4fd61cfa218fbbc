"""Objects that are applied, and what any other write does to who manages their fields.

Models the options that an apply needs, the version that it may name, that a client may write the entries of managers
itself, and makes an object forget them all by sending none or an empty one. What `kubectl` applied on its own side
yields when it applies on the server's.

Simplified: unless the server is configured to track every write, ownership is kept from an object's first apply on, and
what was there before belongs to nobody in particular.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/managedfields/fieldmanager.go
"""

from __future__ import annotations

import json

from kcore.api.convert import to_wire
from kcore.api.evolve import evolve
from kcore.api.fields import type_of
from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject
from kcore.api.times import format_time
from kcore.apiserver.apply import managers
from kcore.apiserver.apply.fieldset import FieldSet, Path, leaves, managed
from kcore.apiserver.apply.managers import Manager, Owned
from kcore.apiserver.apply.shape import Shape, shape_of
from kcore.apiserver.decode import checked
from kcore.apiserver.field import invalid_status, required
from kcore.apiserver.outcome import Operation
from kcore.apiserver.request import PatchType
from kcore.apiserver.status import Status, bad_request

FIELD = "managedFields"
KUBECTL = "kubectl"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def applied(operation: Operation, old: Wire, kind: Kind) -> Wire | Status:
    """Return what applying the body makes of `old`, with who manages it; or why it can't be applied."""
    body, options = operation.request.body, operation.request.options
    if not isinstance(body, Json):
        return bad_request("the body of a patch is JSON")
    if not options.field_manager:
        name = operation.key.name
        return invalid_status(kind, name, (required("fieldManager", "is required for apply patch"),))
    config = checked(body.value, kind, strict=options.strict, unknown=operation.strategy.unknown)
    if isinstance(config, Status):
        return config
    metadata = config.setdefault("metadata", {})
    if metadata.get(FIELD):
        return bad_request("metadata.managedFields must be nil")
    metadata.pop(FIELD, None)
    who = _who(operation, kind, managers.APPLY)
    shape = _shape(operation)
    yields = _last_applied(old, kind, shape) if who.name == KUBECTL else frozenset[Path]()
    done = managers.applied(old, config, shape, who, _now(operation), force=options.force, yields=yields)
    if isinstance(done, Status):
        return done
    laid, owned = done
    return _with(laid, owned)


def _last_applied(live: Wire, kind: Kind, shape: Shape) -> FieldSet:
    """Return the fields that are as `kubectl` applied them last on its own side."""
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    try:
        config = json.loads(text or "{}")
    except ValueError:
        return frozenset()
    if not isinstance(config, dict) or config.get("apiVersion") != kind.api_version:
        return frozenset()
    there = leaves(live, shape)
    return managed(path for path, value in leaves(config, shape).items() if there.get(path) == value)


def created(operation: Operation, obj: ApiObject) -> ApiObject:
    """Return a new object with all that it says in the hands of whoever makes it, unless it has managers already."""
    if obj.metadata.extra and obj.metadata.extra.value.get(FIELD):
        return obj
    who = _who(operation, operation.kind, managers.UPDATE)
    owned = managers.taken_over((), {}, to_wire(obj), _shape(operation), who, _now(operation))
    return _set(obj, {**obj.metadata.extra.value, FIELD: managers.written(owned)})


def _shape(operation: Operation) -> Shape:
    kind = operation.kind
    return operation.strategy.shape or shape_of(type_of(kind.api_version, kind.kind))


def tracked(operation: Operation, old: ApiObject, new: ApiObject) -> ApiObject:
    """Return `new`, as any other write than an apply left it, with what the writer took over from `old`."""
    if not old.metadata.extra or operation.request.options.patch_type is PatchType.APPLY:
        return new
    entries = old.metadata.extra.value.get(FIELD)
    if not entries:
        return new
    rest = new.metadata.extra.value
    sent = rest.pop(FIELD, None) if not operation.request.subresource else None
    if sent in ([], [{}]):
        return _set(new, rest)
    who = _who(operation, operation.kind, managers.UPDATE)
    shape, now = _shape(operation), _now(operation)
    owned = managers.taken_over(sent or entries, to_wire(old), to_wire(new), shape, who, now)
    return _set(new, {**rest, FIELD: managers.written(owned)})


def _set(obj: ApiObject, extra: Wire) -> ApiObject:
    return evolve(obj, metadata=evolve(obj.metadata, extra=Json.of(extra)))


def _with(wire: Wire, owned: dict[Manager, Owned]) -> Wire:
    metadata = {**(wire.get("metadata") or {}), FIELD: managers.written(owned)}
    return {**wire, "metadata": metadata}


def _who(operation: Operation, kind: Kind, how: str) -> Manager:
    """Return who writes: the manager that the request names, else its client, without the node that it runs on."""
    options, subresource = operation.request.options, operation.request.subresource
    client, _, _ = operation.request.client.partition("@")
    return Manager(options.field_manager or client or "unknown", how, kind.api_version, subresource)


def _now(operation: Operation) -> str:
    return format_time(operation.context.time)
