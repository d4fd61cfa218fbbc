"""patch: an object changed in part.

Models JSON patch, JSON merge patch, strategic merge patch and server-side apply; the result is decoded and then goes
the way of an update. A patch that names no resourceVersion applies to whatever is there. Custom resources have no
strategic merge patch. What is applied and not there is created.

Not modelled: server-side apply of a size.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
"""

from __future__ import annotations

from kcore.api.convert import to_wire
from kcore.api.fields import type_of
from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject
from kcore.apiserver.apply.object import applied
from kcore.apiserver.decode import checked, typed
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.patch.merge import merge_patch
from kcore.apiserver.patch.operations import json_patch
from kcore.apiserver.patch.strategic import PatchError, strategic_patch
from kcore.apiserver.registry import strategy_of
from kcore.apiserver.request import PatchType
from kcore.apiserver.status import Status, bad_request, forbidden, unsupported_media_type
from kcore.apiserver.verbs.create import create_object, placed
from kcore.apiserver.verbs.get import existing
from kcore.apiserver.verbs.update import replace


def patch(operation: Operation) -> Outcome:
    """Change the object as the patch in the body says."""
    old = existing(operation)
    if isinstance(old, Status):
        apply = operation.request.options.patch_type is PatchType.APPLY
        return _create(operation) if apply and not operation.request.subresource else operation.refuse(old)
    body = patched(operation, old, operation.kind)
    return operation.refuse(body) if isinstance(body, Status) else replace(operation, old, body)


def _create(operation: Operation) -> Outcome:
    """Create what is applied and not there."""
    if operation.strategy.closed:
        return operation.refuse(forbidden(operation.kind, operation.key.name, operation.strategy.closed))
    wire = applied(operation, {}, operation.kind)
    if isinstance(wire, Status):
        return operation.refuse(wire)
    body = placed(operation, typed(wire, operation.kind))
    return operation.refuse(body) if isinstance(body, Status) else create_object(operation, body)


def patched(operation: Operation, old: ApiObject, kind: Kind) -> ApiObject | Status:
    """Return what the patch makes of `old`, an object of `kind`, decoded; or why it can't."""
    try:
        wire = _changed(operation, to_wire(old), kind)
    except PatchError as error:
        return Status(code=error.code, reason=_REASONS.get(error.code, ""), message=str(error))
    if isinstance(wire, Status):
        return wire
    own = operation.strategy if kind is operation.kind else strategy_of(kind.kind)
    decoded = checked(wire, kind, strict=operation.request.options.strict, unknown=own.unknown)
    if isinstance(decoded, Status):
        return decoded
    result = typed(decoded, kind)
    return placed(operation, result) if kind is operation.kind else result


def _changed(operation: Operation, before: Wire, kind: Kind) -> Wire | Status:
    """Return what the body, read as the options say, makes of `before`."""
    body, patch_type = operation.request.body, operation.request.options.patch_type
    if patch_type is PatchType.APPLY and kind is operation.kind:
        return applied(operation, before, kind)
    if not isinstance(body, Json):
        return bad_request("the body of a patch is JSON")
    change = body.value
    if patch_type is PatchType.MERGE:
        merged: Wire = merge_patch(before, change)
        return merged
    if patch_type is PatchType.JSON:
        done: Wire = json_patch(before, change or [])
        return done
    of = type_of(kind.api_version, kind.kind)
    if of is None or patch_type is PatchType.APPLY:
        accepted = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
        what = "the body of the request was in an unknown format"
        return unsupported_media_type(f"{what} - accepted media types include: {accepted}")
    return strategic_patch(before, change, of)


_REASONS = {400: "BadRequest", 413: "RequestEntityTooLarge", 422: "Invalid"}
