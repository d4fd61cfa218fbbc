"""The garbage collector: what it does about one object.

Models attemptToDelete and attemptToOrphan. An object none of whose owners is there any more is deleted; one that has a
living owner only loses its references to the others. An owner that is deleted in the foreground goes when no dependent
blocks it, and takes its dependents with it in the foreground, too; one that is deleted as an orphaner lets its
dependents go first. Before it acts, the collector reads the object and its owners from the API server and not from its
cache, and a delete names the version that it judged.

Custom resources are owners and dependents like any others. An owner of a kind that is not served can't be judged, so
its dependents stay.

Not modelled: the cache of absent owners, and the retry of a delete whose object changed otherwise.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/garbagecollector/garbagecollector.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kcore.api.json import Json, Wire
from kcore.api.kinds import KINDS, key_kind, key_of
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.deletion import FOREGROUND, ORPHAN
from kcore.apiserver.request import Options, PatchType, Request, Response, Verb
from kcore.apiserver.status import NO_SUCH_RESOURCE
from kcore.client.component import CUSTOM, Component, Write, is_custom
from kcore.client.heeding import Heeding, News
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.controllers.garbagecollector.graph import (
    blocks,
    dependents_of,
    is_deleting_dependents,
    is_orphaning,
    owner_key,
    watch,
)
from kcore.machine import Note

GONE = frozenset({"NotFound"})
"""The refusal that is as good as success: somebody else was quicker."""

COLLECTED = (*sorted({key_kind(kind) for kind in KINDS}), CUSTOM)
"""The kinds that are watched and collected: all there are."""


class Owners(NamedTuple):
    """The references of an object by what became of the owner: alive, absent, or waiting for its dependents to go."""

    solid: tuple[OwnerReference, ...]
    dangling: tuple[OwnerReference, ...]
    waiting: tuple[OwnerReference, ...]


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Delete the object at `key` if its owners are gone, or end its own deletion if nothing holds it up."""
    item = view.get(ObjectKey(*key))
    if item is None:
        return Turn()
    if is_orphaning(item):
        return _orphan(view, item)
    if item.metadata.deletion_timestamp is not None and not is_deleting_dependents(item):
        return Turn()
    if not view.answers:
        return Turn(requests=(_read(key_of(item)),), more=True)
    latest = view.answers[0].object
    if latest is None or latest.metadata.uid != item.metadata.uid:
        return Turn()
    return _finish(view, item, latest) if is_deleting_dependents(item) else _attempt_to_delete(view, item, latest)


def _orphan(view: View, item: ApiObject) -> Turn:
    """Let the dependents of `item` go, then `item` itself."""
    if not view.answers:
        dependents = dependents_of(item, view.owned_by(item.metadata.uid))
        freed = tuple(_without_owners(one, (item.metadata.uid,)) for one in dependents)
        return Turn(requests=(*freed, _read(key_of(item))), more=True)
    return _without_finalizer(view.answers[-1], item, ORPHAN)


def _finish(view: View, item: ApiObject, latest: ApiObject) -> Turn:
    """Let `item`, which is deleted in the foreground, go when no dependent blocks it."""
    uid = item.metadata.uid
    if any(blocks(one, uid) for one in dependents_of(item, view.owned_by(uid))):
        return Turn()
    return _without_finalizer(view.answers[0], item, FOREGROUND)


def _attempt_to_delete(view: View, item: ApiObject, latest: ApiObject) -> Turn:
    """Delete `item` if none of its owners is alive; else drop its references to those that are not."""
    references = latest.metadata.owner_references
    if not references:
        return Turn()
    asked = view.answers[1:]
    if not asked:
        namespace = item.metadata.namespace
        return Turn(requests=tuple(_read(owner_key(one, namespace)) for one in references), more=True)
    if any(one.status is not None and one.status.message.startswith(NO_SUCH_RESOURCE) for one in asked):
        return Turn()
    owners = classify(references, asked)
    if owners.solid:
        lost = tuple(one.uid for one in (*owners.dangling, *owners.waiting))
        return Turn(requests=(_without_owners(item, lost),)) if lost else Turn()
    dependents = dependents_of(item, view.owned_by(item.metadata.uid))
    if owners.waiting and dependents:
        circular = any(is_deleting_dependents(one) for one in dependents)
        unblocked = (_unblocked(latest),) if circular else ()
        return _deleted(latest, "Foreground", unblocked)
    finalizers = latest.metadata.finalizers
    policy = "Orphan" if ORPHAN in finalizers else "Foreground" if FOREGROUND in finalizers else "Background"
    return _deleted(latest, policy, ())


def classify(references: tuple[OwnerReference, ...], answers: Iterable[Response]) -> Owners:
    """Return the references by what the API server answered about each."""
    solid, dangling, waiting = [], [], []
    for reference, answer in zip(references, answers, strict=True):
        owner = answer.object
        if owner is None or owner.metadata.uid != reference.uid:
            dangling.append(reference)
        elif is_deleting_dependents(owner):
            waiting.append(reference)
        else:
            solid.append(reference)
    return Owners(tuple(solid), tuple(dangling), tuple(waiting))


def _read(key: ObjectKey) -> Call:
    return Call(request=Request(verb=Verb.GET, key=key), accepts=GONE)


def _deleted(item: ApiObject, policy: str, before: tuple[Call, ...]) -> Turn:
    """Return the turn that deletes `item` as it was judged."""
    metadata = item.metadata
    version = "" if before else metadata.resource_version
    options = Options(uid=metadata.uid, resource_version=version, propagation_policy=policy)
    delete = Request(verb=Verb.DELETE, key=key_of(item), options=options)
    note = Note("object.collected", object=str(key_of(item)), policy=policy)
    return Turn(requests=(*before, Call(request=delete, accepts=GONE)), notes=(note,))


def _without_owners(item: ApiObject, uids: tuple[str, ...]) -> Call:
    """Return the call that takes the owners `uids` from the references of `item`."""
    if not is_custom(key_of(item).kind):
        gone: list[Wire] = [{"$patch": "delete", "uid": uid} for uid in uids]
        return _patch(item, {"ownerReferences": gone}, PatchType.STRATEGIC)
    kept = [_reference(one) for one in item.metadata.owner_references if one.uid not in uids]
    version = item.metadata.resource_version
    return _patch(item, {"resourceVersion": version, "ownerReferences": kept}, PatchType.MERGE)


def _unblocked(item: ApiObject) -> Call:
    """Return the call after which `item` keeps none of its owners from going."""
    references = [{**_reference(one), "blockOwnerDeletion": False} for one in item.metadata.owner_references]
    version = item.metadata.resource_version
    return _patch(item, {"resourceVersion": version, "ownerReferences": references}, PatchType.MERGE)


def _without_finalizer(answer: Response, item: ApiObject, finalizer: str) -> Turn:
    """Return the turn that takes `finalizer` from the object that the API server answered with."""
    latest = answer.object
    if latest is None or latest.metadata.uid != item.metadata.uid or finalizer not in latest.metadata.finalizers:
        return Turn()
    kept = [one for one in latest.metadata.finalizers if one != finalizer]
    version = latest.metadata.resource_version
    return Turn(requests=(_patch(item, {"resourceVersion": version, "finalizers": kept}, PatchType.MERGE),))


def _patch(item: ApiObject, metadata: Wire, patch_type: PatchType) -> Call:
    body = Json.of({"metadata": {"uid": item.metadata.uid, **metadata}})
    options = Options(patch_type=patch_type)
    return Call(request=Request(verb=Verb.PATCH, key=key_of(item), body=body, options=options), accepts=GONE)


def _reference(one: OwnerReference) -> Wire:
    """Return an owner reference in JSON."""
    wire: Wire = {"apiVersion": one.api_version, "kind": one.kind, "name": one.name, "uid": one.uid}
    flags = {"controller": one.controller, "blockOwnerDeletion": one.block_owner_deletion}
    return {**wire, **{name: value for name, value in flags.items() if value is not None}}


GARBAGE_COLLECTOR = Component(
    family="garbage-collector-controller",
    watches=dict.fromkeys(COLLECTED, Heeding(watch, News.CAME | News.WENT | News.OWNERS | News.DELETION)),
    reconcile=reconcile,
    writes=frozenset(Write(verb, kind) for verb in (Verb.PATCH, Verb.DELETE) for kind in COLLECTED),
)
