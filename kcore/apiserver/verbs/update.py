"""update: an object replaced by another version of itself.

Models optimistic concurrency (a resourceVersion in the body must be the latest; without one the update is taken for the
latest where the kind allows that), the fields that no update changes, the separation of status and the rest, and the
creation by update of the kinds that have it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/rest/update.go
"""

from __future__ import annotations

from kcore.api.convert import to_wire
from kcore.api.evolve import evolve
from kcore.api.json import Wire
from kcore.api.object import ApiObject
from kcore.api.times import format_time
from kcore.apiserver import admission
from kcore.apiserver.allocation import Allocator
from kcore.apiserver.commit import commit, counted, outdated
from kcore.apiserver.decode import decode, typed
from kcore.apiserver.meta import for_update
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.prepared import generic_errors, refused
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Minted
from kcore.apiserver.verbs.create import create_object, placed
from kcore.apiserver.verbs.get import existing


def update(operation: Operation) -> Outcome:
    """Replace the object by the one in the body."""
    body = sent(operation)
    if isinstance(body, Status):
        return operation.refuse(body)
    old = existing(operation)
    if isinstance(old, Status):
        create = operation.strategy.create_on_update and not body.metadata.uid
        return create_object(operation, body) if create else operation.refuse(old)
    return replace(operation, old, body)


def sent(operation: Operation) -> ApiObject | Status:
    """Return the typed body, which must name what the request names."""
    body = operation.request.body
    if not isinstance(body, ApiObject):
        strict, unknown = operation.request.options.strict, operation.strategy.unknown
        wire = decode(body, operation.kind, strict=strict, unknown=unknown)
        if isinstance(wire, Status):
            return wire
        body = typed(wire, operation.kind)
    return placed(operation, body)


def replace(operation: Operation, old: ApiObject, body: ApiObject) -> Outcome:
    """Replace `old` by `body` if it was made from the latest version."""
    refusal = outdated(operation, body, old)
    if refusal:
        return operation.refuse(refusal)
    new = evolve(body, metadata=for_update(body.metadata, old.metadata))
    if new == old:
        return operation.grant(operation.store, old)
    made = _prepare(operation, new, old)
    if isinstance(made, Status):
        return operation.refuse(made)
    obj, minted = made
    store = admission.charged(operation, Verb.UPDATE, operation.store, obj, old)
    if isinstance(store, Status):
        return operation.refuse(store)
    if minted != store.minted:
        store = store.with_minted(minted)
    return commit(operation, store, old, counted(operation, obj, old))


def _prepare(operation: Operation, new: ApiObject, old: ApiObject) -> tuple[ApiObject, Minted] | Status:
    """Return the object that updating `old` to `new` stores, with the counters after it, or why it may not be."""
    kind, strategy = operation.kind, operation.strategy
    facts = admission.facts(operation, Verb.UPDATE, new)
    if not facts and strategy.routine(new, old):
        return new, operation.store.minted
    wire, before = to_wire(new), to_wire(old)
    strategy.default(wire)
    refusal = admission.mutate(wire, facts)
    if refusal:
        return refusal
    if strategy.prepare_update:
        strategy.prepare_update(wire, before)
    elif "status" in kind.subresources:
        _keep_status(wire, before)
    allocator = Allocator(operation.store, operation.context.config)
    refusal = refused(kind, wire, strategy.allocate(wire, before, allocator))
    if refusal:
        return refusal
    strategy.stamp(wire, before, format_time(operation.context.time))
    errors = (*strategy.validate(wire), *strategy.validate_update(wire, before))
    refusal = refused(kind, wire, errors or generic_errors(kind, wire))
    return refusal or (typed(wire, kind), allocator.minted)


def _keep_status(wire: Wire, before: Wire) -> None:
    wire.pop("status", None)
    if "status" in before:
        wire["status"] = before["status"]
