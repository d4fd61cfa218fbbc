"""The Jobs of a CronJob: those whose controller has its name, how they ended, and which are kept.

Models the history limits, oldest start first, and that upstream goes by the controller's name alone: a Job of an
earlier CronJob of that name counts too.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/cronjob_controllerv2.go
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from pyrsistent import PMap, pmap

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.controllers.cronjob.session import Session
from kcore.reconcile.derived import Derived
from kcore.reconcile.program import Program

Name: TypeAlias = tuple[str, str]
"""The namespace and the name of a controller."""

COMPLETE = "Complete"
FAILED = "Failed"


def jobs_of(view: View, cron_job: CronJob) -> tuple[Job, ...]:
    """Return the Jobs whose controller has the name of the CronJob, sorted by name."""
    name = (cron_job.metadata.namespace, cron_job.metadata.name)
    return view.derive(f"jobs of {name}", lambda store: _jobs(store, name))


def finished(job: Job) -> str:
    """Return how the Job has ended, Complete or Failed; "" when it has not."""
    ends = (one.type for one in job.status.conditions if one.type in (COMPLETE, FAILED) and one.status == "True")
    return next(ends, "")


def clean_up(session: Session, jobs: Sequence[Job]) -> Program[None]:
    """Delete the oldest Jobs that have ended beyond the limits."""
    spec = session.cron_job.spec
    for end, limit in ((COMPLETE, spec.successful_jobs_history_limit), (FAILED, spec.failed_jobs_history_limit)):
        if limit is None:
            continue
        ended = sorted((one for one in jobs if finished(one) == end), key=_by_start_time)
        for job in ended[: max(len(ended) - limit, 0)]:
            gone = yield from session.delete(job)
            session.changed |= gone


def _by_start_time(job: Job) -> tuple[bool, int, str]:
    """Return the key by which Jobs are sorted: by start, those that have none last, then by name."""
    start = job.status.start_time
    return start is None, start or 0, job.metadata.name


def _jobs(store: Store, name: Name) -> tuple[Job, ...]:
    found = (store.get(key) for key in _BY_CONTROLLER(store).get(name, ()))
    return tuple(one for one in found if isinstance(one, Job))


def _after(
    known: PMap[Name, tuple[ObjectKey, ...]], old: ApiObject | None, new: ApiObject | None
) -> PMap[Name, tuple[ObjectKey, ...]]:
    """Return the keys by controller after a Job was `old` and became `new`."""
    before, now = _controller(old), _controller(new)
    if before == now:
        return known
    if before is not None and old is not None:
        left = tuple(key for key in known.get(before, ()) if key != key_of(old))
        known = known.set(before, left) if left else known.discard(before)
    if now is not None and new is not None:
        known = known.set(now, tuple(sorted((*known.get(now, ()), key_of(new)))))
    return known


def _controller(job: ApiObject | None) -> Name | None:
    reference = job.metadata.controller if job is not None else None
    return None if job is None or reference is None else (job.metadata.namespace, reference.name)


_NONE: PMap[Name, tuple[ObjectKey, ...]] = pmap()
_BY_CONTROLLER = Derived(_NONE, _after, ("Job",))
