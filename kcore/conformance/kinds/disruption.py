"""The status of a budget after one sync.

Input: `pdb`, `pods`, `deployments`, `replicaSets`, `statefulSets` and `replicationControllers`, taken as they stand;
the time is 2000-01-01T00:00:00Z. Says the `status`, whether it was written (`statusWritten`), and the `events`.
"""

from __future__ import annotations

from typing import Any

from kcore.api.convert import from_wire, unstructure
from kcore.api.kinds import key_of, kind_of
from kcore.api.object import ObjectKey
from kcore.api.policy.poddisruptionbudget import PodDisruptionBudget, PodDisruptionBudgetStatus
from kcore.api.times import parse_time
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Response
from kcore.apiserver.store import Store
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.controllers.disruption.disruption import reconcile
from kcore.machine import Note

NOW = parse_time("2000-01-01T00:00:00Z") * 1000

KINDS = {
    "pods": ("v1", "Pod"),
    "deployments": ("apps/v1", "Deployment"),
    "replicaSets": ("apps/v1", "ReplicaSet"),
    "statefulSets": ("apps/v1", "StatefulSet"),
    "replicationControllers": ("v1", "ReplicationController"),
}


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would make of the budget of `case`."""
    pdb = from_wire(case["pdb"], kind=kind_of("policy/v1", "PodDisruptionBudget"))
    others = (from_wire(one, kind=kind_of(*KINDS[name])) for name in KINDS for one in case.get(name) or ())
    store = Store.of([pdb, *others])
    written, turn = _run(store, key_of(pdb))
    status = written or (pdb.status if isinstance(pdb, PodDisruptionBudget) else PodDisruptionBudgetStatus())
    events = [_shown(note) for note in turn.notes]
    return {"status": unstructure(status), "statusWritten": written is not None, "events": events}


def _run(store: Store, key: ObjectKey) -> tuple[PodDisruptionBudgetStatus | None, Turn]:
    """Return the status that is written, if one is, and the end of the turn; writes are granted, reads answered."""
    written: PodDisruptionBudgetStatus | None = None
    answers: tuple[Response, ...] = ()
    while True:
        turn = reconcile(None, View(store, NOW, answers), key)
        for request in (call.request for call in turn.requests):
            if isinstance(request.body, PodDisruptionBudget):
                written = request.body.status
                answers = (*answers, Response(code=200, object=request.body))
            else:
                answers = (*answers, handle(store, request, Context(now=NOW)).response)
        if not turn.more:
            return written, turn


def _shown(note: Note) -> str:
    """Return an event as it was recorded: type, reason, message."""
    said = dict(note.fields)
    return f"{said['type']} {note.name.rpartition('.')[2]} {said['message']}"
