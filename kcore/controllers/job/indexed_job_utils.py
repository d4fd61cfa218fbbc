"""Indexes: which index a pod of an Indexed Job has, which have succeeded and failed, and which are to be made.

Models the index in an annotation, a label, an environment variable and the hostname; failure counts by index, which go
from a failed pod to the one that takes its place; and the failed pod that stays for that purpose until it is replaced.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/indexed_job_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kcore.api.batch.job import Job
from kcore.api.core.container import Container
from kcore.api.core.env import EnvVar, EnvVarSource, ObjectFieldSelector
from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.evolve import evolve
from kcore.controllers.job.backoff_utils import finished_time
from kcore.controllers.job.intervals import Intervals, atoi, has, merge, parse, with_indexes
from kcore.controllers.job.pod_failure_policy import FAIL_INDEX, match_pod_failure_policy
from kcore.controllers.job.pods import completions, has_finalizer, is_pod_failed

INDEX = "batch.kubernetes.io/job-completion-index"
"""The annotation and label that say which index a pod has."""

FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count"
IGNORED_FAILURE_COUNT = "batch.kubernetes.io/job-index-ignored-failure-count"
"""The annotations that say how many pods of the index failed before, those that count and those that do not."""

INDEX_VARIABLE = "JOB_COMPLETION_INDEX"

MAX_GENERATED_NAME = 58
"""The longest prefix of a generated name, bytes."""

_MOST = 2**31 - 1


def is_indexed(job: Job) -> bool:
    """Tell whether each completion has an index."""
    return job.spec.completion_mode == "Indexed"


def has_limit_per_index(job: Job) -> bool:
    """Tell whether failures are counted by index."""
    return job.spec.backoff_limit_per_index is not None


def completion_index(pod: Pod) -> int | None:
    """Return the index of the pod; None when it has none."""
    index = atoi(pod.metadata.annotations.get(INDEX, ""))
    return None if index is None or index < 0 else index


def index_of(job: Job, pod: Pod) -> int | None:
    """Return the index of the pod if it is one that the Job asks for."""
    index = completion_index(pod)
    return index if index is not None and index < completions(job) else None


def indexes(pods: Iterable[Pod]) -> set[int]:
    """Return the indexes that the pods have."""
    return {index for index in map(completion_index, pods) if index is not None}


def succeeded_indexes(job: Job, pods: Iterable[Pod]) -> tuple[Intervals, Intervals]:
    """Return the indexes that have succeeded by the status, and those that have by now."""
    before = parse(job.status.completed_indexes, completions(job))
    now = {index_of(job, one) for one in pods if one.status.phase == "Succeeded" and has_finalizer(one)}
    return before, with_indexes(before, (index for index in now if index is not None))


def failed_indexes(job: Job, pods: Iterable[Pod]) -> Intervals:
    """Return the indexes that have failed for good by now."""
    before = parse(job.status.failed_indexes or "", completions(job))
    now = {index_of(job, one) for one in pods if has_finalizer(one) and _is_index_failed(job, one)}
    return with_indexes(before, (index for index in now if index is not None))


def _is_index_failed(job: Job, pod: Pod) -> bool:
    if not is_pod_failed(pod, job):
        return False
    match = match_pod_failure_policy(job.spec.pod_failure_policy, pod)
    if match.action == FAIL_INDEX:
        return True
    return match.counts and _count(pod, FAILURE_COUNT) >= (job.spec.backoff_limit_per_index or 0)


def absolute_failure_count(pod: Pod) -> int:
    """Return how many pods of its index failed before this one."""
    return _count(pod, FAILURE_COUNT) + _count(pod, IGNORED_FAILURE_COUNT)


def _count(pod: Pod, annotation: str) -> int:
    count = atoi(pod.metadata.annotations.get(annotation, ""))
    return 0 if count is None or not 0 <= count <= _MOST else count


def latest_failed(job: Job, failed: Iterable[Pod], over: Intervals, active: set[int]) -> dict[int, Pod]:
    """Return the last failed pod of each index that is neither `over` nor `active`: the one that is to be replaced."""
    latest: dict[int, Pod] = {}
    for pod in failed:
        index = index_of(job, pod)
        if index is None or has(over, index) or index in active:
            continue
        known = latest.get(index)
        if known is None or (
            absolute_failure_count(known) <= absolute_failure_count(pod) and finished_time(pod) >= finished_time(known)
        ):
            latest[index] = pod
    return latest


def first_pending(over: Iterable[Intervals], taken: Iterable[int], count: int, most: int) -> list[int]:
    """Return the first `count` indexes below `most` that are neither `over` nor `taken`."""
    busy: Intervals = with_indexes((), taken)
    for one in over:
        busy = merge(busy, one)
    pending: list[int] = []
    candidate = 0
    for interval in busy:
        pending += range(candidate, min(interval.first, most, candidate + count - len(pending)))
        candidate = max(candidate, interval.last + 1)
    pending += range(candidate, min(most, candidate + count - len(pending)))
    return pending


def template_with_index(job: Job, index: int, replaced: Mapping[int, Pod]) -> PodTemplateSpec:
    """Return the template of the pod with `index`; `replaced` are the failed pods that are to be replaced by index."""
    template = job.spec.template
    annotations = template.metadata.annotations.set(INDEX, str(index))
    if has_limit_per_index(job):
        annotations = annotations.update(dict(_failure_counts(job, replaced.get(index))))
    metadata = evolve(
        template.metadata, annotations=annotations, labels=template.metadata.labels.set(INDEX, str(index))
    )
    spec = evolve(
        template.spec,
        hostname=f"{job.metadata.name}-{index}",
        init_containers=tuple(map(_with_index, template.spec.init_containers)),
        containers=tuple(map(_with_index, template.spec.containers)),
    )
    return evolve(template, metadata=metadata, spec=spec)


def generate_name(job: Job, index: int) -> str:
    """Return the prefix of the name of the pod with `index`, cut to the longest that there may be."""
    end = f"-{index}-"
    return job.metadata.name[: MAX_GENERATED_NAME - len(end)] + end


def _failure_counts(job: Job, replaced: Pod | None) -> Iterator[tuple[str, str]]:
    """Yield the annotations that say how often the index has failed, the pod that is `replaced` counted too."""
    failures = ignored = 0
    if replaced is not None:
        counts = match_pod_failure_policy(job.spec.pod_failure_policy, replaced).counts
        failures = _count(replaced, FAILURE_COUNT) + counts
        ignored = _count(replaced, IGNORED_FAILURE_COUNT) + (not counts)
    yield FAILURE_COUNT, str(failures)
    if ignored:
        yield IGNORED_FAILURE_COUNT, str(ignored)


def _with_index(container: Container) -> Container:
    if any(one.name == INDEX_VARIABLE for one in container.env):
        return container
    source = EnvVarSource(field_ref=ObjectFieldSelector(field_path=f"metadata.labels['{INDEX}']"))
    return evolve(container, env=(*container.env, EnvVar(name=INDEX_VARIABLE, value_from=source)))
