"""delete and deletecollection: objects removed, or marked to go.

Models the answer: the object as it was last, gone or marked. A delete of a collection stops at the first refusal, with
what went before it gone.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.meta.deleteoptions import DeleteOptions
from kcore.api.object import ApiObject
from kcore.apiserver import admission
from kcore.apiserver.deletion import Deletion, delete_object
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Options, Response, Verb
from kcore.apiserver.selection import selection
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.apiserver.verbs.get import existing
from kcore.apiserver.verbs.listoptions import list_refused
from kcore.machine import Note


def delete(operation: Operation) -> Outcome:
    """Delete the object that the request names."""
    refusal = admission.check(operation, Verb.DELETE)
    if refusal:
        return operation.refuse(refusal)
    found = existing(operation)
    if isinstance(found, Status):
        return operation.refuse(found)
    done = _delete(operation, operation.store, found)
    if isinstance(done, Status):
        return operation.refuse(done)
    return operation.grant(done.store, done.object, *_notes(operation, operation.store, done))


def delete_collection(operation: Operation) -> Outcome:
    """Delete the objects that the request selects, one after the other."""
    selected = list_refused(operation.request.options) or selection(operation)
    if isinstance(selected, Status):
        return operation.refuse(selected)
    store = operation.store
    items: list[ApiObject] = []
    notes: list[Note] = []
    for obj in selected.select(store):
        done = _refused(operation, store, obj) or _delete(operation, store, obj)
        if isinstance(done, Status):
            response = Response(code=done.code, status=done, revision=store.revision)
            return Outcome(store=store, response=response, notes=tuple(notes))
        notes += _notes(operation, store, done)
        store = done.store
        items.append(done.object)
    granted = operation.grant(store, None, *notes)
    return evolve(granted, response=evolve(granted.response, items=tuple(items)))


def _refused(operation: Operation, store: Store, obj: ApiObject) -> Status | None:
    """Return what admission has against the deletion of one object of a collection."""
    request = evolve(operation.request, verb=Verb.DELETE, key=key_of(obj))
    return admission.check(evolve(operation, store=store, request=request), Verb.DELETE)


def _delete(operation: Operation, store: Store, obj: ApiObject) -> Deletion | Status:
    options, now = operation.request.options, operation.context.time
    return delete_object(store, obj, options, now, operation.kind, operation.strategy)


def _notes(operation: Operation, before: Store, done: Deletion) -> tuple[Note, ...]:
    """Tell what became of the object, if anything did."""
    if done.store is before:
        return ()
    name = "object.deleted" if done.gone else "object.deletion_begun"
    return (Note(name, object=str(key_of(done.object)), client=operation.request.client),)


def with_options(options: Options, given: DeleteOptions | None) -> Options:
    """Return `options` with what the DeleteOptions in a body add."""
    if given is None:
        return options
    preconditions = given.preconditions
    return evolve(
        options,
        grace_period_seconds=_first(given.grace_period_seconds, options.grace_period_seconds),
        propagation_policy=given.propagation_policy or options.propagation_policy,
        uid=(preconditions and preconditions.uid) or options.uid,
        resource_version=(preconditions and preconditions.resource_version) or options.resource_version,
        dry_run=options.dry_run or bool(given.dry_run),
    )


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one
