"""Tracking: each ended pod is counted once, whatever happens between two writes.

Models the protocol of `uncountedTerminatedPods`: the uids of pods that ended are written into the status first, then
their finalizers are removed, and only then do they move from the uids to the counts, so that a pod is either tracked or
counted. The indexes of an Indexed Job need no uids: an index is completed once. At most 500 pods are dealt with in a
sync. The interim conditions are written before finalizers go, the terminal ones after.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kcore.api.batch.job import JobStatus, UncountedTerminatedPods
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.controllers.job.conditions import (
    COMPLETE,
    FAILURE_TARGET,
    SUCCESS_CRITERIA_MET,
    ensure,
    is_success,
    new_condition,
    terminal,
    true_condition,
)
from kcore.controllers.job.indexed_job_utils import completion_index, has_limit_per_index, index_of, is_indexed
from kcore.controllers.job.intervals import has, text_of, total, with_indexes
from kcore.controllers.job.pod_failure_policy import match_pod_failure_policy
from kcore.controllers.job.pods import has_finalizer, is_pod_failed, remove_finalizer
from kcore.controllers.job.session import NO_UNCOUNTED, Session, problem_of
from kcore.reconcile.expectations import Doomed
from kcore.reconcile.program import Program, go_on

MAX_UNCOUNTED_PODS = 500
"""How many pods one sync counts at most."""


@attrs.define(kw_only=True)
class Tally:
    """The pods whose finalizers are to go, what they add to the uncounted ones, and whether some are left for later."""

    to_remove: list[Pod] = attrs.Factory(list)
    succeeded: list[str] = attrs.Factory(list)
    failed: list[str] = attrs.Factory(list)
    indexes: list[int] = attrs.Factory(list)
    needs_flush: bool = False
    full: bool = False


def track_job_status_and_remove_finalizers(session: Session, *, needs_flush: bool) -> Program[str]:
    """Count the pods that ended, write the status and end the Job if it has; return why that failed, "" if not."""
    tracked = {pod.metadata.uid for pod in _tracked(session)}
    cleaned = _clean_uncounted(session, tracked)
    tally = _tally(session)
    needs_flush |= cleaned | tally.needs_flush
    needs_flush |= _write_down(session, tally)
    needs_flush |= _write_down_interim(session)
    problem, needs_flush = yield from _flush_and_remove_finalizers(session, tally, tracked, needs_flush=needs_flush)
    if problem:
        return problem
    finished = None if tally.full else _enact_finished(session)
    if needs_flush or finished is not None:
        answer = yield from session.update_status()
        if not answer.ok:
            return f"removing uncounted pods from status: {problem_of(answer)}"
        if finished is not None:
            _tell_finished(session, finished)
    return ""


def _tracked(session: Session) -> list[Pod]:
    """Return the pods that have their finalizer, as far as is known; those of an Indexed Job by index."""
    pods = [pod for pod in session.pods if has_finalizer(pod) and pod.metadata.uid not in session.removed]
    return sorted(pods, key=_by_index) if is_indexed(session.job) else pods


def _by_index(pod: Pod) -> int:
    index = completion_index(pod)
    return -1 if index is None else index


def _tally(session: Session) -> Tally:
    tally = Tally()
    job, uncounted = session.job, session.job.status.uncounted_terminated_pods or NO_UNCOUNTED
    for pod in _tracked(session):
        failed = is_pod_failed(pod, job)
        if not _can_remove_finalizer(session, pod, failed=failed):
            continue
        tally.to_remove.append(pod)
        if pod.status.phase == "Succeeded" and pod.metadata.uid not in session.uncounted.failed:
            _tally_succeeded(session, tally, pod)
        elif failed or (session.finished is not None and not is_success(session.finished)):
            _tally_failed(session, tally, pod)
        counted = (uncounted.succeeded, uncounted.failed, tally.succeeded, tally.failed, tally.indexes)
        if sum(map(len, counted)) >= MAX_UNCOUNTED_PODS:
            tally.full = True
            break
    return tally


def _can_remove_finalizer(session: Session, pod: Pod, *, failed: bool) -> bool:
    """Tell whether the pod needs not be tracked any more: it has ended, and none waits to take over its failures."""
    job = session.job
    going = job.metadata.deletion_timestamp is not None
    if going or session.finished is not None or pod.status.phase == "Succeeded":
        return True
    if not failed or not has_limit_per_index(job):
        return failed
    index = completion_index(pod)
    waiting = None if index is None else session.delayed.get(index)
    return waiting is None or waiting.metadata.uid != pod.metadata.uid


def _tally_succeeded(session: Session, tally: Tally, pod: Pod) -> None:
    if is_indexed(session.job):
        index = index_of(session.job, pod)
        if index is not None and not has(session.before, index):
            tally.indexes.append(index)
            tally.needs_flush = True
    elif pod.metadata.uid not in session.uncounted.succeeded:
        tally.succeeded.append(pod.metadata.uid)
        tally.needs_flush = True


def _tally_failed(session: Session, tally: Tally, pod: Pod) -> None:
    asked_for = not is_indexed(session.job) or index_of(session.job, pod) is not None
    if pod.metadata.uid in session.uncounted.failed or not asked_for:
        return
    if match_pod_failure_policy(session.job.spec.pod_failure_policy, pod).counts:
        tally.failed.append(pod.metadata.uid)
        tally.needs_flush = True


def _write_down(session: Session, tally: Tally) -> bool:
    """Put uids and indexes into the status; tell whether the indexes changed."""
    known = session.job.status.uncounted_terminated_pods or NO_UNCOUNTED
    uncounted = evolve(known, succeeded=(*known.succeeded, *tally.succeeded), failed=(*known.failed, *tally.failed))
    session.set_status(uncounted_terminated_pods=uncounted)
    if not is_indexed(session.job):
        return False
    session.succeeded_indexes = with_indexes(session.succeeded_indexes, tally.indexes)
    status = session.job.status
    completed = text_of(session.succeeded_indexes)
    failed = None if session.failed_indexes is None else text_of(session.failed_indexes)
    session.set_status(succeeded=total(session.succeeded_indexes), completed_indexes=completed, failed_indexes=failed)
    return (completed, failed) != (status.completed_indexes, status.failed_indexes)


def _write_down_interim(session: Session) -> bool:
    """Put the interim condition of a Job that is to end into the status; tell whether it was not there."""
    interim, status = session.finished, session.job.status
    if interim is None:
        return False
    if interim.type == FAILURE_TARGET:
        session.set_status(conditions=(*status.conditions, interim))
        session.finished = terminal(interim, session.view.timestamp())
        return True
    if not is_success(interim):
        return False
    new = true_condition(session.job, SUCCESS_CRITERIA_MET) is None
    if new:
        session.set_status(conditions=(*status.conditions, interim))
    session.finished = terminal(interim, session.view.timestamp())
    return new


def _flush_and_remove_finalizers(
    session: Session, tally: Tally, tracked: set[str], *, needs_flush: bool
) -> Program[tuple[str, bool]]:
    """Write the status if need be, then remove finalizers; return why that failed and whether more is to be written."""
    if needs_flush:
        answer = yield from session.update_status()
        if not answer.ok:
            return f"adding uncounted pods to status: {problem_of(answer)}", True
        session.flushed = True
    problem = yield from _remove_finalizers(session, tally.to_remove, tracked)
    needs_flush = _clean_uncounted(session, tracked)
    if problem and needs_flush:
        answer = yield from session.update_status()
        problem = problem if answer.ok else f"removing uncounted pods from status: {problem_of(answer)}"
    return problem, needs_flush


def _remove_finalizers(session: Session, pods: Iterable[Pod], tracked: set[str]) -> Program[str]:
    """Remove the finalizers of `pods`, and the pods that have lost theirs from those `tracked`."""
    pods = tuple(pods)
    answers = yield tuple(go_on(remove_finalizer(pod)) for pod in pods)
    problems = []
    for pod, answer in zip(pods, answers, strict=True):
        if answer.ok or answer.reason == "NotFound":
            tracked.discard(pod.metadata.uid)
        else:
            problems.append(problem_of(answer))
        if answer.ok:
            session.removals += (Doomed(key_of(pod), pod.metadata.uid),)
    session.wrote(answers)
    return problems[0] if problems else ""


def _clean_uncounted(session: Session, tracked: set[str]) -> bool:
    """Move the uids of pods that have lost their finalizers to the counts; tell whether there were any."""
    status: JobStatus = session.job.status
    uncounted = status.uncounted_terminated_pods or NO_UNCOUNTED
    succeeded = tuple(uid for uid in uncounted.succeeded if uid in tracked)
    failed = tuple(uid for uid in uncounted.failed if uid in tracked)
    left = UncountedTerminatedPods(succeeded=succeeded, failed=failed)
    if left == uncounted:
        return False
    session.set_status(
        uncounted_terminated_pods=left,
        succeeded=status.succeeded + len(uncounted.succeeded) - len(succeeded),
        failed=status.failed + len(uncounted.failed) - len(failed),
    )
    return True


def _enact_finished(session: Session) -> Condition | None:
    """End the Job if it is to end and no pod is uncounted or terminating; return the condition in which it ended."""
    finished, status = session.finished, session.job.status
    uncounted = status.uncounted_terminated_pods or NO_UNCOUNTED
    if finished is None or uncounted.succeeded or uncounted.failed or session.terminating > 0:
        return None
    now = session.view.timestamp()
    ended = new_condition(finished.type, finished.status, finished.reason, finished.message, now)
    session.set_status(conditions=ensure(status.conditions, ended))
    if finished.type == COMPLETE:
        session.set_status(completion_time=finished.last_transition_time)
    return finished


def _tell_finished(session: Session, finished: Condition) -> None:
    job = session.job
    if finished.type != COMPLETE:
        session.tell(finished.reason, finished.message, warning=True)
        return
    if job.spec.completions is not None and job.status.succeeded > job.spec.completions:
        message = "Too many succeeded pods running after completion count reached"
        session.tell("TooManySucceededPods", message, warning=True)
    session.tell("Completed", "Job completed")
