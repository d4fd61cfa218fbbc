"""One sync of a Job.

Input: `job` and `pods`, taken as they stand; the time is 2000-01-01T00:00:00Z. Says which pods are `created` (by prefix
where a pod has an index, labels and annotations) and `deleted`, from which the finalizer is removed
(`finalizerRemoved`), every status that is written (`statusUpdates`) and the `events` about the Job itself. Every write
is granted, and answered with what was written.
"""

from __future__ import annotations

from typing import Any

from kcore.api.batch.job import Job
from kcore.api.convert import structure, unstructure
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.api.times import parse_time
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.controllers.job import JOB
from kcore.controllers.job.indexed_job_utils import INDEX
from kcore.machine import Note

NOW = parse_time("2000-01-01T00:00:00Z") * 1000

_OF_PODS = frozenset({"SuccessfulCreate", "FailedCreate", "SuccessfulDelete", "FailedDelete"})
"""The events about single pods, which the recorded pod control did not record."""


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what one sync of the real controller would do about `case`."""
    job = structure(Job, case["job"])
    store = Store.of([job, *(structure(Pod, one) for one in case.get("pods") or ())])
    requests: list[Request] = []
    answers: tuple[Response, ...] = ()
    turn = Turn(more=True)
    while turn.more:
        turn = JOB.reconcile(None, View(store, NOW, answers), key_of(job))
        requests += [call.request for call in turn.requests]
        answers += tuple(_granted(store, call.request) for call in turn.requests)
    return {**_writes(requests), "events": sorted(filter(None, map(_event, turn.notes)))}


def _granted(store: Store, request: Request) -> Response:
    return Response(code=200, object=request.body if isinstance(request.body, ApiObject) else store.get(request.key))


def _writes(requests: list[Request]) -> dict[str, Any]:
    created = [_created(one.body) for one in requests if isinstance(one.body, Pod)]
    statuses = [_status(one.body) for one in requests if isinstance(one.body, Job)]
    return {
        "created": sorted(created, key=lambda pod: (pod["generateName"], sorted(pod["annotations"].items()))),
        "deleted": sorted(one.key.name for one in requests if one.verb is Verb.DELETE),
        "finalizerRemoved": sorted(one.key.name for one in requests if one.verb is Verb.PATCH),
        "statusUpdates": statuses,
    }


def _status(job: Job) -> dict[str, Any]:
    """Return the status; the uids of uncounted pods have no order."""
    status = unstructure(job.status)
    uncounted = status.get("uncountedTerminatedPods") or {}
    return {**status, "uncountedTerminatedPods": {name: sorted(uids) for name, uids in uncounted.items()}}


def _created(pod: Pod) -> dict[str, Any]:
    metadata = pod.metadata
    return {
        "generateName": metadata.generate_name if INDEX in metadata.annotations else "",
        "annotations": dict(metadata.annotations),
        "labels": dict(metadata.labels),
    }


def _event(note: Note) -> str:
    """Return "Type Reason Message" of an event about the Job itself, "" for others."""
    reason = note.name.removeprefix("job.")
    fields = dict(note.fields)
    return "" if reason in _OF_PODS else f"{fields['type']} {reason} {fields['message']}"
