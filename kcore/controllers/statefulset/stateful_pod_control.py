"""Pod control: creates, updates and deletes one pod of a set together with its claims.

Models the order in which that happens (claims before their pod), the events, and what stops it: a claim that is being
deleted, and one that belongs to an earlier pod of the name.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset/stateful_pod_control.go
"""

from __future__ import annotations

from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.pod import Pod
from kcore.apiserver.request import Verb
from kcore.controllers.statefulset.claims import (
    RETAIN,
    has_stale_owner,
    has_unexpected_controller,
    is_owner_up_to_date,
    when_scaled,
    with_owners,
)
from kcore.controllers.statefulset.session import Session, problem_of
from kcore.controllers.statefulset.stateful_set_utils import (
    claim_names,
    claims_of,
    identity_matches,
    storage_matches,
    with_identity,
    with_storage,
)
from kcore.reconcile.program import Program

_CONFLICT = (
    "PersistentVolumeClaim {} has a conflicting OwnerReference that acts as a managing controller, "
    "the retention policy is ignored for this claim"
)


def create_pod(session: Session, stateful_set: StatefulSet, pod: Pod) -> Program[str]:
    """Create the pod, its claims first; return why that failed, "" if it did not."""
    problem = yield from create_claims(session, stateful_set, pod)
    if problem:
        session.tell_pod("create", pod.metadata.name, problem)
        return problem
    answer = yield from session.write(Verb.CREATE, pod)
    if answer.reason == "AlreadyExists":
        return problem_of(answer)
    problem = yield from update_claims_for_retention_policy(session, stateful_set, pod)
    if problem:
        session.tell_pod("update", pod.metadata.name, problem)
        return problem
    session.tell_pod("create", pod.metadata.name, problem_of(answer))
    return problem_of(answer)


def update_pod(session: Session, stateful_set: StatefulSet, pod: Pod) -> Program[str]:
    """Bring identity, volumes and claims of the pod in order; return why that failed, "" if it did not."""
    name, changed = pod.metadata.name, pod
    if not identity_matches(stateful_set, changed):
        changed = with_identity(stateful_set, changed)
    problem = ""
    if not storage_matches(stateful_set, changed):
        changed = with_storage(stateful_set, changed)
        problem = yield from create_claims(session, stateful_set, changed)
    retained = claims_match_retention_policy(session, stateful_set, changed)
    if not problem and not retained:
        problem = yield from update_claims_for_retention_policy(session, stateful_set, changed)
    if problem:
        session.tell_pod("update", name, problem)
        return problem
    if changed == pod and retained:
        return ""
    answer = yield from session.write(Verb.UPDATE, changed)
    session.tell_pod("update", changed.metadata.name, problem_of(answer))
    return problem_of(answer)


def delete_pod(session: Session, pod: Pod, accepts: frozenset[str] = frozenset()) -> Program[str]:
    """Delete the pod; return why that failed, "" if it did not, or for a reason in `accepts`."""
    answer = yield from session.write(Verb.DELETE, pod)
    session.tell_pod("delete", pod.metadata.name, problem_of(answer))
    return "" if answer.reason in accepts else problem_of(answer)


def create_missing_claims(session: Session, stateful_set: StatefulSet, pod: Pod) -> Program[str]:
    """Create the claims that the pod waits for; return why that failed, "" if it did not."""
    problem = yield from create_claims(session, stateful_set, pod)
    if problem:
        return problem
    problem = yield from update_claims_for_retention_policy(session, stateful_set, pod)
    if problem:
        session.tell_pod("update", pod.metadata.name, problem)
    return problem


def create_claims(session: Session, stateful_set: StatefulSet, pod: Pod) -> Program[str]:
    """Create the claims of the pod that there are none of; return why that failed, "" if it did not."""
    problems = []
    for claim in claims_of(stateful_set, pod):
        name, known = claim.metadata.name, session.claim(claim.metadata.name)
        if known is not None:
            problems += [f"pvc {name} is being deleted"] if known.metadata.deletion_timestamp is not None else []
            continue
        answer = yield from session.write(Verb.CREATE, claim)
        problem = problem_of(answer)
        problems += [f"failed to create PVC {name}: {problem}"] if problem else []
        if answer.reason != "AlreadyExists":
            _tell_claim(session, name, pod.metadata.name, problem)
    return ", ".join(problems)


def claims_match_retention_policy(session: Session, stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether the claims of the pod, those that exist, have the owners of the policy."""
    claims = (session.claim(name) for name in claim_names(stateful_set, pod))
    return all(claim is None or is_owner_up_to_date(claim, stateful_set, pod) for claim in claims)


def update_claims_for_retention_policy(session: Session, stateful_set: StatefulSet, pod: Pod) -> Program[str]:
    """Give the claims of the pod the owners of the policy; return why that failed, "" if it did not."""
    for name in claim_names(stateful_set, pod):
        claim = session.claim(name)
        if claim is None:
            continue
        if has_unexpected_controller(claim, stateful_set, pod):
            session.tell("ConflictingController", _CONFLICT.format(name), warning=True)
        if not is_owner_up_to_date(claim, stateful_set, pod):
            answer = yield from session.write(Verb.UPDATE, with_owners(claim, stateful_set, pod))
            if not answer.ok:
                return f"could not update claim {name} for delete policy ownerRefs: {problem_of(answer)}"
    return ""


def claim_is_stale(session: Session, stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether a claim goes with an earlier pod of the name, so that the new one has to wait."""
    if when_scaled(stateful_set) == RETAIN:
        return False
    claims = (session.claim(name) for name in claim_names(stateful_set, pod))
    return any(claim is not None and has_stale_owner(claim, pod) for claim in claims)


def _tell_claim(session: Session, claim: str, pod: str, problem: str) -> None:
    name = session.owner.metadata.name
    if problem:
        message = f"create Claim {claim} for Pod {pod} in StatefulSet {name} failed error: {problem}"
        session.tell("FailedCreate", message, warning=True)
    else:
        session.tell("SuccessfulCreate", f"create Claim {claim} Pod {pod} in StatefulSet {name} success")
