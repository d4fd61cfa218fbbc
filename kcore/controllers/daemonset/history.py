"""History: the revisions of a DaemonSet, kept in step with its template.

Models constructHistory and cleanupHistory: revisions are adopted and released; one without a hash gets its name for
one; the one of the latest template is made, or brought to the top; of several alike the one with the greatest number
stays and the pods get its hash. Of the old ones the earliest go when they are more than the limit, unless there is a
pod of them. A name that is taken by another template raises the collision count.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/update.go
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.daemonset import DaemonSet
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.selectors.label import Selector
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.client.view import View
from kcore.controllers.daemonset.revisions import hash_of, matches, new_revision
from kcore.controllers.daemonset.template import target_node
from kcore.reconcile.history import REVISION_LABEL, delete_revisions, revision_of
from kcore.reconcile.ownership import candidates, claim
from kcore.reconcile.program import Program, ask
from kcore.reconcile.templatehash import compute_hash

REVISION_HISTORY_LIMIT = 10
"""How many old revisions stay where the DaemonSet does not say."""

_MERGE = Options(patch_type=PatchType.MERGE)


@attrs.frozen
class History:
    """The hash of the latest template, and the revisions of others."""

    revision_hash: str
    old: tuple[ControllerRevision, ...] = ()


def construct_history(
    view: View, daemon_set: DaemonSet, selector: Selector, pods: Sequence[Pod]
) -> Program[History | None]:
    """Bring the revisions in step and return them; None when a call failed. `pods` are those that may be claimed."""
    claimed = yield from claim(daemon_set, selector, candidates(view, daemon_set, selector, ControllerRevision))
    if claimed.errors:
        return None
    labelled: list[ControllerRevision] = []
    for one in claimed.objects:
        found = one if REVISION_LABEL in one.metadata.labels else (yield from _update(_labelled(one)))
        if found is None:
            return None
        labelled.append(found)
    current = [one for one in labelled if matches(daemon_set, one)]
    old = tuple(one for one in labelled if not matches(daemon_set, one))
    number = max((one.revision for one in old), default=0) + 1
    if current:
        kept = yield from _keep_one(daemon_set, selector, pods, current)
        if kept is not None and kept.revision < number:
            kept = yield from _update(evolve(kept, revision=number))
    else:
        kept = yield from _snapshot(daemon_set, number)
    return None if kept is None else History(hash_of(kept), old)


def cleanup_history(daemon_set: DaemonSet, old: Sequence[ControllerRevision], pods: Sequence[Pod]) -> Program[bool]:
    """Delete the earliest of the `old` revisions that are too many and have none of `pods`; tell whether it worked."""
    limit = daemon_set.spec.revision_history_limit
    excess = len(old) - (REVISION_HISTORY_LIMIT if limit is None else limit)
    if excess <= 0:
        return True
    live = {revision_of(pod) for pod in pods if target_node(pod) is not None}
    dead = [one for one in sorted(old, key=_number) if not hash_of(one) or hash_of(one) not in live]
    return (yield from delete_revisions(dead[:excess])) is None


def _labelled(revision: ControllerRevision) -> ControllerRevision:
    """Return the revision with its name for a hash."""
    labels = revision.metadata.labels.set(REVISION_LABEL, revision.metadata.name)
    return evolve(revision, metadata=evolve(revision.metadata, labels=labels))


def _keep_one(
    daemon_set: DaemonSet, selector: Selector, pods: Sequence[Pod], alike: Sequence[ControllerRevision]
) -> Program[ControllerRevision | None]:
    """Return the latest of the revisions `alike`, once the pods have its hash and the others are gone."""
    kept = max(reversed(alike), key=_number)
    if len(alike) == 1:
        return kept
    claimed = yield from claim(daemon_set, selector, pods)
    if claimed.errors:
        return None
    stale = (pod for pod in claimed.objects if revision_of(pod) != hash_of(kept))
    requests = [_relabelling(pod, kept) for pod in stale]
    requests += [Request(verb=Verb.DELETE, key=key_of(one)) for one in alike if one is not kept]
    for request in requests:
        answer = yield from ask(request)
        if not answer.ok:
            return None
    return kept


def _relabelling(pod: Pod, revision: ControllerRevision) -> Request:
    body = Json.of({"metadata": {"labels": {REVISION_LABEL: hash_of(revision)}}})
    return Request(verb=Verb.PATCH, key=key_of(pod), body=body, options=_MERGE)


def _snapshot(daemon_set: DaemonSet, number: int) -> Program[ControllerRevision | None]:
    """Make the revision of the latest template and return it; None when its name is taken, or the call failed."""
    revision_hash = compute_hash(daemon_set.spec.template, daemon_set.status.collision_count)
    revision = new_revision(daemon_set, revision_hash, number)
    answer = yield from ask(Request(verb=Verb.CREATE, key=key_of(revision), body=revision))
    if isinstance(answer.object, ControllerRevision):
        return answer.object
    if answer.reason != "AlreadyExists":
        return None
    existing = yield from ask(Request(verb=Verb.GET, key=key_of(revision)))
    if not isinstance(existing.object, ControllerRevision):
        return None
    if matches(daemon_set, existing.object):
        return existing.object
    yield from _count_collision(daemon_set)
    return None


def _count_collision(daemon_set: DaemonSet) -> Program[None]:
    """Raise the collision count, unless somebody has since it was read."""
    fresh = yield from ask(Request(verb=Verb.GET, key=key_of(daemon_set)))
    latest = fresh.object
    if isinstance(latest, DaemonSet) and latest.status.collision_count == daemon_set.status.collision_count:
        status = evolve(latest.status, collision_count=(latest.status.collision_count or 0) + 1)
        body = evolve(latest, status=status)
        yield from ask(Request(verb=Verb.UPDATE, key=key_of(latest), subresource="status", body=body))


def _update(revision: ControllerRevision) -> Program[ControllerRevision | None]:
    answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(revision), body=revision))
    return answer.object if isinstance(answer.object, ControllerRevision) else None


def _number(revision: ControllerRevision) -> int:
    return revision.revision
