"""The status subresource: the observed state of an object, written apart from the desired one.

Models what a status write changes: the status, and of the metadata what is not the system's or kept by the kind. The
generation stays. A typed body is taken as it stands, so that the write costs what changed.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/pod/strategy.go
"""

from __future__ import annotations

import functools
from typing import Any

import attrs

from kcore.api.convert import to_wire, unstructure
from kcore.api.evolve import evolve
from kcore.api.json import Json, Wire
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject, OpaqueObject
from kcore.api.struct import Struct
from kcore.apiserver.commit import commit, outdated
from kcore.apiserver.meta import for_update
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.prepared import refused
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.status import Status
from kcore.apiserver.verbs.get import existing
from kcore.apiserver.verbs.patch import patched
from kcore.apiserver.verbs.update import sent

UNCHECKED = attrs.fields(Strategy).validate_status.default
"""The validation of a kind that has nothing to say about its status."""


def update_status(operation: Operation) -> Outcome:
    """Replace the status by that of the body."""
    old = existing(operation)
    if isinstance(old, Status):
        return operation.refuse(old)
    body = sent(operation)
    return operation.refuse(body) if isinstance(body, Status) else _replace(operation, old, body)


def patch_status(operation: Operation) -> Outcome:
    """Change the status as the patch in the body says."""
    old = existing(operation)
    if isinstance(old, Status):
        return operation.refuse(old)
    body = patched(operation, old, operation.kind)
    return operation.refuse(body) if isinstance(body, Status) else _replace(operation, old, body)


def _replace(operation: Operation, old: ApiObject, body: ApiObject) -> Outcome:
    refusal = outdated(operation, body, old)
    if refusal:
        return operation.refuse(refusal)
    strategy = operation.strategy
    metadata = _metadata(body.metadata, old.metadata, strategy.status_keeps)
    new = with_status(old, body, metadata)
    if strategy.prepare_status:
        new = strategy.prepare_status(new, old)
    refusal = _invalid(operation, new, old)
    return operation.refuse(refusal) if refusal else commit(operation, operation.store, old, new)


def _metadata(new: ObjectMeta, old: ObjectMeta, kept: tuple[str, ...]) -> ObjectMeta:
    """Return the metadata that a status write leaves."""
    if new is old:
        return old
    changed = evolve(for_update(new, old), **{name: getattr(old, name) for name in kept})
    return old if changed == old else changed


def with_status(old: ApiObject, body: ApiObject, metadata: ObjectMeta) -> ApiObject:
    """Return `old` with `metadata` and the status of `body`."""
    if not isinstance(old, OpaqueObject):
        status: Any = getattr(body, "status", None)
        return evolve(old, metadata=metadata, status=status)  # type: ignore[call-arg]  # the kind has a status
    rest = {name: value for name, value in old.extra.value.items() if name != "status"}
    found = body.extra.value.get("status")
    return evolve(old, metadata=metadata, extra=Json.of({**rest, **({"status": found} if found else {})}))


def _invalid(operation: Operation, new: ApiObject, old: ApiObject) -> Status | None:
    """Return what the kind has against the new status."""
    check, validate = operation.strategy.check_status, operation.strategy.validate_status
    if new is old:
        return None
    if check is not None:
        errors = check(new, old)
        return refused(operation.kind, {"metadata": {"name": new.metadata.name}}, errors) if errors else None
    if validate is UNCHECKED:
        return None
    if isinstance(new, OpaqueObject):
        wire, before = to_wire(new), to_wire(old)
    else:
        wire, before = _shown(new), _shown(old)
        if new.metadata is old.metadata and new.metadata.deletion_timestamp is None:
            wire["metadata"] = before["metadata"] = {"name": new.metadata.name, "resourceVersion": "unchanged"}
    return refused(operation.kind, wire, validate(wire, before))


def _shown(obj: ApiObject) -> Wire:
    """Return the JSON object of `obj` for reading only: its parts are shared with others who asked."""
    parts = (obj.metadata, getattr(obj, "spec", None), getattr(obj, "status", None))
    shown = zip(("metadata", "spec", "status"), parts, strict=True)
    return {name: _unstructured(one) for name, one in shown if one is not None}


@functools.lru_cache(maxsize=8192)
def _unstructured(struct: Struct) -> Wire:
    return unstructure(struct)
