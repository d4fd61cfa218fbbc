"""One sync of a DaemonSet.

Input: `daemonSet`, `nodes`, `pods` and `revisions` (`name`, `hash`, `revision` and the `template`), taken as they
stand; the time is 2000-01-01T00:00:00Z. Says the pods `created` as "node hash=…", `deleted` and `patched` (once for
each time), the `revisionWrites` as "verb name revision=…", and the `status` if it was written. The hash of a new
template is shown as HASH. Every write is granted.
"""

from __future__ import annotations

import json
from typing import Any

import attrs

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.daemonset import DaemonSet
from kcore.api.convert import structure, unstructure
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.json import Wire
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.times import parse_time
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.controllers.daemonset import DAEMONSET
from kcore.controllers.daemonset.template import target_node
from kcore.reconcile.history import REVISION_LABEL, patch_of
from kcore.reconcile.ownership import controller_ref
from kcore.reconcile.templatehash import compute_hash

NOW = parse_time("2000-01-01T00:00:00Z") * 1000


@attrs.define
class Recorder:
    """An API server that grants everything and keeps what it was asked."""

    store: Store
    requests: list[Request] = attrs.Factory(list)

    def answer(self, request: Request) -> Response:
        """Return the answer to `request`."""
        self.requests.append(request)
        body = request.body if isinstance(request.body, ApiObject) else self.store.get(request.key)
        return Response(code=200, object=body)

    def asked(self, verb: Verb, kind: str) -> list[Request]:
        """Return the requests with `verb` for objects of `kind`."""
        return [one for one in self.requests if one.verb is verb and one.key.kind == kind]


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what one sync of the real controller would do about `case`."""
    daemon_set = structure(DaemonSet, case["daemonSet"])
    revisions = [_revision(daemon_set, one) for one in case.get("revisions") or ()]
    nodes = [structure(Node, one) for one in case.get("nodes") or ()]
    pods = [structure(Pod, one) for one in case.get("pods") or ()]
    recorder = Recorder(Store.of([daemon_set, *revisions, *nodes, *pods]))
    _run(recorder, daemon_set)
    value = compute_hash(daemon_set.spec.template, daemon_set.status.collision_count)
    hashed: dict[str, Any] = json.loads(json.dumps(_shown(recorder)).replace(value, "HASH"))
    return hashed


def _revision(daemon_set: DaemonSet, given: Wire) -> ControllerRevision:
    """Return the revision that the input describes in short."""
    template = structure(PodTemplateSpec, given["template"])
    metadata = {
        "name": given["name"],
        "namespace": daemon_set.metadata.namespace,
        "labels": {**template.metadata.labels, REVISION_LABEL: given["hash"]},
        "ownerReferences": [unstructure(controller_ref(daemon_set))],
    }
    return ControllerRevision(
        metadata=structure(ObjectMeta, metadata), data=patch_of(template), revision=given["revision"]
    )


def _run(recorder: Recorder, daemon_set: DaemonSet) -> None:
    answers: tuple[Response, ...] = ()
    turn = Turn(more=True)
    while turn.more:
        turn = DAEMONSET.reconcile(None, View(recorder.store, NOW, answers), key_of(daemon_set))
        answers += tuple(recorder.answer(call.request) for call in turn.requests)


def _shown(recorder: Recorder) -> dict[str, Any]:
    created = [one.body for one in recorder.asked(Verb.CREATE, "Pod")]
    shown: dict[str, Any] = {
        "created": sorted(_created(one) for one in created if isinstance(one, Pod)),
        "deleted": sorted(one.key.name for one in recorder.asked(Verb.DELETE, "Pod")),
        "patched": sorted(one.key.name for one in recorder.asked(Verb.PATCH, "Pod")),
        "revisionWrites": [_written(one) for one in recorder.requests if one.key.kind == "ControllerRevision"],
    }
    for request in recorder.asked(Verb.UPDATE, "DaemonSet"):
        if isinstance(request.body, DaemonSet):
            shown["status"] = unstructure(request.body.status)
    return shown


def _created(pod: Pod) -> str:
    return f"{target_node(pod)} hash={pod.metadata.labels.get(REVISION_LABEL)}"


def _written(request: Request) -> str:
    number = f" revision={request.body.revision}" if isinstance(request.body, ControllerRevision) else ""
    return f"{request.verb.value} {request.key.name}{number}"
