"""One sync of a CronJob.

Input: `cronJob`, `jobs` and `now`, taken as they stand. Says the `writes` in their order, `requeueAfterSeconds` and the
`events` in none. A write is granted; a Job that is not there is not found.
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.convert import structure, unstructure
from kcore.api.json import Wire
from kcore.api.kinds import key_of
from kcore.api.times import parse_time
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Store
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.cluster.asking import READS
from kcore.controllers.cronjob import CRONJOB
from kcore.machine import Note

_MISSING = Response(code=404, status=Status(code=404, reason="NotFound", message="not found"))


@attrs.define
class Recorder:
    """An API server that grants every write and keeps what it was asked."""

    store: Store
    writes: list[Request] = attrs.Factory(list)

    def answer(self, request: Request) -> Response:
        """Return the answer to `request`."""
        if request.verb in READS:
            found = self.store.get(request.key)
            return _MISSING if found is None else Response(code=200, object=found)
        self.writes.append(request)
        return Response(code=200, object=request.body if isinstance(request.body, Job | CronJob) else None)


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what one sync of the real controller would do about `case`."""
    cron_job = structure(CronJob, case["cronJob"])
    now = parse_time(case["now"]) * 1000
    recorder = Recorder(Store.of([cron_job, *(structure(Job, one) for one in case.get("jobs") or ())]))
    answers: tuple[Response, ...] = ()
    turn = Turn(more=True)
    while turn.more:
        turn = CRONJOB.reconcile(None, View(recorder.store, now, answers), key_of(cron_job))
        answers += tuple(recorder.answer(call.request) for call in turn.requests)
    shown = {"writes": list(map(_write, recorder.writes)), "events": sorted(map(_event, turn.notes))}
    return shown if turn.wake_at is None else {**shown, "requeueAfterSeconds": (turn.wake_at - now) / 1000}


def _write(request: Request) -> Wire:
    """Return a write as it is recorded."""
    resource = "jobs" if request.key.kind == "Job" else "cronjobs/status"
    shown: Wire = {"verb": request.verb.value, "resource": resource, "name": request.key.name}
    if request.verb is Verb.CREATE and isinstance(request.body, Job):
        metadata = unstructure(request.body.metadata)
        shown["object"] = {part: metadata.get(part) for part in ("annotations", "labels", "ownerReferences")}
    if isinstance(request.body, CronJob):
        status = unstructure(request.body.status)
        active = [one["name"] for one in status.get("active") or ()]
        times = {part: status.get(part) for part in ("lastScheduleTime", "lastSuccessfulTime")}
        shown["object"] = {"active": active, **times}
    return shown


def _event(note: Note) -> str:
    fields = dict(note.fields)
    return f"{fields['type']} {note.name.removeprefix('cronjob.')} {fields['message']}"
