"""handle: one request at one API server: the store before it, the store after it, and the answer.

A pure function. What an API server can do is the table at the end: a row for each verb and subresource. A resource that
is not served is a 404, a verb that a resource does not have is a 405. A refused request returns the same store.
A custom resource may come in any version that is served.

Not modelled: authentication and authorization, priority and fairness.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/installer.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.kinds import KINDS, Kind, key_kind
from kcore.api.object import OpaqueObject
from kcore.apiserver.custom.served import served
from kcore.apiserver.eventsv1 import KEY_KIND, through_v1
from kcore.apiserver.outcome import Context, Operation, Outcome
from kcore.apiserver.registry import strategy_of
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.status import method_not_allowed, no_such_resource
from kcore.apiserver.store import Store
from kcore.apiserver.verbs.binding import bind
from kcore.apiserver.verbs.create import create
from kcore.apiserver.verbs.delete import delete, delete_collection
from kcore.apiserver.verbs.eviction import evict
from kcore.apiserver.verbs.finalize import finalize
from kcore.apiserver.verbs.get import get
from kcore.apiserver.verbs.list import list_objects
from kcore.apiserver.verbs.patch import patch
from kcore.apiserver.verbs.scale import get_scale, patch_scale, update_scale
from kcore.apiserver.verbs.status import patch_status, update_status
from kcore.apiserver.verbs.update import update
from kcore.apiserver.verbs.watch import watch

__all__ = ["Context", "Outcome", "handle"]


def handle(store: Store, request: Request, context: Context) -> Outcome:
    """Return what `request` comes to at a server that has `store`."""
    kind = _KINDS.get(request.key.kind)
    strategy = strategy_of(request.key.kind)
    if kind is None:
        kind, strategy = served(store, request.key.kind, _version(request)) or (None, strategy)
        request = request if kind is None else _converted(request, kind)
    if kind is None or (request.subresource and request.subresource not in kind.subresources):
        asked = f"{request.key.kind}/{request.subresource}".rstrip("/")
        status = no_such_resource(asked)
        return Outcome(store=store, response=Response(code=status.code, status=status, revision=store.revision))
    if request.key.namespace and not kind.namespaced:
        request = evolve(request, key=request.key._replace(namespace=""))
    operation = Operation(store=store, request=request, context=context, kind=kind, strategy=strategy)
    act = VERBS.get((request.verb, request.subresource))
    if act is None or (request.verb, request.key.kind) in ABSENT:
        return operation.refuse(method_not_allowed(kind, request.verb.value))
    return act(operation) if request.key.kind != KEY_KIND else through_v1(act, operation)


def _version(request: Request) -> str:
    """Return the apiVersion that the body of a request names, "" when it names none."""
    body = request.body
    if isinstance(body, OpaqueObject):
        return body.api_version
    wire = body.value if isinstance(body, Json) else None
    return str(wire.get("apiVersion") or "") if isinstance(wire, dict) else ""


def _converted(request: Request, kind: Kind) -> Request:
    """Return `request` with its body in the version in which `kind` is stored."""
    body, version = request.body, _version(request)
    if version == kind.api_version or not version.startswith(f"{kind.group}/"):
        return request
    if isinstance(body, OpaqueObject):
        return evolve(request, body=evolve(body, api_version=kind.api_version))
    wire = body.value if isinstance(body, Json) else {}
    return evolve(request, body=Json.of({**wire, "apiVersion": kind.api_version}))


_KINDS: Mapping[str, Kind] = {key_kind(kind): kind for kind in reversed(KINDS)}

ABSENT = frozenset({(Verb.DELETE_COLLECTION, "Namespace")})
"""The verbs that a kind does not have although others do."""

VERBS: Mapping[tuple[Verb, str], Callable[[Operation], Outcome]] = {
    (Verb.CREATE, ""): create,
    (Verb.GET, ""): get,
    (Verb.LIST, ""): list_objects,
    (Verb.WATCH, ""): watch,
    (Verb.UPDATE, ""): update,
    (Verb.PATCH, ""): patch,
    (Verb.DELETE, ""): delete,
    (Verb.DELETE_COLLECTION, ""): delete_collection,
    (Verb.GET, "status"): get,
    (Verb.UPDATE, "status"): update_status,
    (Verb.PATCH, "status"): patch_status,
    (Verb.GET, "scale"): get_scale,
    (Verb.UPDATE, "scale"): update_scale,
    (Verb.PATCH, "scale"): patch_scale,
    (Verb.CREATE, "binding"): bind,
    (Verb.CREATE, "eviction"): evict,
    (Verb.UPDATE, "finalize"): finalize,
}
"""What a resource can do, by verb and subresource ("": the object itself)."""
