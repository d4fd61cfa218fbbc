"""Job: pods that run to completion, so many of them.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/batch/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.pod import NO_TEMPLATE, PodTemplateSpec
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.meta.objectmeta import EMPTY_META, ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class PodFailurePolicyOnExitCodesRequirement(Struct):
    """Exit codes of one container, or of any: `operator` is In or NotIn."""

    container_name: str | None = None
    operator: str = wire(default="", always=True)
    values: tuple[int, ...] = wire(default=(), always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class PodFailurePolicyOnPodConditionsPattern(Struct):
    """A condition of a pod and the status that it has."""

    type: str = wire(default="", always=True)
    status: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class PodFailurePolicyRule(Struct):
    """What a failed pod leads to: `action` is FailJob, FailIndex, Ignore or Count."""

    action: str = wire(default="", always=True)
    on_exit_codes: PodFailurePolicyOnExitCodesRequirement | None = None
    on_pod_conditions: tuple[PodFailurePolicyOnPodConditionsPattern, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class PodFailurePolicy(Struct):
    """Rules for failed pods, of which the first that matches counts."""

    rules: tuple[PodFailurePolicyRule, ...] = wire(default=(), always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class SuccessPolicyRule(Struct):
    """Which indexes ("0,2-4"), or how many of these or of all, are enough."""

    succeeded_indexes: str | None = None
    succeeded_count: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class SuccessPolicy(Struct):
    """Rules by which an Indexed Job has succeeded before all of its indexes have."""

    rules: tuple[SuccessPolicyRule, ...] = wire(default=(), always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class JobSpec(Struct):
    """The desired pods; durations are in seconds.

    `completion_mode` is NonIndexed or Indexed, `pod_replacement_policy` TerminatingOrFailed or Failed.
    """

    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None
    pod_failure_policy: PodFailurePolicy | None = None
    success_policy: SuccessPolicy | None = None
    backoff_limit: int | None = None
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    selector: LabelSelector | None = None
    manual_selector: bool | None = None
    template: PodTemplateSpec = NO_TEMPLATE
    ttl_seconds_after_finished: int | None = None
    completion_mode: str | None = None
    suspend: bool | None = None
    pod_replacement_policy: str | None = None
    managed_by: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class UncountedTerminatedPods(Struct):
    """The uids of pods that have ended and are not in the counts yet."""

    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class JobStatus(Struct):
    """The observed pods, as counts and as lists of indexes ("0,2-4")."""

    conditions: tuple[Condition, ...] = ()
    start_time: Time | None = None
    completion_time: Time | None = None
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    terminating: int | None = None
    completed_indexes: str = ""
    failed_indexes: str | None = None
    uncounted_terminated_pods: UncountedTerminatedPods | None = None
    ready: int | None = None


NO_JOB_SPEC = JobSpec()
_NO_STATUS = JobStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class Job(ApiObject):
    """A piece of work, desired and observed."""

    spec: JobSpec = NO_JOB_SPEC
    status: JobStatus = _NO_STATUS


@attrs.frozen(kw_only=True, cache_hash=True)
class JobTemplateSpec(Struct):
    """What the Jobs that a CronJob makes look like."""

    metadata: ObjectMeta = EMPTY_META
    spec: JobSpec = NO_JOB_SPEC


NO_JOB_TEMPLATE = JobTemplateSpec()
