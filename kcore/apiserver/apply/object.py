"""Objects that are applied, and what any other write does to who manages their fields.

Models the options that an apply needs, the version that it may name, and that a client makes an object forget all
managers by sending an empty entry. Ownership is only kept for objects that were applied at least once.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/managedfields/fieldmanager.go
"""

from __future__ import annotations

from kcore.api.convert import to_wire
from kcore.api.evolve import evolve
from kcore.api.fields import type_of
from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject
from kcore.api.times import format_time
from kcore.apiserver.apply import managers
from kcore.apiserver.apply.managers import Manager, Owned
from kcore.apiserver.apply.shape import shape_of
from kcore.apiserver.decode import checked
from kcore.apiserver.field import invalid_status, required
from kcore.apiserver.outcome import Operation
from kcore.apiserver.request import PatchType
from kcore.apiserver.status import Status, bad_request

FIELD = "managedFields"


def applied(operation: Operation, old: Wire, kind: Kind) -> Wire | Status:
    """Return what applying the body makes of `old`, with who manages it; or why it can't be applied."""
    body, options = operation.request.body, operation.request.options
    if not isinstance(body, Json):
        return bad_request("the body of a patch is JSON")
    if not options.field_manager:
        name = operation.key.name
        return invalid_status(kind, name, (required("fieldManager", "is required for apply patch"),))
    config = checked(body.value, kind, strict=options.strict)
    if isinstance(config, Status):
        return config
    metadata = config.setdefault("metadata", {})
    if metadata.get(FIELD):
        return bad_request("metadata.managedFields must be nil")
    metadata.pop(FIELD, None)
    who = _who(operation, kind, managers.APPLY)
    shape = shape_of(type_of(kind.api_version, kind.kind))
    done = managers.applied(old, config, shape, who, _now(operation), force=options.force)
    if isinstance(done, Status):
        return done
    laid, owned = done
    return _with(laid, owned)


def tracked(operation: Operation, old: ApiObject, new: ApiObject) -> ApiObject:
    """Return `new`, as any other write than an apply left it, with what the writer took over from `old`."""
    if not old.metadata.extra or operation.request.options.patch_type is PatchType.APPLY:
        return new
    entries = old.metadata.extra.value.get(FIELD)
    if not entries:
        return new
    rest = new.metadata.extra.value
    if rest.get(FIELD) == [{}]:
        del rest[FIELD]
        return _set(new, rest)
    kind = operation.kind
    before, after = to_wire(old), to_wire(new)
    shape = shape_of(type_of(kind.api_version, kind.kind))
    owned = managers.taken_over(before, after, shape, _who(operation, kind, managers.UPDATE), _now(operation))
    return _set(new, {**rest, FIELD: managers.written(owned)})


def _set(obj: ApiObject, extra: Wire) -> ApiObject:
    return evolve(obj, metadata=evolve(obj.metadata, extra=Json.of(extra)))


def _with(wire: Wire, owned: dict[Manager, Owned]) -> Wire:
    metadata = {**(wire.get("metadata") or {}), FIELD: managers.written(owned)}
    return {**wire, "metadata": metadata}


def _who(operation: Operation, kind: Kind, how: str) -> Manager:
    """Return who writes: the manager that the request names, else its client."""
    options, subresource = operation.request.options, operation.request.subresource
    return Manager(options.field_manager or operation.request.client or "unknown", how, kind.api_version, subresource)


def _now(operation: Operation) -> str:
    return format_time(operation.context.time)
