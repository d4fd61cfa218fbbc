"""One sync of a Deployment.

Input: `deployment`, `replicaSets` and `pods`, taken as they stand; the time is 2000-01-01T00:00:00Z. Says the `writes`
in their order, each with verb, resource, name and what of the object matters, and the `events` as "Type Reason
Message". The hash of the Deployment's template is shown as HASH. Every write is granted, and answered with what was
written.
"""

from __future__ import annotations

import json
from typing import Any

from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import structure, to_wire
from kcore.api.core.pod import Pod
from kcore.api.json import Wire
from kcore.api.kinds import by_name, key_of
from kcore.api.object import ApiObject
from kcore.api.times import parse_time
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.cluster.asking import READS
from kcore.controllers.deployment import DEPLOYMENT
from kcore.machine import Note
from kcore.reconcile.templatehash import compute_hash

NOW = parse_time("2000-01-01T00:00:00Z") * 1000

_SPEC = ("replicas", "minReadySeconds")
_NEW_SPEC = (*_SPEC, "selector", "template")
_METADATA = ("annotations",)
_NEW_METADATA = (*_METADATA, "labels", "ownerReferences")


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would write about the Deployment of `case`, and the events of it."""
    deployment = structure(Deployment, case["deployment"])
    replica_sets = [structure(ReplicaSet, one) for one in case.get("replicaSets") or ()]
    pods = [structure(Pod, one) for one in case.get("pods") or ()]
    turns = _turns(Store.of([deployment, *replica_sets, *pods]), deployment)
    requests = [call.request for turn in turns for call in turn.requests]
    shown = {
        "writes": [_write(one) for one in requests if one.verb not in READS],
        "events": [_event(note) for turn in turns for note in turn.notes],
    }
    value = compute_hash(deployment.spec.template, deployment.status.collision_count)
    hashed: dict[str, Any] = json.loads(json.dumps(shown).replace(value, "HASH"))
    return hashed


def _turns(store: Store, deployment: Deployment) -> list[Turn]:
    """Return the turns of the sync, its calls granted."""
    turns: list[Turn] = []
    answers: tuple[Response, ...] = ()
    while not turns or turns[-1].more:
        turns.append(DEPLOYMENT.reconcile(None, View(store, NOW, answers), key_of(deployment)))
        answers += tuple(_granted(store, call.request) for call in turns[-1].requests)
    return turns


def _granted(store: Store, request: Request) -> Response:
    body = request.body if isinstance(request.body, ApiObject) else store.get(request.key)
    return Response(code=201 if request.verb is Verb.CREATE else 200, object=body)


def _write(request: Request) -> Wire:
    kind = by_name(request.key.kind)
    shown: Wire = {"verb": request.verb.value, "resource": kind.plural if kind else "", "name": request.key.name}
    if request.subresource:
        shown["subresource"] = request.subresource
    if isinstance(request.body, ApiObject):
        shown["object"] = _object(request, to_wire(request.body))
    return shown


def _object(request: Request, wire: Wire) -> Wire:
    """Return what of the object in a request matters."""
    metadata, spec = wire.get("metadata") or {}, wire.get("spec") or {}
    if request.subresource == "status":
        return {**_part(metadata, _METADATA), "status": wire.get("status")}
    if request.key.kind == "Deployment":
        return {**_part(metadata, _METADATA), "spec": spec}
    if request.verb is Verb.CREATE:
        return {**_part(metadata, _NEW_METADATA), **_part(spec, _NEW_SPEC)}
    return {**_part(metadata, _METADATA), **_part(spec, _SPEC)}


def _part(wire: Wire, names: tuple[str, ...]) -> Wire:
    return {name: wire[name] for name in names if name in wire}


def _event(note: Note) -> str:
    fields = dict(note.fields)
    return f"{fields['type']} {note.name.partition('.')[2]} {fields['message']}"
