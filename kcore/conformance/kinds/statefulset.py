"""One sync of a StatefulSet.

Input: `statefulSet`, `revisions` (each with `name`, `revision` and `template`), `pods` and `claims`, taken as they
stand; the time is 2000-01-01T00:00:00Z. Says the `writes` in their order, or sorted where the set is Parallel, each
with verb, resource, name and what of the object matters. The name of a revision that is made is shown as NEWREV. Every
write is granted, and answered with what was written.
"""

from __future__ import annotations

import json
from typing import Any

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.convert import structure, to_wire
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.json import Json, Wire
from kcore.api.kinds import by_name, key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.times import parse_time
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.cluster.asking import READS
from kcore.controllers.statefulset import STATEFULSET
from kcore.controllers.statefulset.stateful_set_utils import PARALLEL
from kcore.reconcile.ownership import controller_ref

NOW = parse_time("2000-01-01T00:00:00Z") * 1000

NEW = "NEWREV"
"""What stands for the name of a revision that is made."""


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would write about the StatefulSet of `case`."""
    stateful_set = structure(StatefulSet, case["statefulSet"])
    revisions = [_revision(stateful_set, one) for one in case.get("revisions") or ()]
    pods = [structure(Pod, one) for one in case.get("pods") or ()]
    claims = [structure(PersistentVolumeClaim, one) for one in case.get("claims") or ()]
    requests = _requests(Store.of([stateful_set, *revisions, *pods, *claims]), stateful_set)
    writes = [_write(one) for one in requests]
    if stateful_set.spec.pod_management_policy == PARALLEL:
        writes.sort(key=lambda one: (one["resource"], one["verb"], one["name"]))
    made = [one.key.name for one in requests if one.key.kind == "ControllerRevision" and one.verb is Verb.CREATE]
    text = json.dumps({"writes": writes})
    for name in made:
        text = text.replace(name, NEW)
    shown: dict[str, Any] = json.loads(text)
    return shown


def _revision(stateful_set: StatefulSet, given: Wire) -> ControllerRevision:
    """Return the revision of that name, number and template."""
    metadata = ObjectMeta(
        name=given["name"],
        namespace=stateful_set.metadata.namespace,
        labels=stateful_set.spec.selector.match_labels if stateful_set.spec.selector else stateful_set.metadata.labels,
        owner_references=(controller_ref(stateful_set),),
    )
    data = Json.of({"spec": {"template": {**given["template"], "$patch": "replace"}}})
    return ControllerRevision(metadata=metadata, data=data, revision=given["revision"])


def _requests(store: Store, stateful_set: StatefulSet) -> list[Request]:
    """Return the writes of the sync, its calls granted."""
    requests: list[Request] = []
    answers: tuple[Response, ...] = ()
    while True:
        turn = STATEFULSET.reconcile(None, View(store, NOW, answers), key_of(stateful_set))
        calls = [call.request for call in turn.requests]
        requests += [one for one in calls if one.verb not in READS]
        answers += tuple(_granted(store, one) for one in calls)
        if not turn.more:
            return requests


def _granted(store: Store, request: Request) -> Response:
    body = request.body if isinstance(request.body, ApiObject) else store.get(request.key)
    return Response(code=201 if request.verb is Verb.CREATE else 200, object=body)


def _write(request: Request) -> Wire:
    kind = by_name(request.key.kind)
    shown: Wire = {"verb": request.verb.value, "resource": kind.plural if kind else "", "name": request.key.name}
    if request.subresource:
        shown["subresource"] = request.subresource
    if isinstance(request.body, Json):
        shown["object"] = request.body.value
    elif isinstance(request.body, ApiObject):
        shown["object"] = _object(request, to_wire(request.body))
    return shown


def _object(request: Request, wire: Wire) -> Wire:
    """Return what of the object in a request matters."""
    metadata, spec = wire.get("metadata") or {}, wire.get("spec") or {}
    if request.subresource == "status":
        return {"status": wire.get("status")}
    if request.key.kind == "ControllerRevision":
        return {"revision": wire.get("revision")}
    shown = {"labels": metadata.get("labels"), "ownerReferences": metadata.get("ownerReferences")}
    if request.key.kind == "Pod":
        containers = spec.get("containers") or [{}]
        shown |= {name: spec.get(name) for name in ("hostname", "subdomain", "volumes")}
        shown["image"] = containers[0].get("image")
    return shown
