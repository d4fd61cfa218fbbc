"""Making: the Job of a CronJob for one time, whose name is made of that time so that none is made twice.

Models the name by the minute, the annotation with the time in the zone, and the reference in the status.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/utils.go
"""

from __future__ import annotations

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.core.references import ObjectReference
from kcore.api.kinds import class_kind
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.times import Time, civil, format_time
from kcore.api.timezones import UTC, load
from kcore.reconcile.ownership import controller_ref

SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
"""The annotation that says for which time a Job was made."""

_WEEKDAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def job_name(cron_job: CronJob, scheduled: int) -> str:
    """Return the name of the Job for the time `scheduled` (seconds since 1970)."""
    return f"{cron_job.metadata.name}-{scheduled // 60}"


def job_from_template(cron_job: CronJob, scheduled: int) -> Job:
    """Return the Job to make for the time `scheduled` (seconds since 1970)."""
    template = cron_job.spec.job_template
    metadata = ObjectMeta(
        name=job_name(cron_job, scheduled),
        namespace=cron_job.metadata.namespace,
        labels=template.metadata.labels,
        annotations=template.metadata.annotations.set(SCHEDULED_AT, rfc3339(scheduled, cron_job.spec.time_zone)),
        owner_references=(controller_ref(cron_job),),
    )
    return Job(metadata=metadata, spec=template.spec)


def reference(job: Job) -> ObjectReference:
    """Return the reference to the Job by which a status names it."""
    kind, metadata = class_kind(Job), job.metadata
    return ObjectReference(
        api_version=kind.api_version,
        kind=kind.kind,
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
    )


def rfc3339(time: int, time_zone: str | None) -> str:
    """Return the text of a time on the clocks of a zone, such as 2000-01-31T23:59:59+01:00."""
    offset = (load(time_zone or "") or UTC).span(time).offset
    text = format_time(Time(time + offset))
    if not offset:
        return text
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{text[:-1]}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def rfc1123(time: int) -> str:
    """Return the text of a time in UTC, such as Mon, 31 Jan 2000 23:59:59 +0000."""
    days = time // 86400
    year, month, day = civil(days)
    clock = format_time(Time(time))[11:19]
    return f"{_WEEKDAYS[days % 7]}, {day:02} {_MONTHS[month - 1]} {year:04} {clock} +0000"
