"""Asking: a write on its way through the API server, as policies and webhooks see it."""

from __future__ import annotations

from kcore.api.convert import to_wire
from kcore.api.json import Wire
from kcore.api.kinds import Kind
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.outcome import Operation
from kcore.apiserver.policy.matching import Asked
from kcore.apiserver.store import Store


def any_of(store: Store, kind: str) -> bool:
    """Tell whether there is any object of `kind`, which most clusters have none of."""
    return ("namespaces", kind) in store.indexes.entries


def asked_of(operation: Operation, store: Store, how: str, new: ApiObject | None, old: ApiObject | None) -> Asked:
    """Return the write of `new` over `old`, of which one may be None; `how` is CREATE, UPDATE or DELETE."""
    body = next(one for one in (new, old) if one is not None)
    return Asked(
        operation=how,
        kind=operation.kind,
        name=body.metadata.name,
        new=None if new is None else to_wire(new),
        old=None if old is None else to_wire(old),
        namespace=namespace_of(store, operation.kind, body),
        dry_run=operation.request.options.dry_run,
    )


def namespace_of(store: Store, kind: Kind, body: ApiObject) -> Wire | None:
    """Return the namespace of an object in JSON, None where it has none or that is not there."""
    found = store.get(ObjectKey("Namespace", "", body.metadata.namespace)) if kind.namespaced else None
    return None if found is None else to_wire(found)
