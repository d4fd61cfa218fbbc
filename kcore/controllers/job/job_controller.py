"""The Job controller: what a sync of one Job does.

Models syncJob: a look at what has become of the pods, then the removal of those that still run when the Job is to end,
or the making of what is missing; suspension and resumption; and the tracking of what ended. A sync whose cache has not
come as far as the controller's own last write does nothing. A Job that another controller manages is left alone.

A new Job and one whose spec has changed are looked at at once. After news of a pod or of its status a Job is looked at
a second later, to see more in one look.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

import attrs

from kcore.api.batch.job import Job, JobSpec
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.request import Verb
from kcore.client.component import Component, Write
from kcore.client.heeding import Heeding
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.job.backoff_utils import NO_FAILURES, BackoffRecord, api_backoff
from kcore.controllers.job.claim import claim_pods
from kcore.controllers.job.conditions import SUSPENDED, ensure, is_finished, new_condition, success_condition
from kcore.controllers.job.eventhandlers import watch_jobs, watch_pods
from kcore.controllers.job.manage import BATCH_PERIOD, Managed, delete_active_pods, manage_job
from kcore.controllers.job.orphans import is_managed_elsewhere, sync_orphan_pod
from kcore.controllers.job.pods import is_suspended
from kcore.controllers.job.progress import end_of, look, look_at_indexes
from kcore.controllers.job.session import Session
from kcore.controllers.job.tracking_utils import track_job_status_and_remove_finalizers
from kcore.reconcile import opening
from kcore.reconcile.expectations import NONE, Doomed, satisfied
from kcore.reconcile.program import Program

_MODES = frozenset({None, "NonIndexed", "Indexed"})


@attrs.frozen(kw_only=True)
class Memory(opening.Memory):
    """What is remembered of the Job `uid`.

    What was asked for when it was looked at last (None: it never was), and when it is to be looked at next; what its
    controller awaits, the pods whose finalizers it has removed (`removals`), how its pods have failed since the last
    success, and how many syncs failed in a row.
    """

    spec: JobSpec | None = None
    going: bool = False
    due: Instant | None = None
    removals: tuple[Doomed, ...] = ()
    backoff: BackoffRecord = NO_FAILURES


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Bring the pods and the status of the Job at `key` nearer to what is asked for, or see to an orphaned pod."""
    found = view.get(ObjectKey(*key))
    if isinstance(found, Pod):
        return sync_orphan_pod(view, found)
    if not isinstance(found, Job) or is_managed_elsewhere(found) or is_finished(found):
        return Turn()
    if memory is not None and memory.uid == found.metadata.uid:
        as_before = (memory.spec, memory.going) == (found.spec, _is_going(found))
        if as_before and not _is_due(memory, view):
            return _later(memory, view)
    return _OPENED(memory, view, key)


def _is_going(job: Job) -> bool:
    return job.metadata.deletion_timestamp is not None


def _is_due(memory: Memory, view: View) -> bool:
    return memory.due is not None and view.elapsed(memory.due, 0)


def _later(memory: Memory, view: View) -> Turn:
    """Return the turn after news that can wait for a second; an alarm that rings before that stands."""
    due = memory.due
    if due is None or not view.elapsed(due - BATCH_PERIOD, 0):
        due = awaited(view.now() + BATCH_PERIOD)
    return Turn(memory=evolve(memory, due=due), wake_at=int(due))


def sync(memory: Memory, view: View, job: Job) -> Program[Turn]:
    """Make one sync of `job`, which has not ended."""
    memory = evolve(memory, spec=job.spec, going=_is_going(job))
    session = Session(view=view, job=job)
    if job.spec.completion_mode not in _MODES:
        session.tell("UnknownCompletionMode", "Skipped Job sync because completion mode is unknown", warning=True)
        return Turn(memory=memory, notes=tuple(session.notes))
    counting = satisfied(view, memory.expectations)
    if not counting:
        session.expectations = evolve(memory.expectations, written=NONE.written)
    problem = yield from _sync(memory, session, counting=counting)
    return _turn(memory, session, failed=bool(problem))


def _sync(memory: Memory, session: Session, *, counting: bool) -> Program[str]:
    """Make the steps of a sync and return why one failed, "" if none did."""
    before = session.job.status
    try:
        selector = from_label_selector(session.job.spec.selector)
    except SelectorError as problem:
        return f"couldn't convert Job selector: {problem}"
    pods = yield from claim_pods(session, session.job, selector)
    if pods is None:
        return "the pods could not be claimed"
    look(session, pods, memory.removals, memory.backoff)
    session.finished = end_of(session)
    look_at_indexes(session)
    changed = False
    if session.finished is not None:
        managed = yield from delete_active_pods(session)
        session.finished = session.finished if counting and not managed.active else None
    else:
        managed, changed = yield from _manage(session, counting=counting)
    counts = {"active": managed.active, "ready": session.ready, "terminating": session.terminating}
    changed |= counts != {name: getattr(before, name) for name in counts}
    session.set_status(**counts)
    untracked = yield from track_job_status_and_remove_finalizers(session, needs_flush=changed)
    return untracked or managed.problem


def _manage(session: Session, *, counting: bool) -> Program[tuple[Managed, bool]]:
    """Create or remove pods unless earlier ones are awaited; return the outcome and whether the Job was suspended."""
    managing = counting and session.job.metadata.deletion_timestamp is None
    managed = Managed(active=len(session.active))
    if managing:
        managed = yield from manage_job(session)
    if _is_complete(session, managed.active):
        session.finished = success_condition(session.view.timestamp())
    elif managing:
        return managed, _suspend_or_resume(session)
    return managed, False


def _is_complete(session: Session, active: int) -> bool:
    """Tell whether enough pods have succeeded, any where no number is asked for, and none is active."""
    wanted = session.job.spec.completions
    return active == 0 and session.succeeded >= (1 if wanted is None else wanted)


def _suspend_or_resume(session: Session) -> bool:
    """Say in the conditions whether the Job is suspended, and start its time anew; tell whether that is news."""
    now, suspended = session.view.timestamp(), is_suspended(session.job)
    status, reason, message = ("True", "JobSuspended", "Job suspended") if suspended else _RESUMED
    conditions = ensure(session.job.status.conditions, new_condition(SUSPENDED, status, reason, message, now))
    if conditions == session.job.status.conditions:
        return False
    session.set_status(conditions=conditions, start_time=None if suspended else now)
    session.tell("Suspended" if suspended else "Resumed", message)
    return True


_RESUMED = ("False", "JobResumed", "Job resumed")


def _turn(memory: Memory, session: Session, *, failed: bool) -> Turn:
    """Return the end of a sync; one that failed comes back after its back-off."""
    failures = memory.failures + 1 if failed else 0
    wakes = list(session.wakes)
    if failed:
        wakes.append(session.view.now() + api_backoff(failures))
    wake_at = min(wakes, default=None)
    remembered = evolve(
        memory,
        due=None if wake_at is None else awaited(wake_at),
        expectations=session.expectations,
        removals=session.removals,
        backoff=session.backoff if session.flushed else memory.backoff,
        failures=failures,
    )
    over = is_finished(session.job)
    return Turn(memory=None if over else remembered, notes=tuple(session.notes), wake_at=wake_at)


_OPENED = opening.opening(Job, Memory, sync)

JOB = Component(
    family="job-controller",
    watches={"Job": watch_jobs, "Pod": Heeding(watch_pods, owner="Job")},
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.CREATE, "Pod"),
            Write(Verb.PATCH, "Pod"),
            Write(Verb.DELETE, "Pod"),
            Write(Verb.UPDATE, "Job", "status"),
        }
    ),
)
