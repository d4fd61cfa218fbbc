"""CronJob: Jobs of one template, made at times of a schedule.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/batch/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.batch.job import NO_JOB_TEMPLATE, JobTemplateSpec
from kcore.api.core.references import ObjectReference
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class CronJobSpec(Struct):
    """When Jobs are made and how many are kept; `concurrency_policy` is Allow, Forbid or Replace."""

    schedule: str = wire(default="", always=True)
    time_zone: str | None = None
    starting_deadline_seconds: int | None = None
    concurrency_policy: str = ""
    suspend: bool | None = None
    job_template: JobTemplateSpec = NO_JOB_TEMPLATE
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class CronJobStatus(Struct):
    """The Jobs that run, the time for which the last was made, and when the last one succeeded."""

    active: tuple[ObjectReference, ...] = ()
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None


_NO_SPEC = CronJobSpec()
_NO_STATUS = CronJobStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class CronJob(ApiObject):
    """A schedule with its template, and what became of it."""

    spec: CronJobSpec = _NO_SPEC
    status: CronJobStatus = _NO_STATUS
