"""Control: what a sync of a StatefulSet does about its pods, in order or all at once.

Models the ordered way, in which a pod is made when all before it are running, ready and available, and removed from the
last one down, one at a time; and the parallel way, in which everything is done at once, in batches that double. Scaling
goes before updates. A rolling update replaces one pod after the other from the last one down to the partition, and
waits for each: also for one that will never be ready, even if its template has been mended since. Such a pod waits for
a person to delete it.

Not modelled: the feature gate MaxUnavailableStatefulSet, which is off: one pod at a time is replaced.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset/stateful_set_control.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.statefulset import StatefulSet, StatefulSetStatus
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.controllers.statefulset.history import Revisions, apply_revision, get_revisions, truncate
from kcore.controllers.statefulset.session import GO_ON, LEAVE, Session, Step
from kcore.controllers.statefulset.stateful_pod_control import (
    claim_is_stale,
    claims_match_retention_policy,
    create_missing_claims,
    create_pod,
    delete_pod,
    update_claims_for_retention_policy,
    update_pod,
)
from kcore.controllers.statefulset.stateful_set_utils import (
    ON_DELETE,
    Predicate,
    allows_burst,
    desired,
    identity_matches,
    in_range,
    is_created,
    is_over,
    is_running_and_ready,
    is_terminating,
    new_versioned_pod,
    ordinal_of,
    partition,
    start_ordinal,
    storage_matches,
)
from kcore.controllers.statefulset.status import calculate_status, update_status
from kcore.reconcile.history import revision_of
from kcore.reconcile.podutil import is_pod_available
from kcore.reconcile.program import Program
from kcore.reconcile.together import together

MAX_BATCH_SIZE = 500
"""How many pods are looked after at once at most."""

GONE = frozenset({"NotFound"})
"""The refusals by which a pod that is to be replaced is gone all the same."""


@attrs.frozen(kw_only=True)
class Outcome:
    """What a sync came to: the status, None if it did not get that far, and why it failed ("": it did not)."""

    status: StatefulSetStatus | None = None
    problem: str = ""


@attrs.frozen(kw_only=True)
class Plan:
    """The pods of a set: `replicas` by ordinal, made or to be made next, and the `condemned`, the last one first."""

    session: Session
    updated_set: StatefulSet
    revisions: Revisions
    replicas: tuple[Pod, ...]
    condemned: tuple[Pod, ...]
    is_available: Predicate

    @property
    def owner(self) -> StatefulSet:
        """The set as the cache has it."""
        return self.session.owner

    @property
    def in_order(self) -> bool:
        """Tell whether one thing is done after the other."""
        return not allows_burst(self.owner)

    @property
    def first_unavailable(self) -> Pod | None:
        """The first replica that is not available, or else the condemned one with the lowest ordinal."""
        return next((pod for pod in (*self.replicas, *reversed(self.condemned)) if self.is_unavailable(pod)), None)

    def is_unavailable(self, pod: Pod) -> bool:
        """Tell whether the pod is not available or is being deleted."""
        return not self.is_available(pod) or is_terminating(pod)


def update_stateful_set(session: Session, pods: Sequence[Pod], known: Sequence[ControllerRevision]) -> Program[Outcome]:
    """Bring revisions, pods, status and history of the set one step further."""
    revisions = yield from get_revisions(session, known)
    if isinstance(revisions, str):
        yield from truncate(session, pods, known, None)
        return Outcome(problem=revisions)
    done = yield from _update_pods(session, pods, revisions)
    if done.status is not None:
        problem = yield from update_status(session, done.status)
        done = evolve(done, problem=done.problem or problem)
    problem = yield from truncate(session, pods, known, revisions)
    return evolve(done, problem=done.problem or problem)


def plan_of(session: Session, pods: Sequence[Pod], revisions: Revisions) -> Plan:
    """Return what there is of the set's pods, and what there is to be."""
    owner = session.owner
    condemned = [pod for pod in pods if not in_range(owner, pod) and ordinal_of(pod) >= 0]
    return Plan(
        session=session,
        updated_set=apply_revision(owner, revisions.update),
        revisions=revisions,
        replicas=tuple(_replicas(owner, pods, revisions)),
        condemned=tuple(sorted(condemned, key=ordinal_of, reverse=True)),
        is_available=lambda pod: is_pod_available(pod, owner.spec.min_ready_seconds, session.view.elapsed),
    )


def _replicas(owner: StatefulSet, pods: Sequence[Pod], revisions: Revisions) -> Iterator[Pod]:
    """Yield the pods asked for that there are, and those to be made: in order, the first of them has to come first."""
    current, updated = apply_revision(owner, revisions.current), apply_revision(owner, revisions.update)
    by_ordinal = {ordinal_of(pod): pod for pod in pods if in_range(owner, pod)}
    start, may_make = start_ordinal(owner), True
    for ordinal in range(start, start + desired(owner)):
        if ordinal in by_ordinal:
            yield by_ordinal[ordinal]
        elif may_make:
            yield new_versioned_pod(current, updated, revisions, ordinal)
            may_make = allows_burst(owner)


def _update_pods(session: Session, pods: Sequence[Pod], revisions: Revisions) -> Program[Outcome]:
    plan = plan_of(session, pods, revisions)
    if session.owner.metadata.deletion_timestamp is not None:
        return Outcome(status=calculate_status(session.owner, revisions, pods, plan.is_available))
    status = calculate_status(session.owner, revisions, (*plan.replicas, *plan.condemned), plan.is_available)
    stages = (
        (plan.replicas, process_replica),
        (plan.condemned[::-1], fix_claims),
        (plan.condemned, process_condemned),
    )
    for group, process in stages:
        step = yield from _run_for_all(plan, group, process)
        if step.leave:
            return Outcome(status=status, problem=step.problem)
    if session.owner.spec.update_strategy.type == ON_DELETE:
        return Outcome(status=status)
    return (yield from _roll(plan, status))


def _run_for_all(plan: Plan, pods: Sequence[Pod], process: Callable[[Plan, Pod], Program[Step]]) -> Program[Step]:
    """Process the pods one by one until one says to leave; or, in the parallel way, in batches that double."""
    if plan.in_order:
        for pod in pods:
            step = yield from process(plan, pod)
            if step.leave:
                return step
        return GO_ON
    at, size = 0, 1
    while at < len(pods):
        steps = yield from together(process(plan, pod) for pod in pods[at : at + size])
        problems = [step.problem for step in steps if step.problem]
        if problems:
            return Step(leave=True, problem=", ".join(problems))
        at, size = at + size, min(2 * size, MAX_BATCH_SIZE)
    return GO_ON


def process_replica(plan: Plan, pod: Pod) -> Program[Step]:
    """Make the pod if it is not there, remove it if it is over, and keep its identity and claims in order."""
    session, owner = plan.session, plan.owner
    if is_over(pod):
        problem = "" if is_terminating(pod) else (yield from delete_pod(session, pod))
        return Step(leave=True, problem=problem)
    if not is_created(pod):
        if claim_is_stale(session, owner, pod):
            return LEAVE
        problem = yield from create_pod(session, owner, pod)
        if problem or plan.in_order:
            return Step(leave=True, problem=problem)
    if pod.status.phase == "Pending":
        problem = yield from create_missing_claims(session, owner, pod)
        if problem:
            return Step(leave=True, problem=problem)
    if plan.in_order and (is_terminating(pod) or not is_running_and_ready(pod) or not plan.is_available(pod)):
        return LEAVE
    retained = claims_match_retention_policy(session, plan.updated_set, pod)
    if identity_matches(owner, pod) and storage_matches(owner, pod) and retained:
        return GO_ON
    problem = yield from update_pod(session, plan.updated_set, pod)
    return Step(leave=bool(problem), problem=problem)


def fix_claims(plan: Plan, pod: Pod) -> Program[Step]:
    """Give the claims of a condemned pod the owners of the policy, so that they go with it if they are to."""
    if claims_match_retention_policy(plan.session, plan.updated_set, pod):
        return GO_ON
    problem = yield from update_claims_for_retention_policy(plan.session, plan.updated_set, pod)
    return Step(leave=bool(problem), problem=problem)


def process_condemned(plan: Plan, pod: Pod) -> Program[Step]:
    """Remove a pod that is too many, unless another one has to be waited for."""
    if is_terminating(pod):
        return LEAVE if plan.in_order else GO_ON
    serving = is_running_and_ready(pod) and plan.is_available(pod)
    if plan.in_order and not serving and pod is not plan.first_unavailable:
        return LEAVE
    problem = yield from delete_pod(plan.session, pod)
    return Step(leave=True, problem=problem)


def _roll(plan: Plan, status: StatefulSetStatus) -> Program[Outcome]:
    """Remove the last pod that is not of the update revision, unless one after it has to be waited for."""
    first = start_ordinal(plan.owner) + partition(plan.owner)
    for pod in reversed([one for one in plan.replicas if ordinal_of(one) >= first]):
        if revision_of(pod) != plan.revisions.update.metadata.name and not is_terminating(pod):
            problem = yield from delete_pod(plan.session, pod, accepts=GONE)
            fewer = evolve(status, current_replicas=status.current_replicas - 1)
            return Outcome(status=fewer, problem=problem)
        if plan.is_unavailable(pod):
            break
    return Outcome(status=status)
