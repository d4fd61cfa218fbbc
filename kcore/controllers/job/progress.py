"""Progress: what has become of the pods of a Job, and whether it is to end.

Models the counts of a sync and upstream's order of reasons to end: what was decided before, the pod failure policy, the
back-off limit, the deadline, too many failed indexes, no index left, the success policy.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.batch.job import Job
from kcore.api.core.pod import Pod
from kcore.api.meta.condition import Condition
from kcore.client.view import View
from kcore.controllers.job.backoff_utils import BackoffRecord, after
from kcore.controllers.job.conditions import (
    FAILURE_TARGET,
    SUCCESS_CRITERIA_MET,
    failure_condition,
    new_condition,
    terminal,
    true_condition,
)
from kcore.controllers.job.indexed_job_utils import (
    failed_indexes,
    has_limit_per_index,
    index_of,
    indexes,
    is_indexed,
    latest_failed,
    succeeded_indexes,
)
from kcore.controllers.job.intervals import merge, total
from kcore.controllers.job.pod_failure_policy import match_pod_failure_policy
from kcore.controllers.job.pods import completions, has_finalizer, is_pod_failed, is_suspended
from kcore.controllers.job.session import NO_UNCOUNTED, Session
from kcore.controllers.job.success_policy import match_success_policy
from kcore.reconcile.expectations import Doomed
from kcore.reconcile.podutil import is_pod_active, is_pod_ready, is_pod_terminating


def look(session: Session, pods: tuple[Pod, ...], removals: Iterable[Doomed], backoff: BackoffRecord) -> None:
    """Take in what has become of the pods; `removals` and `backoff` are what is remembered."""
    job, status = session.job, session.job.status
    session.pods = pods
    session.active = tuple(filter(is_pod_active, pods))
    session.ready = sum(map(is_pod_ready, session.active))
    session.terminating = sum(map(is_pod_terminating, pods))
    session.uncounted = status.uncounted_terminated_pods or NO_UNCOUNTED
    session.removals = tuple(one for one in removals if _still_tracked(session.view, one))
    session.removed = frozenset(one.uid for one in session.removals)
    succeeded = _new(session, session.uncounted.succeeded, (one for one in pods if one.status.phase == "Succeeded"))
    failed = _new(session, session.uncounted.failed, (one for one in pods if is_pod_failed(one, job)))
    counted = [one for one in failed if match_pod_failure_policy(job.spec.pod_failure_policy, one).counts]
    session.succeeded = status.succeeded + len(succeeded) + len(session.uncounted.succeeded)
    session.failed = status.failed + len(counted) + len(session.uncounted.failed)
    session.backoff = after(backoff, succeeded, failed)
    session.set_status(uncounted_terminated_pods=session.uncounted)
    if status.start_time is None and not is_suspended(job):
        session.set_status(start_time=session.view.timestamp())


def look_at_indexes(session: Session) -> None:
    """Take in which indexes have succeeded and failed, and whether that is the end."""
    job = session.job
    if not is_indexed(job):
        return
    session.before, session.succeeded_indexes = succeeded_indexes(job, session.pods)
    session.succeeded = total(session.succeeded_indexes)
    if has_limit_per_index(job):
        session.failed_indexes = failed_indexes(job, session.pods)
        session.finished = session.finished or _too_many_indexes_failed(session)
        over = merge(session.succeeded_indexes, session.failed_indexes)
        failed = _new(session, (), (one for one in session.pods if is_pod_failed(one, job)))
        session.delayed = latest_failed(job, failed, over, indexes(session.active))
    if session.finished is None:
        met = match_success_policy(job.spec.success_policy, completions(job), session.succeeded_indexes)
        now = session.view.timestamp()
        session.finished = new_condition(SUCCESS_CRITERIA_MET, "True", "SuccessPolicy", met, now) if met else None


def end_of(session: Session) -> Condition | None:
    """Return the condition in which the Job is to end, None when it goes on; indexes are not looked at here."""
    job, now = session.job, session.view.timestamp()
    met = true_condition(job, SUCCESS_CRITERIA_MET)
    if met is not None:
        return met
    decided = true_condition(job, FAILURE_TARGET)
    if decided is not None:
        return terminal(decided, now)
    message = _policy_failure(job, session.pods)
    if message:
        return failure_condition("PodFailurePolicy", message, now)
    limit = job.spec.backoff_limit
    if (limit is not None and session.failed > limit) or _restarted_too_often(job, session.pods):
        return failure_condition("BackoffLimitExceeded", "Job has reached the specified backoff limit", now)
    return _past_deadline(session)


def _past_deadline(session: Session) -> Condition | None:
    """Return the condition of a Job that has run for too long; otherwise ask to be woken when it will have."""
    job, view = session.job, session.view
    allowed, start = job.spec.active_deadline_seconds, job.status.start_time
    if allowed is None or start is None or is_suspended(job):
        return None
    if view.elapsed(start * 1000, allowed * 1000):
        message = "Job was active longer than specified deadline"
        return failure_condition("DeadlineExceeded", message, view.timestamp())
    session.wakes.append((start + allowed) * 1000)
    return None


def _policy_failure(job: Job, pods: Iterable[Pod]) -> str:
    """Return why a failed pod makes the whole Job fail; "" when none does."""
    failed = (one for one in pods if is_pod_failed(one, job))
    messages = (match_pod_failure_policy(job.spec.pod_failure_policy, one).message for one in failed)
    return next(filter(None, messages), "")


def _restarted_too_often(job: Job, pods: Iterable[Pod]) -> bool:
    """Tell whether the containers of the running pods, which are restarted in place, have been so too often in sum."""
    limit = job.spec.backoff_limit
    if job.spec.template.spec.restart_policy != "OnFailure" or limit is None:
        return False
    running = (one.status for one in pods if one.status.phase in ("Running", "Pending"))
    restarts = sum(
        one.restart_count for status in running for one in (*status.init_container_statuses, *status.container_statuses)
    )
    return restarts >= max(limit, 1)


def _too_many_indexes_failed(session: Session) -> Condition | None:
    spec, now = session.job.spec, session.view.timestamp()
    failed = total(session.failed_indexes or ())
    if spec.max_failed_indexes is not None and failed > spec.max_failed_indexes:
        message = "Job has exceeded the specified maximal number of failed indexes"
        return failure_condition("MaxFailedIndexesExceeded", message, now)
    if failed and failed + total(session.succeeded_indexes) >= completions(session.job):
        return failure_condition("FailedIndexes", "Job has failed indexes", now)
    return None


def _still_tracked(view: View, removed: Doomed) -> bool:
    """Tell whether the cache shows the finalizer of a pod that has lost it."""
    found = view.get(removed.key)
    return isinstance(found, Pod) and found.metadata.uid == removed.uid and has_finalizer(found)


def _new(session: Session, uncounted: Iterable[str], pods: Iterable[Pod]) -> list[Pod]:
    """Return those of the pods that neither the status nor the `uncounted` ones account for."""
    known = session.removed.union(uncounted)
    asked_for = (one for one in pods if not is_indexed(session.job) or index_of(session.job, one) is not None)
    return [one for one in asked_for if has_finalizer(one) and one.metadata.uid not in known]
