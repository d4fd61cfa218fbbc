"""Managing: how many pods run, which are made and which are removed.

Models the wish for as many active pods as the parallelism and the missing completions allow, the removal of pods that
are too many or have an index twice, creation in slow-start batches once the back-off is over, and at most 500 of either
in a sync. While a Job waits for its back-off it says that no pod is active, as upstream does.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/job_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import attrs

from kcore.api.batch.job import Job
from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.apiserver.request import Request, Response, Verb
from kcore.controllers.job.backoff_utils import held_until, index_held_until
from kcore.controllers.job.indexed_job_utils import (
    absolute_failure_count,
    completion_index,
    first_pending,
    generate_name,
    has_limit_per_index,
    indexes,
    is_indexed,
    template_with_index,
)
from kcore.controllers.job.pods import (
    FINALIZER,
    completions,
    has_finalizer,
    is_suspended,
    only_replaces_failed,
    removal_order,
    remove_finalizer,
)
from kcore.controllers.job.session import Session, problem_of
from kcore.reconcile.expectations import Doomed, awaiting
from kcore.reconcile.ownership import controller_ref
from kcore.reconcile.podutil import is_pod_ready, is_pod_terminating, pod_from_template
from kcore.reconcile.program import Program, ask, go_on
from kcore.reconcile.slowstart import failed_to_create, slow_start
from kcore.reconcile.together import together

MAX_POD_CREATE_DELETE_PER_SYNC = 500
"""How many pods one sync creates or removes at most."""

BATCH_PERIOD = 1000
"""The least delay, ms, with which a sync is asked for because pods are made later."""


@attrs.frozen(kw_only=True)
class Managed:
    """How many pods are active after all, and why something failed ("": nothing did)."""

    active: int
    problem: str = ""


class Removal(NamedTuple):
    """How the removal of one pod went: whether it is gone, whether a ready one went, and why not."""

    gone: bool
    ready: bool
    problem: str = ""


def manage_job(session: Session) -> Program[Managed]:
    """Create or remove pods."""
    job, active = session.job, len(session.active)
    wanted = 0 if is_suspended(job) else want_active(session)
    doomed = active_pods_for_removal(job, session.active, max(active - wanted, 0))
    if is_suspended(job):
        return (yield from _delete_job_pods(session, doomed))
    if doomed:
        return (yield from _delete_job_pods(session, doomed[:MAX_POD_CREATE_DELETE_PER_SYNC]))
    terminating = session.terminating if only_replaces_failed(job) else 0
    missing = wanted - terminating - active
    if missing <= 0:
        return Managed(active=active)
    return (yield from _create(session, missing))


def want_active(session: Session) -> int:
    """Return how many pods are to be active."""
    spec = session.job.spec
    parallelism = 1 if spec.parallelism is None else spec.parallelism
    if spec.completions is None:
        return len(session.active) if session.succeeded > 0 else parallelism
    return max(min(spec.completions - session.succeeded, parallelism), 0)


def active_pods_for_removal(job: Job, active: Sequence[Pod], at_least: int) -> list[Pod]:
    """Return the pods to remove: those without an index of their own, and so many in all if there are fewer."""
    removed, left = _without_duplicates(job, active) if is_indexed(job) else ([], list(active))
    more = max(at_least - len(removed), 0)
    return removed + sorted(left, key=removal_order)[:more]


def _without_duplicates(job: Job, active: Iterable[Pod]) -> tuple[list[Pod], list[Pod]]:
    """Return the pods that have no index, one not asked for, or another's; and one pod for each index."""
    removed, by_index = [], dict[int, list[Pod]]()
    for pod in sorted(active, key=removal_order):
        index = completion_index(pod)
        if index is None or index >= completions(job):
            removed.append(pod)
        else:
            by_index.setdefault(index, []).append(pod)
    groups = [by_index[index] for index in sorted(by_index)]
    return removed + [pod for group in groups for pod in group[:-1]], [group[-1] for group in groups]


def delete_active_pods(session: Session) -> Program[Managed]:
    """Delete the active pods of a Job that has ended; their finalizers stay until they are counted."""
    active = len(session.active)
    answers = yield tuple(go_on(_delete(pod)) for pod in session.active)
    problems = [problem_of(one) for one in answers if not one.ok and one.reason != "NotFound"]
    _tell_deleted(session, session.active, answers)
    session.terminating += active - len(problems)
    session.ready -= sum(map(is_pod_ready, session.active))
    return Managed(active=len(problems), problem=problems[0] if problems else "")


def _delete_job_pods(session: Session, doomed: Sequence[Pod]) -> Program[Managed]:
    """Remove pods that are too many: they count neither as succeeded nor as failed."""
    removals = yield from together(_remove(session, pod) for pod in doomed)
    gone = sum(one.gone for one in removals)
    session.terminating += gone
    session.ready -= sum(one.ready for one in removals)
    problems = [one.problem for one in removals if one.problem]
    return Managed(active=len(session.active) - gone, problem=problems[0] if problems else "")


def _remove(session: Session, pod: Pod) -> Program[Removal]:
    if has_finalizer(pod):
        answer = yield from ask(remove_finalizer(pod))
        session.wrote((answer,))
        if not answer.ok:
            return _removal(answer, ready=False)
    answer = yield from ask(_delete(pod))
    _tell_deleted(session, (pod,), (answer,))
    if answer.ok:
        doomed = (*session.expectations.doomed, Doomed(key_of(pod), pod.metadata.uid))
        session.expectations = evolve(session.expectations, doomed=doomed, since=awaiting(session.view.now()))
    return _removal(answer, ready=is_pod_ready(pod))


def _removal(answer: Response, *, ready: bool) -> Removal:
    if answer.ok or answer.reason == "NotFound":
        return Removal(gone=True, ready=ready)
    return Removal(gone=False, ready=ready, problem=problem_of(answer))


def _create(session: Session, missing: int) -> Program[Managed]:
    """Create so many pods, those of the first pending indexes if the Job is Indexed, as far as the back-off lets."""
    job, held, active = session.job, None, len(session.active)
    if not has_limit_per_index(job):
        held = held_until(session.backoff, session.view.elapsed)
    templates = [_tracked(job.spec.template)] * min(missing, MAX_POD_CREATE_DELETE_PER_SYNC)
    names = [""] * len(templates)
    if held is None and is_indexed(job):
        pending, held = _pending(session, len(templates))
        templates = [_tracked(template_with_index(job, index, session.delayed)) for index in pending]
        names = [generate_name(job, index) for index in pending]
    if held is not None:
        session.wakes.append(max(held, session.view.now() + BATCH_PERIOD))
        return Managed(active=0)
    pods = [_pod(job, template, name) for template, name in zip(templates, names, strict=True)]
    requests = [Request(verb=Verb.CREATE, key=key_of(pod), body=pod) for pod in pods]
    answers = yield from slow_start(requests)
    failures = [problem_of(one) for one in answers if failed_to_create(one)]
    _expect(session, answers)
    return Managed(active=active + len(answers) - len(failures), problem=failures[0] if failures else "")


def _pending(session: Session, count: int) -> tuple[list[int], int | None]:
    """Return the indexes to make pods for, or when (ms since 1970) the first of them may be made."""
    job = session.job
    taken = indexes(session.active)
    if only_replaces_failed(job):
        taken |= indexes(filter(is_pod_terminating, session.pods))
    over = (session.succeeded_indexes, session.failed_indexes or ())
    pending = first_pending(over, taken, count, completions(job))
    if not has_limit_per_index(job):
        return pending, None
    held = {index: _index_held(session, session.delayed.get(index)) for index in pending}
    now = [index for index, at in held.items() if at is None]
    return now, None if now else min((at for at in held.values() if at is not None), default=None)


def _index_held(session: Session, replaced: Pod | None) -> int | None:
    failures = absolute_failure_count(replaced) if replaced else 0
    return index_held_until(failures, replaced, session.view.elapsed)


def _expect(session: Session, answers: Iterable[Response]) -> None:
    """Await the pods that were made, and in vain those that were not because their namespace ends; tell of both."""
    vain = 0
    for one in answers:
        if one.ok:
            session.tell("SuccessfulCreate", f"Created pod: {one.object.metadata.name if one.object else ''}")
        elif failed_to_create(one):
            session.tell("FailedCreate", f"Error creating: {problem_of(one)}", warning=True)
        else:
            vain += 1
    if vain:
        session.expectations = evolve(session.expectations, vain=vain, since=awaiting(session.view.now()))
    session.wrote(answers)


def _tracked(template: PodTemplateSpec) -> PodTemplateSpec:
    """Return the template of pods that are tracked."""
    finalizers = template.metadata.finalizers
    if FINALIZER in finalizers:
        return template
    return evolve(template, metadata=evolve(template.metadata, finalizers=(*finalizers, FINALIZER)))


def _pod(job: Job, template: PodTemplateSpec, name: str) -> Pod:
    pod = pod_from_template(template, job, controller_ref(job))
    return evolve(pod, metadata=evolve(pod.metadata, generate_name=name)) if name else pod


def _delete(pod: Pod) -> Request:
    return Request(verb=Verb.DELETE, key=key_of(pod))


def _tell_deleted(session: Session, pods: Iterable[Pod], answers: Iterable[Response]) -> None:
    for pod, answer in zip(pods, answers, strict=True):
        if answer.ok:
            session.tell("SuccessfulDelete", f"Deleted pod: {pod.metadata.name}")
        elif answer.reason != "NotFound":
            session.tell("FailedDelete", f"Error deleting: {problem_of(answer)}", warning=True)
