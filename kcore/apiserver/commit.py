"""Committing a change: the last step of everything that writes to an object that exists.

Models optimistic concurrency, the write that changes nothing and so makes no revision, the generation that counts
changes of the desired state, and the deletion that an update completes by taking away the last finalizer.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of, kind_of
from kcore.api.object import ApiObject
from kcore.apiserver import deletion
from kcore.apiserver.apply.object import tracked
from kcore.apiserver.field import invalid, invalid_status
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.status import Status, conflict
from kcore.apiserver.store import Store
from kcore.machine import Note

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def outdated(operation: Operation, body: ApiObject, old: ApiObject) -> Status | None:
    """Return the conflict when `body` was made from another version of the object than `old`, or of another object.

    A body that says nothing of its version is taken for one of the latest, where the kind allows that.
    """
    new, now = body.metadata, old.metadata
    if new.uid and new.uid != now.uid:
        why = f"Precondition failed: UID in precondition: {new.uid}, UID in object meta: {now.uid}"
        return conflict(operation.kind, now.name, why)
    if new.resource_version and new.resource_version != now.resource_version:
        return conflict(operation.kind, now.name, MODIFIED)
    if new.resource_version or operation.strategy.unconditional_update:
        return None
    error = invalid("metadata.resourceVersion", 0, "must be specified for an update")
    return invalid_status(operation.kind, now.name, (error,))


def commit(operation: Operation, store: Store, old: ApiObject, new: ApiObject) -> Outcome:
    """Write `new` over `old`: nothing when they are equal, a removal when that was all that kept the object."""
    if new == old:
        return operation.grant(store, old)
    new, key = tracked(operation, old, new), key_of(old)
    if deletion.completes(old, new):
        note = Note("object.deleted", object=str(key), client=operation.request.client)
        return operation.grant(store.remove(key), new, note)
    request = operation.request
    after = store.put(new, request.client if request.subresource == "status" else "")
    name = f"object.{operation.request.subresource or 'spec'}_written"
    return operation.grant(after, after.get(key), Note(name, object=str(key), client=operation.request.client))


def counted(operation: Operation, new: ApiObject, old: ApiObject) -> ApiObject:
    """Return `new` with the next generation if what is desired has changed."""
    if not operation.kind.has_generation or not _desire_differs(operation, new, old):
        return new
    return evolve(new, metadata=evolve(new.metadata, generation=old.metadata.generation + 1))


def _desire_differs(operation: Operation, new: ApiObject, old: ApiObject) -> bool:
    if kind_of(operation.kind.api_version, operation.kind.kind) is None:
        apart = "status" in operation.kind.subresources
        return _content(new, apart=apart) != _content(old, apart=apart)
    return any(part(new, field) != part(old, field) for field in operation.strategy.spec_fields)


def _content(obj: ApiObject, *, apart: bool) -> dict[str, Any]:
    """Return all that a custom resource says, without its status where that is written `apart`."""
    return {name: value for name, value in obj.extra.value.items() if name != "status" or not apart}


def part(obj: ApiObject, path: str) -> Any:
    """Return what stands at `path` ("spec", "metadata.annotations", "value"), None when nothing does."""
    found: Any = obj
    for step in path.split("."):
        if isinstance(found, dict):
            found = found.get(step)
        else:
            found = getattr(found, step) if hasattr(found, step) else found.extra.value.get(step)
    return found
