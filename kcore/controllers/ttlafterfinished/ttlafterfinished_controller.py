"""The TTL-after-finished controller: what it does about one Job.

Models the deletion in the foreground of a Job that ended `ttlSecondsAfterFinished` ago, after a look at the Job as the
API server has it, since its time to live may just have been changed.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/ttlafterfinished/ttlafterfinished_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.batch.job import Job
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.times import Time
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View

_GONE = frozenset({"NotFound"})


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Delete the Job at `key` if its time is up; otherwise ask to be woken when it is."""
    found = view.get(ObjectKey(*key))
    if not _expired(view, found):
        return Turn(wake_at=expires_at(found))
    if not view.answers:
        get = Request(verb=Verb.GET, key=ObjectKey(*key))
        return Turn(requests=(Call(request=get, accepts=_GONE),), more=True)
    fresh = view.answers[0].object
    if fresh is None or not _expired(view, fresh):
        return Turn(wake_at=expires_at(fresh))
    options = Options(propagation_policy="Foreground", uid=fresh.metadata.uid)
    return Turn(requests=(Call(request=Request(verb=Verb.DELETE, key=key_of(fresh), options=options)),))


def expires_at(job: ApiObject | None) -> int | None:
    """Return when (ms since 1970) a Job that has ended is to be deleted; None when it has not, or never is."""
    if not isinstance(job, Job) or job.metadata.deletion_timestamp is not None:
        return None
    ttl, finished = job.spec.ttl_seconds_after_finished, _finish_time(job)
    return None if ttl is None or finished is None else (finished + ttl) * 1000


def _expired(view: View, job: ApiObject | None) -> bool:
    at = expires_at(job)
    return at is not None and view.elapsed(at, 0)


def _finish_time(job: Job) -> Time | None:
    """Return when the Job ended; None when it has not, or does not say."""
    for one in job.status.conditions:
        if one.type in ("Complete", "Failed") and one.status == "True":
            return one.last_transition_time
    return None


def watch_jobs(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at a Job that has ended and is to be deleted some time."""
    if expires_at(change.new) is not None:
        yield Work(LEADER, change.key)


TTL_AFTER_FINISHED = Component(
    family="ttl-after-finished-controller",
    watches={"Job": watch_jobs},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.DELETE, "Job")}),
)
