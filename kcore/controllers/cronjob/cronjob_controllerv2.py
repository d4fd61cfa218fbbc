"""The CronJob controller: when it looks at which CronJob.

Models the handlers and the queue: a CronJob is looked at when it or one of its Jobs changes, and a tenth of a second
after its next time. When the schedule changes, it is not looked at at once but at its next time by the new schedule, or
when it would have been looked at anyway.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/cronjob_controllerv2.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.cron import parse_standard
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.cronjob.schedule import format_schedule, next_look
from kcore.controllers.cronjob.session import Session
from kcore.controllers.cronjob.sync import sync
from kcore.machine import Note
from kcore.reconcile import backoff
from kcore.reconcile.ownership import resolve_controller
from kcore.reconcile.program import Program, play


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of the CronJob `uid`.

    The schedule as it was looked at last, when it is to be looked at next, and how many syncs failed in a row.
    """

    uid: str
    schedule: str
    wake: Instant | None = None
    failures: int = 0


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Start the Job that is due of the CronJob at `key`, and keep its status and its history."""
    found = view.get(ObjectKey(*key))
    if not isinstance(found, CronJob):
        return Turn()
    schedule = format_schedule(found.spec.schedule, found.spec.time_zone)
    if memory is None or memory.uid != found.metadata.uid:
        memory = Memory(uid=found.metadata.uid, schedule=schedule)
    if memory.schedule != schedule:
        return _rescheduled(memory, view, found, schedule)
    return play(_sync(memory, view, found), view.answers)


def _sync(memory: Memory, view: View, cron_job: CronJob) -> Program[Turn]:
    session = Session(view=view, cron_job=cron_job, to_write=cron_job)
    outcome = yield from sync(session)
    failures = memory.failures + 1 if outcome.problem else 0
    wake_at = view.now() + backoff.delay(failures) if outcome.problem else outcome.wake_at
    return _turn(attrs.evolve(memory, failures=failures), wake_at, *session.notes)


def _rescheduled(memory: Memory, view: View, cron_job: CronJob, schedule: str) -> Turn:
    """Return the turn after a change of the schedule, which only sets the alarm."""
    notes: tuple[Note, ...] = ()
    wakes = [] if memory.wake is None else [int(memory.wake)]
    try:
        at = next_look(cron_job, parse_standard(schedule), view.now())
        wakes += [] if at is None else [at]
    except ValueError:
        message = f"unparseable schedule for cronjob: {cron_job.spec.schedule}"
        where = str(key_of(cron_job))
        notes = (Note("cronjob.UnParseableCronJobSchedule", type="Warning", cronjob=where, message=message),)
    return _turn(attrs.evolve(memory, schedule=schedule), min(wakes, default=None), *notes)


def _turn(memory: Memory, wake_at: int | None, *notes: Note) -> Turn:
    wake = None if wake_at is None else awaited(wake_at)
    return Turn(memory=attrs.evolve(memory, wake=wake), notes=notes, wake_at=wake_at)


def watch_cron_jobs(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the CronJob that changed."""
    yield Work(LEADER, change.key)


def watch_jobs(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at the CronJob of the Job that changed, and at the one before when it changed hands."""
    old, new = change.old, change.new
    before = resolve_controller(store, old, CronJob) if isinstance(old, Job) else None
    now = resolve_controller(store, new, CronJob) if isinstance(new, Job) else None
    if before is not None and before is not now:
        yield Work(LEADER, key_of(before))
    if now is not None:
        yield Work(LEADER, key_of(now))


CRONJOB = Component(
    family="cronjob-controller",
    watches={"CronJob": watch_cron_jobs, "Job": watch_jobs},
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.CREATE, "Job"),
            Write(Verb.DELETE, "Job"),
            Write(Verb.UPDATE, "CronJob", "status"),
        }
    ),
)
