"""What holds of CronJobs: where it is forbidden, no two of their Jobs run at once.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/cronjob_controllerv2.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.batch.cronjob import CronJob
from kcore.api.batch.job import Job
from kcore.api.kinds import key_of
from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.invariants.invariant import Invariant, law
from kcore.invariants.pods import controls, name
from kcore.invariants.recent import Standing, versions
from kcore.machine import Culprits, Finding

FORBID = "Forbid"


def forbidden_jobs_never_overlap(state: ClusterState) -> Finding:
    """Tell whether no CronJob that forbids it, and has of late, has two Jobs that have not ended."""
    for cron_job in _forbidding(state):
        running = list(_running(state, cron_job))
        if len(running) > 1 and _has_always_forbidden(state, cron_job):
            return Culprits(f"{len(running)} Jobs run at once", name(cron_job), *map(name, running))
    return True


def _forbidding(state: ClusterState) -> Iterator[CronJob]:
    for one in state.store.list("CronJob"):
        if isinstance(one, CronJob) and one.spec.concurrency_policy == FORBID:
            yield one


def _has_always_forbidden(state: ClusterState, cron_job: CronJob) -> bool:
    """Tell whether it has forbidden overlaps as long as one can tell."""
    known = (one for one in versions(state, key_of(cron_job)) if isinstance(one, CronJob))
    return all(one.spec.concurrency_policy == FORBID for one in known)


def _running(state: ClusterState, cron_job: CronJob) -> Iterator[Job]:
    """Yield the Jobs of the CronJob that have not ended, sorted by name."""
    for one in state.store.owned_by(cron_job.metadata.uid):
        if isinstance(one, Job) and controls(cron_job, one) and not _ended(one):
            yield one


def _ended(job: Job) -> bool:
    return any(one.type in ("Complete", "Failed") and one.status == "True" for one in job.status.conditions)


def _some_running(state: ClusterState) -> Finding:
    return any(True for cron_job in _forbidding(state) for _ in _running(state, cron_job))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "forbidden-jobs-never-overlap",
        "Two Jobs of a CronJob that forbids it never run at once.",
        Standing(forbidden_jobs_never_overlap, "CronJob", "Job"),
        _some_running,
        assumes=(
            "nobody gives it Jobs by hand",
            "its controller sees the last Job before it makes the next: it goes by its cache, and upstream says so",
        ),
        timings=frozenset({Timing.PROMPT, Timing.INTERLEAVED}),
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/cronjob/cronjob_controllerv2.go",
    ),
)
