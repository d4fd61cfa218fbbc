"""What holds of Jobs: never more pods than may run, no index twice, and an end that is for good.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kcore.api.batch.job import Job
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import NO_LOSS, Invariant, law
from kcore.invariants.pods import active, ended, name, pods_of
from kcore.invariants.recent import Standing, changes_of, versions
from kcore.machine import Culprits, Finding

INDEX = "batch.kubernetes.io/job-completion-index"
_UPSTREAM = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job"


def pods_within_parallelism(state: ClusterState) -> Finding:
    """Tell whether no Job has more active pods than may run at once, or might of late."""
    for job in _jobs(state):
        pods = [pod for pod in pods_of(state.store, job) if active(pod)]
        if len(pods) <= _parallelism(job):
            continue
        most = max(_parallelism(one) for one in versions(state, key_of(job)) if isinstance(one, Job))
        if len(pods) > most:
            return Culprits(f"{len(pods)} pods where {most} may run", name(job), *map(name, pods))
    return True


def indexes_run_once(state: ClusterState) -> Finding:
    """Tell whether no two pods of a Job run for one index; under the policy Failed those that are leaving run, too."""
    for job in _jobs(state):
        by_index: dict[str, list[Pod]] = defaultdict(list)
        for pod in pods_of(state.store, job):
            index = pod.metadata.annotations.get(INDEX)
            if index is not None and (active(pod) or (_waits_for_the_end(job) and not ended(pod))):
                by_index[index].append(pod)
        for index, pods in sorted(by_index.items()):
            if len(pods) > 1:
                return Culprits(f"index {index} runs {len(pods)} times", name(job), *map(name, pods))
    return True


def ends_are_for_good(state: ClusterState) -> Finding:
    """Tell whether a Job that was complete or failed is so still, and none is both."""
    for change in changes_of(state, "Job"):
        if isinstance(change.old, Job) and isinstance(change.new, Job) and _ends(change.old) - _ends(change.new):
            return Culprits("it had ended and has no more", str(change.key))
    for job in _jobs(state):
        if len(_ends(job)) > 1:
            return Culprits("it is complete and has failed", name(job))
    return True


def _jobs(state: ClusterState) -> Iterator[Job]:
    return (one for one in state.store.list("Job") if isinstance(one, Job))


def _parallelism(job: Job) -> int:
    return 1 if job.spec.parallelism is None else job.spec.parallelism


def _waits_for_the_end(job: Job) -> bool:
    """Tell whether a pod is replaced only when it has ended."""
    return job.spec.pod_replacement_policy == "Failed" or job.spec.pod_failure_policy is not None


def _ends(job: Job) -> set[str]:
    conditions = job.status.conditions
    return {one.type for one in conditions if one.type in ("Complete", "Failed") and one.status == "True"}


def _some_full(state: ClusterState) -> Finding:
    return any(0 < _parallelism(job) <= sum(map(active, pods_of(state.store, job))) for job in _jobs(state))


def _some_index(state: ClusterState) -> Finding:
    return any(INDEX in pod.metadata.annotations for job in _jobs(state) for pod in pods_of(state.store, job))


def _some_ended(state: ClusterState) -> Finding:
    return any(map(_ends, _jobs(state)))


_ASSUMED = (
    "nobody makes pods by hand that it adopts",
    "no answer to a creation is lost: its controller would make another pod before it hears of the first",
)

INVARIANTS: tuple[Invariant, ...] = (
    law(
        "job-within-parallelism",
        "A Job never has more active pods than may run at once, those aside that might before.",
        Standing(pods_within_parallelism, "Job", "Pod"),
        _some_full,
        assumes=_ASSUMED,
        timings=NO_LOSS,
        upstream=f"{_UPSTREAM}/job_controller.go",
    ),
    law(
        "job-index-runs-once",
        "No index of a Job has two pods at once, those that are leaving counted where they are waited for.",
        Standing(indexes_run_once, "Job", "Pod"),
        _some_index,
        assumes=_ASSUMED,
        timings=NO_LOSS,
        upstream=f"{_UPSTREAM}/indexed_job_utils.go",
    ),
    law(
        "job-ends-for-good",
        "A Job that is complete or has failed stays so, and is never both.",
        Standing(ends_are_for_good, "Job"),
        _some_ended,
        assumes=("nobody else writes its status",),
        upstream=f"{_UPSTREAM}/job_controller.go",
    ),
)
