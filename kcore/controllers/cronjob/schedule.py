"""When a CronJob is due: the latest time that was missed, and the next one.

Models the estimate of how many times were missed, by the distance of the first two, and the search for the latest of
them from where the estimate leads to; more than 100 are told of.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/utils.go
"""

from __future__ import annotations

from typing import NamedTuple

from kcore.api.batch.cronjob import CronJob
from kcore.api.cron import NEVER, Schedule
from kcore.api.timezones import load

MANY = 100
"""More missed times than these are too many."""

NEXT_SCHEDULE_DELTA = 100
"""How long after its time a CronJob is looked at, ms."""


class ScheduleError(ValueError):
    """A schedule whose times make no sense."""


class Missed(NamedTuple):
    """The times that a CronJob has missed since `earliest`: about how many, and the latest; seconds since 1970.

    `latest` is None when none is known.
    """

    earliest: int
    latest: int | None
    number: int


def format_schedule(schedule: str, time_zone: str | None) -> str:
    """Return the schedule as it is parsed: in its zone, unless it names one itself."""
    if "TZ" in schedule or time_zone is None or load(time_zone) is None:
        return schedule
    return f"TZ={time_zone} {schedule}"


def missed(cron_job: CronJob, schedule: Schedule, now: int, *, with_deadline: bool) -> Missed:
    """Return what has been missed up to `now` (ms since 1970); with the deadline, only what may still be started."""
    status, spec = cron_job.status, cron_job.spec
    created = cron_job.metadata.creation_timestamp
    earliest = status.last_schedule_time if status.last_schedule_time is not None else created
    earliest_ms = (NEVER if earliest is None else earliest) * 1000
    if with_deadline and spec.starting_deadline_seconds is not None:
        earliest_ms = max(earliest_ms, now - spec.starting_deadline_seconds * 1000)
    since = earliest_ms // 1000
    first = schedule.next(since)
    second = schedule.next(first)
    if now < first * 1000:
        return Missed(since, None, 0)
    if now < second * 1000:
        return Missed(since, first, 0)
    between = second - first
    if between < 1:
        raise ScheduleError("time difference between two schedules is less than 1 second")
    number = (now // 1000 - first) // between + 1
    return Missed(since, _latest(schedule, first + (number - 2) * between, now), number)


def _latest(schedule: Schedule, since: int, now: int) -> int | None:
    """Return the last time after `since` that is not after `now` (ms); None when there is none."""
    latest, time = None, schedule.next(since)
    while time * 1000 <= now and time != NEVER:
        latest, time = time, schedule.next(time)
    return latest


def next_look(cron_job: CronJob, schedule: Schedule, now: int) -> int | None:
    """Return when (ms since 1970) the CronJob is to be looked at next; None when it never fires again."""
    try:
        found = missed(cron_job, schedule, now, with_deadline=False)
    except ScheduleError:
        since = now // 1000
    else:
        since = found.earliest if not found.number else now // 1000
        since = since if found.latest is None else found.latest
    time = schedule.next(since)
    return None if time == NEVER else time * 1000 + NEXT_SCHEDULE_DELTA
