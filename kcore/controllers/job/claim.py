"""Claiming: a Job adopts the pods that it selects and tracks them, and releases those that it does not select any more.

Models the controller reference manager with a finalizer, which an adopted pod gets with its owner and a released one
loses.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_ref_manager.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.batch.job import Job
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.selectors.label import Selector
from kcore.apiserver.request import Request, Verb
from kcore.client.view import View
from kcore.controllers.job.pods import FINALIZER, has_finalizer
from kcore.controllers.job.session import Session
from kcore.reconcile.ownership import (
    ADOPTION_ACCEPTS,
    RELEASE_ACCEPTS,
    adoption,
    claims,
    is_controlled_by,
    may_not_adopt,
    release,
)
from kcore.reconcile.program import Program, ask, go_on


def candidates(view: View, job: Job, selector: Selector) -> tuple[Pod, ...]:
    """Return the pods that the Job controls, and the selected ones that nobody does, sorted by name."""
    owned = (one for one in view.owned_by(job.metadata.uid) if is_controlled_by(one, job))
    selected = view.select("Pod", job.metadata.namespace, selector)
    ownerless = (one for one in selected if one.metadata.controller is None)
    return tuple(sorted((one for one in (*owned, *ownerless) if isinstance(one, Pod)), key=key_of))


def claim_pods(session: Session, job: Job, selector: Selector) -> Program[tuple[Pod, ...] | None]:
    """Adopt and release, and return the pods of the Job then; None when a call failed."""
    wanted = claims(job, selector, candidates(session.view, job, selector))
    if not wanted.adopted and not wanted.released:
        return wanted.kept
    if wanted.adopted:
        fresh = yield from ask(Request(verb=Verb.GET, key=key_of(job)))
        if may_not_adopt(job, fresh):
            return None
    adopting = (_with(adoption(job, one), {"finalizers": [FINALIZER]}) for one in wanted.adopted)
    releasing = (
        _with(release(job, one), {"$deleteFromPrimitiveList/finalizers": [FINALIZER]}) for one in wanted.released
    )
    answers = yield tuple(map(go_on, (*adopting, *releasing)))
    session.wrote(answers)
    adopted, released = answers[: len(wanted.adopted)], answers[len(wanted.adopted) :]
    fine = all(one.ok or one.reason in ADOPTION_ACCEPTS for one in adopted)
    if not fine or not all(one.ok or one.reason in RELEASE_ACCEPTS for one in released):
        return None
    taken = (_tracked(one) for one, answer in zip(wanted.adopted, adopted, strict=True) if answer.ok)
    return tuple(sorted((*wanted.kept, *taken), key=key_of))


def _tracked(pod: Pod) -> Pod:
    """Return the pod as it is after its adoption."""
    if has_finalizer(pod):
        return pod
    return evolve(pod, metadata=evolve(pod.metadata, finalizers=(*pod.metadata.finalizers, FINALIZER)))


def _with(request: Request, metadata: Mapping[str, Any]) -> Request:
    """Return the patch that says `metadata` besides."""
    body = request.body.value if isinstance(request.body, Json) else {}
    return evolve(request, body=Json.of({**body, "metadata": {**body.get("metadata", {}), **metadata}}))
