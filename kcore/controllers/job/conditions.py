"""Conditions of a Job: how it ends, in two steps, and whether it is suspended.

Models the interim conditions FailureTarget and SuccessCriteriaMet, which come before Failed and Complete: a Job has
ended only when each of its pods has and is counted.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from kcore.api.batch.job import Job
from kcore.api.meta.condition import Condition
from kcore.api.times import Time

COMPLETE = "Complete"
FAILED = "Failed"
SUSPENDED = "Suspended"
FAILURE_TARGET = "FailureTarget"
SUCCESS_CRITERIA_MET = "SuccessCriteriaMet"

Conditions = tuple[Condition, ...]


def new_condition(kind: str, status: str, reason: str, message: str, now: Time) -> Condition:
    """Return a condition that begins now."""
    return Condition(
        type=kind, status=status, last_probe_time=now, last_transition_time=now, reason=reason, message=message
    )


def success_condition(now: Time) -> Condition:
    """Return the condition of a Job that has as many completions as it asks for."""
    message = "Reached expected number of succeeded pods"
    return new_condition(SUCCESS_CRITERIA_MET, "True", "CompletionsReached", message, now)


def failure_condition(reason: str, message: str, now: Time) -> Condition:
    """Return the condition of a Job that is to fail."""
    return new_condition(FAILURE_TARGET, "True", reason, message, now)


def terminal(interim: Condition, now: Time) -> Condition:
    """Return the condition in which a Job of the interim condition ends."""
    kind = COMPLETE if interim.type == SUCCESS_CRITERIA_MET else FAILED
    return new_condition(kind, "True", interim.reason, interim.message, now)


def true_condition(job: Job, kind: str) -> Condition | None:
    """Return the condition of that type if it is True."""
    found = find(job.status.conditions, kind)
    return found if found is not None and found.status == "True" else None


def is_finished(job: Job) -> bool:
    """Tell whether the Job has ended."""
    return any(one.type in (COMPLETE, FAILED) and one.status == "True" for one in job.status.conditions)


def is_success(condition: Condition | None) -> bool:
    """Tell whether this is the interim condition of a Job that has succeeded."""
    return condition is not None and condition.type == SUCCESS_CRITERIA_MET and condition.status == "True"


def ensure(conditions: Conditions, wanted: Condition) -> Conditions:
    """Return the conditions with the `wanted` one; one that would be new and False is left out."""
    known = find(conditions, wanted.type)
    if known is None:
        return conditions if wanted.status == "False" else (*conditions, wanted)
    if (known.status, known.reason, known.message) == (wanted.status, wanted.reason, wanted.message):
        return conditions
    return tuple(wanted if one is known else one for one in conditions)


def find(conditions: Conditions, kind: str) -> Condition | None:
    """Return the first condition of that type."""
    return next((one for one in conditions if one.type == kind), None)
