"""One sync of a ReplicaSet.

Input: `replicaSet`, `pods`, `relatedReplicaSets`, and perhaps `burstReplicas`, `createLimit` (creations beyond it fail)
and `expectationsPending` (the controller still waits for an earlier creation). Says how often a creation was tried and
granted (`createCalls`, `created`), which pods were `deleted` and `patched`, the `status` if it was written, whether the
sync ended in an `error`, and in which order all its active pods would go (`ranking`).
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import structure, unstructure
from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.times import parse_time
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.controllers.replicaset.replica_set import BURST_REPLICAS, related_pods, sync
from kcore.reconcile.expectations import Expectations, awaiting
from kcore.reconcile.opening import Memory
from kcore.reconcile.ownership import is_controlled_by
from kcore.reconcile.podutil import is_pod_active
from kcore.reconcile.program import Program
from kcore.reconcile.ranking import ranked

NOW = parse_time("2000-01-01T00:00:00Z") * 1000

_LIMIT = Status(code=500, reason="InternalError", message="create limit reached")


@attrs.define
class Recorder:
    """An API server that grants everything up to `limit` creations and keeps what it was asked."""

    store: Store
    limit: int | None
    requests: list[Request] = attrs.Factory(list)

    def answer(self, request: Request) -> Response:
        """Return the answer to `request`."""
        self.requests.append(request)
        if request.verb is not Verb.CREATE:
            return Response(code=200, object=self.store.get(request.key))
        if self.limit is not None and len(self.asked(Verb.CREATE)) > self.limit:
            return Response(code=_LIMIT.code, status=_LIMIT)
        return Response(code=201)

    def asked(self, verb: Verb) -> list[Request]:
        """Return the requests with `verb` so far."""
        return [one for one in self.requests if one.verb is verb]


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what one sync of the real controller would do about `case`."""
    replica_set = structure(ReplicaSet, case["replicaSet"])
    pods = [structure(Pod, pod) for pod in case.get("pods") or ()]
    related = [structure(ReplicaSet, one) for one in case.get("relatedReplicaSets") or ()]
    store = Store.of([replica_set, *related, *pods])
    view = View(store, NOW)
    expectations = Expectations(vain=int(bool(case.get("expectationsPending"))), since=awaiting(NOW))
    memory = Memory(uid=replica_set.metadata.uid, expectations=expectations)
    recorder = Recorder(store, case.get("createLimit"))
    turn = _run(sync(memory, view, replica_set, case.get("burstReplicas") or BURST_REPLICAS), recorder)
    own = [pod for pod in pods if is_pod_active(pod) and is_controlled_by(pod, replica_set)]
    ranking = [pod.metadata.name for pod in ranked(own, related_pods(view, replica_set), NOW)]
    return {**_shown(recorder), "error": turn.memory is not None and turn.memory.failures > 0, "ranking": ranking}


def _run(program: Program[Turn], recorder: Recorder) -> Turn:
    """Return the turn that `program` ends with when `recorder` answers its calls."""
    try:
        calls = next(program)
        while True:
            calls = program.send(tuple(recorder.answer(call.request) for call in calls))
    except StopIteration as end:
        turn: Turn = end.value
        return turn


def _shown(recorder: Recorder) -> dict[str, Any]:
    calls = len(recorder.asked(Verb.CREATE))
    shown: dict[str, Any] = {
        "createCalls": calls,
        "created": calls if recorder.limit is None else min(calls, recorder.limit),
        "deleted": sorted(one.key.name for one in recorder.asked(Verb.DELETE)),
        "patched": {one.key.name: _patched(one) for one in recorder.asked(Verb.PATCH)},
    }
    written = [one.body for one in recorder.asked(Verb.UPDATE)]
    if written and isinstance(written[-1], ReplicaSet):
        shown["status"] = unstructure(written[-1].status)
    return shown


def _patched(request: Request) -> str:
    """Return what a patch of the owners is for."""
    return "release" if isinstance(request.body, Json) and "$patch" in request.body.text else "adopt"
