"""What a sync of one CronJob does.

Models the clean-up of Jobs that ended, the list of active Jobs brought up to date, and the start of a Job for the
latest time that was missed, if it is not too late, not done already, and no earlier Job forbids it or stands in its
place. A CronJob that is suspended, or whose schedule or zone makes no sense, only has its status kept.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/cronjob_controllerv2.go
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.cron import Schedule, parse_standard
from kcore.api.kinds import key_of
from kcore.api.times import Time
from kcore.api.timezones import load
from kcore.apiserver.request import Request, Verb
from kcore.controllers.cronjob.jobs import COMPLETE, clean_up, finished, jobs_of
from kcore.controllers.cronjob.make import job_from_template, job_name, reference, rfc1123
from kcore.controllers.cronjob.schedule import MANY, ScheduleError, format_schedule, missed, next_look
from kcore.controllers.cronjob.session import Session, problem_of
from kcore.reconcile.ownership import is_controlled_by
from kcore.reconcile.program import Program, ask

FORBID = "Forbid"
REPLACE = "Replace"

_TOO_MANY = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
_UNSUPPORTED = (
    'CRON_TZ or TZ used in schedule "{}" is not officially supported, '
    "see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
)


@attrs.frozen(kw_only=True)
class Outcome:
    """How a sync ended: when to look again (ms since 1970; None: when something changes), and why it failed."""

    wake_at: int | None = None
    problem: str = ""


NOTHING = Outcome()


def sync(session: Session) -> Program[Outcome]:
    """Make one sync and write the status if it has changed."""
    jobs = jobs_of(session.view, session.cron_job)
    yield from clean_up(session, jobs)
    outcome = yield from sync_cron_job(session, jobs)
    if session.changed:
        body = session.to_write
        answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(body), subresource="status", body=body))
        if not answer.ok:
            return Outcome(problem=problem_of(answer))
    return outcome


def sync_cron_job(session: Session, jobs: Sequence[Job]) -> Program[Outcome]:
    """Bring the status up to date and start what is due."""
    problem = yield from _look_at_jobs(session, jobs)
    problem = problem or (yield from _look_for_missing(session, jobs))
    if problem:
        return Outcome(problem=problem)
    cron_job = session.cron_job
    if cron_job.metadata.deletion_timestamp is not None:
        return NOTHING
    zone = cron_job.spec.time_zone
    if zone is not None and load(zone) is None:
        session.tell("UnknownTimeZone", f'invalid timeZone: "{zone}": unknown time zone {zone}', warning=True)
        return NOTHING
    if cron_job.spec.suspend:
        return NOTHING
    schedule = _schedule(session)
    if schedule is None:
        return NOTHING
    return (yield from _start(session, schedule))


def _look_at_jobs(session: Session, jobs: Sequence[Job]) -> Program[str]:
    """Take the Jobs that have ended from the active ones; return why that failed, "" if it did not."""
    for job in jobs:
        active, end = session.is_active(job.metadata.uid), finished(job)
        if not active and not end:
            fresh = yield from ask(Request(verb=Verb.GET, key=key_of(session.cron_job)))
            if not isinstance(fresh.object, CronJob):
                return problem_of(fresh)
            if any(one.uid == job.metadata.uid for one in fresh.object.status.active):
                session.go_on_with(fresh.object)
                continue
            message = f"Saw a job that the controller did not create or forgot: {job.metadata.name}"
            session.tell("UnexpectedJob", message, warning=True)
        elif end:
            _look_at_end(session, job, end, active=active)
    return ""


def _look_at_end(session: Session, job: Job, end: str, *, active: bool) -> None:
    if active:
        session.forget(job.metadata.uid)
        session.tell("SawCompletedJob", f"Saw completed job: {job.metadata.name}, condition: {end}")
        session.changed = True
    if end != COMPLETE:
        return
    last, completed = session.cron_job.status.last_successful_time, job.status.completion_time
    if last is None or (completed is not None and completed > last):
        session.set_status(last_successful_time=completed)
        session.changed = True


def _look_for_missing(session: Session, jobs: Sequence[Job]) -> Program[str]:
    """Take the Jobs that are gone from the active ones; return why that failed, "" if it did not."""
    known = {job.metadata.uid for job in jobs}
    for one in session.cron_job.status.active:
        if one.uid in known:
            continue
        found = yield from session.get_job(one.namespace, one.name)
        if found.reason == "NotFound":
            session.tell("MissingJob", f"Active job went missing: {one.name}")
            session.forget(one.uid)
            session.changed = True
        elif not found.ok:
            return problem_of(found)
    return ""


def _schedule(session: Session) -> Schedule | None:
    """Return the schedule; None when it can't be read."""
    spec = session.cron_job.spec
    if "TZ" in spec.schedule:
        session.tell("UnsupportedSchedule", _UNSUPPORTED.format(spec.schedule), warning=True)
    try:
        return parse_standard(format_schedule(spec.schedule, spec.time_zone))
    except ValueError as problem:
        session.tell("UnparseableSchedule", f'unparseable schedule: "{spec.schedule}" : {problem}', warning=True)
        return None


def _start(session: Session, schedule: Schedule) -> Program[Outcome]:
    """Start a Job for the latest time that was missed, if there is one and nothing is against it."""
    cron_job, now = session.cron_job, session.view.now()
    try:
        found = missed(cron_job, schedule, now, with_deadline=True)
    except ScheduleError as error:
        message = f"invalid schedule: {cron_job.spec.schedule} : {error}"
        session.tell("InvalidSchedule", message, warning=True)
        return NOTHING
    later = Outcome(wake_at=next_look(cron_job, schedule, now))
    if found.latest is None:
        return later
    if found.number > MANY:
        session.tell("TooManyMissedTimes", _TOO_MANY, warning=True)
    if not _may_start(session, found.latest, now):
        return later
    if cron_job.spec.concurrency_policy == REPLACE:
        problem = yield from _replace(session)
        if problem:
            return Outcome(problem=problem)
    return (yield from _create(session, schedule, found.latest))


def _may_start(session: Session, scheduled: int, now: int) -> bool:
    """Tell whether a Job may start now for the time `scheduled`."""
    cron_job, status = session.cron_job, session.cron_job.status
    deadline = cron_job.spec.starting_deadline_seconds
    if deadline is not None and (scheduled + deadline) * 1000 < now:
        message = f"Missed scheduled time to start a job: {rfc1123(scheduled)}"
        session.tell("MissSchedule", message, warning=True)
        return False
    name = (cron_job.metadata.namespace, job_name(cron_job, scheduled))
    if any((one.namespace, one.name) == name for one in status.active) or status.last_schedule_time == scheduled:
        return False
    if cron_job.spec.concurrency_policy == FORBID and status.active:
        message = "Not starting job because prior execution is running and concurrency policy is Forbid"
        session.tell("JobAlreadyActive", message)
        return False
    return True


def _replace(session: Session) -> Program[str]:
    """Delete the active Jobs; return why that failed, "" if it did not."""
    for one in session.cron_job.status.active:
        found = yield from session.get_job(one.namespace, one.name)
        if not isinstance(found.object, Job):
            session.tell("FailedGet", f"Get job: {problem_of(found)}", warning=True)
            return problem_of(found)
        gone = yield from session.delete(found.object)
        if not gone:
            return f"could not replace job {one.namespace}/{one.name}"
        session.changed = True
    return ""


def _create(session: Session, schedule: Schedule, scheduled: int) -> Program[Outcome]:
    """Create the Job for the time `scheduled` and put it into the status."""
    wanted = job_from_template(session.cron_job, scheduled)
    answer = yield from ask(Request(verb=Verb.CREATE, key=key_of(wanted), body=wanted))
    if answer.reason == "AlreadyExists":
        answer = yield from session.get_job(wanted.metadata.namespace, wanted.metadata.name)
        if not isinstance(answer.object, Job):
            return Outcome(problem=problem_of(answer))
        if not is_controlled_by(answer.object, session.cron_job) or session.is_active(answer.object.metadata.uid):
            return NOTHING
    elif not answer.ok:
        causes = answer.status.causes if answer.status else ()
        if not any(cause.reason == "NamespaceTerminating" for cause in causes):
            session.tell("FailedCreate", f"Error creating job: {problem_of(answer)}", warning=True)
        return Outcome(problem=problem_of(answer))
    else:
        session.tell("SuccessfulCreate", f"Created job {wanted.metadata.name}")
    made = answer.object if isinstance(answer.object, Job) else wanted
    active = (*session.cron_job.status.active, reference(made))
    session.set_status(active=active, last_schedule_time=Time(scheduled))
    session.changed = True
    return Outcome(wake_at=next_look(session.cron_job, schedule, session.view.now()))
