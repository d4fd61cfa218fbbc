"""Orphans: pods that are tracked for a Job that is gone, over or not theirs any more lose their finalizer.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from kcore.api.batch.job import Job
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.client.turn import Call, Turn
from kcore.client.view import View
from kcore.controllers.job.conditions import is_finished
from kcore.controllers.job.pods import has_finalizer, remove_finalizer

CONTROLLER_NAME = "kubernetes.io/job-controller"
"""The name by which `managedBy` means this controller."""


def is_managed_elsewhere(job: Job) -> bool:
    """Tell whether another controller is to see to the Job."""
    return job.spec.managed_by is not None and job.spec.managed_by != CONTROLLER_NAME


def sync_orphan_pod(view: View, pod: Pod) -> Turn:
    """Remove the finalizer of the pod unless it belongs to a Job that counts it, or to something else."""
    reference = pod.metadata.controller
    if reference is not None:
        if (reference.kind, reference.api_version) != ("Job", "batch/v1"):
            return Turn()
        job = view.get(ObjectKey("Job", pod.metadata.namespace, reference.name))
        if isinstance(job, Job) and job.metadata.uid == reference.uid and not _is_over(job):
            return Turn()
    if not has_finalizer(pod):
        return Turn()
    return Turn(requests=(Call(request=remove_finalizer(pod), accepts=frozenset({"NotFound"})),))


def _is_over(job: Job) -> bool:
    """Tell whether this controller has no use for the pods of the Job any more."""
    return is_finished(job) and not is_managed_elsewhere(job)
