"""Which Jobs, and which orphaned pods, a change is news for.

Models the handlers of the controller: each change of a Job is for itself, and once it is over or gone for those of its
pods that are still tracked; a pod is for its Job, and for the one before when it changed hands; one that nobody
controls is for all Jobs that select it, and one that is tracked for nobody is seen to by itself.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.batch.job import Job
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.controllers.job.conditions import is_finished
from kcore.controllers.job.pods import has_finalizer
from kcore.reconcile.ownership import is_controlled_by, is_of_others, resolve_controller


def watch_jobs(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at the Job that changed, and at its tracked pods if it is over or gone."""
    yield Work(LEADER, change.key)
    job = change.new or change.old
    if isinstance(job, Job) and (change.new is None or (change.old is not None and is_finished(job))):
        for pod in store.owned_by(job.metadata.uid):
            if isinstance(pod, Pod) and is_controlled_by(pod, job) and has_finalizer(pod):
                yield Work(LEADER, key_of(pod))


def watch_pods(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at each Job that may have to act on the change of a pod, or at the pod if none has."""
    if is_of_others(change, "Job"):
        return iter(())
    return (Work(LEADER, key) for key in dict.fromkeys(_concerned(change, store)))


def _concerned(change: Change, store: Store) -> Iterator[ObjectKey]:
    old, new = change.old, change.new
    if isinstance(new, Pod) and new.metadata.deletion_timestamp is None:
        yield from _of_pod(old, new, store)
    elif isinstance(new, Pod):
        yield from _of_deleted(new, store)
    elif isinstance(old, Pod):
        yield from _of_deleted(old, store)


def _of_pod(old: object, new: Pod, store: Store) -> Iterator[ObjectKey]:
    before = old.metadata.controller if isinstance(old, Pod) else None
    changed = isinstance(old, Pod) and before != new.metadata.controller
    if isinstance(old, Pod) and changed:
        yield from _controller(old, store)
    if new.metadata.controller is not None:
        yield from _controller(new, store)
        return
    if has_finalizer(new):
        yield key_of(new)
    if not isinstance(old, Pod) or changed or old.metadata.labels != new.metadata.labels:
        yield from _selecting(new, store)


def _of_deleted(pod: Pod, store: Store) -> Iterator[ObjectKey]:
    """Yield who has to act on a pod that is being deleted or gone."""
    job = resolve_controller(store, pod, Job)
    if job is not None and not is_finished(job):
        yield key_of(job)
    elif has_finalizer(pod):
        yield key_of(pod)


def _controller(pod: Pod, store: Store) -> Iterator[ObjectKey]:
    found = resolve_controller(store, pod, Job)
    if found is not None:
        yield key_of(found)


def _selecting(pod: Pod, store: Store) -> Iterator[ObjectKey]:
    """Yield the Jobs that select a pod."""
    for found in store.list("Job", pod.metadata.namespace):
        try:
            selects = isinstance(found, Job) and from_label_selector(found.spec.selector).matches(pod.metadata.labels)
        except SelectorError:
            continue
        if selects:
            yield key_of(found)
