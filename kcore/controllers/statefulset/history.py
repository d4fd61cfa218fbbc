"""History: the revisions of a StatefulSet, each a ControllerRevision that holds a template.

Models their order, equality by the template they hold, names by hash (32 bits of FNV-1 over the data and the count of
collisions, in letters that spell no words), a rollback that gives an old revision the next number, collisions of names,
and the limit, which spares every revision in use.

Not modelled: revisions that other versions of Kubernetes have written differently for the same template.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/history/controller_history.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from kcore.api.apps.controllerrevision import ControllerRevision
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.selectors.label import Selector
from kcore.apiserver.request import Request, Verb
from kcore.client.view import View
from kcore.controllers.statefulset.session import Session, problem_of
from kcore.reconcile.history import delete_revisions, patch_of, revision_of, snapshot, template_of
from kcore.reconcile.ownership import adoption, may_not_adopt
from kcore.reconcile.program import Program, ask
from kcore.reconcile.templatehash import LETTERS

HASH_LABEL = "controller.kubernetes.io/hash"

MAX_PREFIX = 223
"""The longest part of a set's name that goes into the names of its revisions, bytes."""

_BASIS, _PRIME, _BITS = 2166136261, 16777619, 0xFFFFFFFF


@attrs.frozen(kw_only=True)
class Revisions:
    """The revision that pods leave and the one that they go to, and how many names have collided so far."""

    current: ControllerRevision
    update: ControllerRevision
    collisions: int


def apply_revision(stateful_set: StatefulSet, revision: ControllerRevision) -> StatefulSet:
    """Return the set with the template of the revision."""
    return evolve(stateful_set, spec=evolve(stateful_set.spec, template=template_of(revision)))


def listed(view: View, stateful_set: StatefulSet, selector: Selector) -> tuple[ControllerRevision, ...]:
    """Return the selected revisions that the set controls, or nobody does, the latest last."""
    uid, namespace = stateful_set.metadata.uid, stateful_set.metadata.namespace
    found = (one for one in view.select("ControllerRevision", namespace, selector))
    mine = (one for one in found if one.metadata.controller is None or one.metadata.controller.uid == uid)
    return tuple(sorted((one for one in mine if isinstance(one, ControllerRevision)), key=_by_revision))


def adopt_orphans(stateful_set: StatefulSet, revisions: Iterable[ControllerRevision]) -> Program[str]:
    """Adopt the revisions that nobody controls and return why that failed, "" if it did not."""
    orphans = [one for one in revisions if one.metadata.controller is None]
    if not orphans:
        return ""
    fresh = yield from ask(Request(verb=Verb.GET, key=key_of(stateful_set)))
    refusal = may_not_adopt(stateful_set, fresh)
    if refusal:
        return f"can't adopt ControllerRevisions: {refusal}"
    for one in orphans:
        answer = yield from ask(adoption(stateful_set, one))
        if not answer.ok:
            return problem_of(answer)
    return ""


def get_revisions(session: Session, known: Sequence[ControllerRevision]) -> Program[Revisions | str]:
    """Return the current and the update revision, which is made or made the latest if need be; or why that failed."""
    status = session.owner.status
    wanted = new_revision(session.owner, known[-1].revision + 1 if known else 1, status.collision_count or 0)
    equal = [one for one in known if _equal(one, wanted)]
    collisions = status.collision_count or 0
    if equal and _equal(equal[-1], known[-1]):
        update = known[-1]
    elif equal:
        update = evolve(equal[-1], revision=wanted.revision)
        answer = yield from session.write(Verb.UPDATE, update)
        if not answer.ok:
            return problem_of(answer)
    else:
        made = yield from _create(session, wanted, collisions)
        if isinstance(made, str):
            return made
        update, collisions = made
    current = next((one for one in known if one.metadata.name == status.current_revision), update)
    return Revisions(current=current, update=update, collisions=collisions)


def truncate(
    session: Session, pods: Iterable[Pod], known: Sequence[ControllerRevision], used: Revisions | None
) -> Program[str]:
    """Delete the oldest revisions not in use beyond the limit and return why that failed, "" if it did not."""
    live = {revision_of(pod) for pod in pods}
    if used is not None:
        live |= {used.current.metadata.name, used.update.metadata.name}
    past = [one for one in known if one.metadata.name not in live]
    limit = session.owner.spec.revision_history_limit
    if limit is None or limit < 0:
        return ""
    refusal = yield from delete_revisions(past[: max(len(past) - limit, 0)])
    return "" if refusal is None else problem_of(refusal)


def new_revision(stateful_set: StatefulSet, number: int, collisions: int) -> ControllerRevision:
    """Return the revision of the set's template, with this number and after so many `collisions`."""
    template = stateful_set.spec.template
    hashed = hash_of(patch_of(template), collisions)
    return snapshot(stateful_set, template, number, _name(stateful_set, hashed), {HASH_LABEL: hashed})


def hash_of(data: Json, collisions: int) -> str:
    """Return the hash of the data after so many `collisions`."""
    number = _BASIS
    for byte in f"{data.text}{collisions}".encode():
        number = (number * _PRIME & _BITS) ^ byte
    return "".join(LETTERS[ord(digit) % len(LETTERS)] for digit in str(number))


def _create(
    session: Session, wanted: ControllerRevision, collisions: int
) -> Program[tuple[ControllerRevision, int] | str]:
    """Create the revision, by another name as long as its name is taken by another; return it and the collisions."""
    while True:
        name = _name(session.owner, hash_of(wanted.data, collisions))
        clone = evolve(wanted, metadata=evolve(wanted.metadata, name=name))
        answer = yield from session.write(Verb.CREATE, clone)
        if answer.reason != "AlreadyExists":
            made = answer.object if isinstance(answer.object, ControllerRevision) else clone
            return (made, collisions) if answer.ok else problem_of(answer)
        answer = yield from ask(Request(verb=Verb.GET, key=key_of(clone)))
        if not isinstance(answer.object, ControllerRevision):
            return problem_of(answer)
        if answer.object.data == clone.data:
            return answer.object, collisions
        collisions += 1


def _equal(one: ControllerRevision, other: ControllerRevision) -> bool:
    return one.data == other.data or template_of(one) == template_of(other)


def _by_revision(revision: ControllerRevision) -> tuple[int, int, str]:
    metadata = revision.metadata
    return revision.revision, metadata.creation_timestamp or 0, metadata.name


def _name(stateful_set: StatefulSet, hashed: str) -> str:
    return f"{stateful_set.metadata.name[:MAX_PREFIX]}-{hashed}"
