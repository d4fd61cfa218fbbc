"""Apply: create objects, in order.

Models `kubectl create -f`: an object that exists is answered with 409. What `kubectl apply --server-side` does is in
`server_side_apply`.
"""

from __future__ import annotations

import attrs

from kcore.api.json import Json, Wire
from kcore.api.kinds import key_kind, key_of, kind_of
from kcore.api.object import ObjectKey, OpaqueObject
from kcore.apiserver.request import Options, Request, Verb
from kcore.cluster.state import ClusterState

RULE = "users.apply_objects"


@attrs.frozen(kw_only=True)
class Apply:
    """Create `objects` in order; those that name no namespace go to `namespace`."""

    objects: tuple[Json, ...]
    namespace: str = "default"


def requests(_: ClusterState, event: Apply) -> tuple[Request, ...]:
    """Return one create an object."""
    return tuple(_create(body, event.namespace) for body in event.objects)


def _create(body: Json, namespace: str) -> Request:
    key = place_of(body.value, namespace)._replace(name="")
    return Request(verb=Verb.CREATE, key=key, body=body, options=Options(strict=True))


def place_of(wire: Wire, namespace: str) -> ObjectKey:
    """Return the key of an object in JSON, which goes to `namespace` if it names none and its kind has any."""
    kind = kind_of(str(wire.get("apiVersion", "")), str(wire.get("kind", "")))
    metadata = wire.get("metadata")
    given = metadata.get("namespace") if isinstance(metadata, dict) else None
    into = "" if kind is not None and not kind.namespaced else str(given or namespace)
    name = key_kind(kind) if kind is not None else _custom(str(wire.get("apiVersion", "")), str(wire.get("kind", "")))
    called = metadata.get("name") if isinstance(metadata, dict) else None
    return ObjectKey(name, into, str(called or ""))


def _custom(api_version: str, kind: str) -> str:
    """Return a kind that is not built in as keys have it: "Kind.group"."""
    return key_of(OpaqueObject(api_version=api_version, kind=kind)).kind if "/" in api_version else kind
