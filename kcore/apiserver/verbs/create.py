"""create: a new object.

Models the order of upstream: the body is decoded (400), the namespace must take new content (403, 404), the object is
defaulted, admitted, prepared and validated (422), gets its name, uid and time, and must not exist (409). A name that is
generated and taken is generated anew.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/rest/create.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject, ObjectKey, OpaqueObject
from kcore.apiserver import admission
from kcore.apiserver.apply.object import created
from kcore.apiserver.decode import decode, typed
from kcore.apiserver.meta import born, generated
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.prepared import prepared
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status, already_exists, bad_request, failure, name_mismatch
from kcore.errors import MisuseError
from kcore.machine import Note

ATTEMPTS = 8
"""How often a generated name is drawn before the conflict is reported."""


def create(operation: Operation) -> Outcome:
    """Create the object in the body."""
    if operation.strategy.closed:
        return operation.refuse(Status(code=405, reason="MethodNotAllowed", message=operation.strategy.closed))
    body = _body(operation)
    return operation.refuse(body) if isinstance(body, Status) else create_object(operation, body)


def create_object(operation: Operation, body: ApiObject) -> Outcome:
    """Create `body`, whose namespace is settled."""
    refusal = admission.check(operation, Verb.CREATE, body)
    if refusal:
        return operation.refuse(refusal)
    if body.metadata.resource_version:
        return operation.refuse(failure("resourceVersion should not be set on objects to be created"))
    name, draws = _name(operation, body)
    made = prepared(operation, body, lambda metadata: _born(operation, metadata, name))
    if isinstance(made, Status):
        return operation.refuse(made)
    if operation.context.config.track_every_write:
        made = evolve(made, object=created(operation, made.object))
    charged = admission.charged(operation, Verb.CREATE, operation.store, made.object, None)
    if isinstance(charged, Status):
        return operation.refuse(charged)
    taken = operation.store.get(key_of(made.object))
    if taken is not None:
        return operation.refuse(_taken(operation, taken, generated=bool(draws)))
    minted = evolve(made.minted, uids=made.minted.uids + 1, suffixes=made.minted.suffixes + draws)
    store = charged.with_minted(minted).put(made.object)
    key = key_of(made.object)
    note = Note("object.created", object=str(key), client=operation.request.client)
    return operation.grant(store, store.get(key), note, code=201)


def _name(operation: Operation, body: ApiObject) -> tuple[str, int]:
    """Return the name that the object gets, and how many suffixes were drawn for it."""
    metadata, store = body.metadata, operation.store
    if metadata.name or not metadata.generate_name:
        return metadata.name, 0
    name = ""
    for draws in range(1, ATTEMPTS + 1):
        name = generated(metadata.generate_name, store.minted.suffixes + draws)
        if store.get(ObjectKey(operation.key.kind, metadata.namespace, name)) is None:
            return name, draws
    return name, ATTEMPTS


def _born(operation: Operation, metadata: ObjectMeta, name: str) -> ObjectMeta:
    number = operation.store.minted.uids + 1
    return born(metadata, name, number, operation.context.time, generation=int(operation.kind.has_generation))


def _taken(operation: Operation, taken: ApiObject, *, generated: bool) -> Status:
    """Return the conflict with the object that has the name already."""
    status = already_exists(operation.kind, taken.metadata.name)
    if taken.metadata.deletion_timestamp is not None:
        return evolve(status, message=f"object is being deleted: {status.message}")
    if generated:
        why = "the server was not able to generate a unique name for the object"
        return evolve(status, message=f"{status.message}, {why}")
    return status


def _body(operation: Operation) -> ApiObject | Status:
    """Return the typed body with its name and namespace settled."""
    body = operation.request.body
    if not isinstance(body, ApiObject):
        strict, unknown = operation.request.options.strict, operation.strategy.unknown
        wire = decode(body, operation.kind, strict=strict, unknown=unknown)
        if isinstance(wire, Status):
            return wire
        body = typed(wire, operation.kind)
    return placed(operation, body)


def placed(operation: Operation, body: ApiObject) -> ApiObject | Status:
    """Return `body` in the namespace of the request and under its name, or why it can't be."""
    metadata, key = body.metadata, operation.key
    if type(body) is not (operation.kind.cls or OpaqueObject):
        raise MisuseError(f"a {type(body).__name__} was sent to where a {operation.kind.kind} belongs")
    if key.name and metadata.name and key.name != metadata.name:
        return name_mismatch("name", metadata.name, key.name)
    namespace = key.namespace if operation.kind.namespaced else ""
    if operation.kind.namespaced and not (namespace or metadata.namespace):
        return bad_request("an empty namespace may not be set during creation")
    if namespace and metadata.namespace and metadata.namespace != namespace:
        return bad_request("the namespace of the provided object does not match the namespace sent on the request")
    wanted = (metadata.name or key.name, namespace or metadata.namespace if operation.kind.namespaced else "")
    if wanted == (metadata.name, metadata.namespace):
        return body
    return evolve(body, metadata=evolve(metadata, name=wanted[0], namespace=wanted[1]))
