"""The pods of a Job as it sees them: tracked by a finalizer, failed, and in the order in which they are removed.

Models the finalizer that keeps a pod until it is counted, and what counts as failed: under the policy
TerminatingOrFailed also a pod that is being deleted.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/tracking_utils.go
Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.batch.job import Job
from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.resources import is_sidecar
from kcore.api.times import Time
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.reconcile.podutil import is_pod_ready, ready_since

FINALIZER = "batch.kubernetes.io/job-tracking"
"""The finalizer of the pods that are not counted yet."""

_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}
_STRATEGIC = Options(patch_type=PatchType.STRATEGIC)


def has_finalizer(pod: Pod) -> bool:
    """Tell whether the pod is not counted yet."""
    return FINALIZER in pod.metadata.finalizers


def completions(job: Job) -> int:
    """Return how many completions an Indexed Job asks for."""
    return job.spec.completions or 0


def is_suspended(job: Job) -> bool:
    """Tell whether the Job is not to run for now."""
    return bool(job.spec.suspend)


def only_replaces_failed(job: Job) -> bool:
    """Tell whether a pod is replaced only when it has ended, and not already while it is being deleted."""
    return job.spec.pod_replacement_policy == "Failed" or job.spec.pod_failure_policy is not None


def is_pod_failed(pod: Pod, job: Job) -> bool:
    """Tell whether the pod counts as failed."""
    if pod.status.phase == "Failed":
        return True
    going = pod.metadata.deletion_timestamp is not None and pod.status.phase != "Succeeded"
    return going and not only_replaces_failed(job)


def remove_finalizer(pod: Pod) -> Request:
    """Return the request that takes the finalizer from the pod."""
    body = Json.of({"metadata": {"$deleteFromPrimitiveList/finalizers": [FINALIZER]}})
    return Request(verb=Verb.PATCH, key=key_of(pod), body=body, options=_STRATEGIC)


def removal_order(pod: Pod) -> tuple[Any, ...]:
    """Return the key by which active pods are sorted, first to be removed first; equal ones by name."""
    ready = is_pod_ready(pod)
    sidecars = {one.name for one in pod.spec.init_containers if is_sidecar(one)}
    beside = (one.restart_count for one in pod.status.init_container_statuses if one.name in sidecars)
    return (
        bool(pod.spec.node_name),
        _PHASES.get(pod.status.phase, 0),
        ready,
        _latest_first(ready_since(pod)) if ready else (False, 0),
        -max((one.restart_count for one in pod.status.container_statuses), default=0),
        -max(beside, default=0),
        _latest_first(pod.metadata.creation_timestamp),
        pod.metadata.name,
    )


def _latest_first(at: Time | None) -> tuple[bool, int]:
    """Return the sort key of a time: none at all before the latest before the earliest."""
    return (at is not None, -(at or 0))
