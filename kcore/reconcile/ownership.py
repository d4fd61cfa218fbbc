"""Ownership: the one controller of an object, and how a controller adopts and releases.

Models the controller reference managers. An object whose controller is another is left alone. One that is owned but no
longer selected is released; one that nobody controls and that is selected is adopted, unless either is being deleted.
Before the first adoption of a turn the owner is read from the API server: one that is being deleted, or that was
replaced by another of its name, adopts nothing. An object that is gone by then is no error.

Not modelled: adoption with a finalizer, which Jobs ask for.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_ref_manager.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

import attrs

from kcore.api.json import Json, Wire
from kcore.api.kinds import class_kind, key_kind, key_of
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import Selector
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, PatchType, Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.reconcile.program import Program, ask, go_on

T = TypeVar("T", bound=ApiObject)

ADOPTION_ACCEPTS = frozenset({"NotFound"})
"""The refusals of an adoption that are no error: there is nothing left to adopt."""

RELEASE_ACCEPTS = frozenset({"NotFound", "Invalid"})
"""The refusals of a release that are no error: the object is gone, or is another one, or has let go already."""


@attrs.frozen
class Claims(Generic[T]):
    """What becomes of objects: `kept` are owned and selected, `adopted` and `released` are to change hands."""

    kept: tuple[T, ...] = ()
    adopted: tuple[T, ...] = ()
    released: tuple[T, ...] = ()


@attrs.frozen
class Claimed(Generic[T]):
    """The objects that are owned after all, in their order, and the message of each adoption or release that failed."""

    objects: tuple[T, ...]
    errors: tuple[str, ...] = ()


def controller_ref(owner: ApiObject) -> OwnerReference:
    """Return the reference by which an object says that `owner` controls it and must not go before it."""
    kind = class_kind(type(owner))
    return OwnerReference(
        api_version=kind.api_version,
        kind=kind.kind,
        name=owner.metadata.name,
        uid=owner.metadata.uid,
        controller=True,
        block_owner_deletion=True,
    )


def is_controlled_by(obj: ApiObject, owner: ApiObject) -> bool:
    """Tell whether `owner` is the controller of `obj`."""
    controller = obj.metadata.controller
    return controller is not None and controller.uid == owner.metadata.uid


def is_of_others(change: Change, kind: str) -> bool:
    """Tell whether a change is no news for controllers of `kind`: one of another kind has the object, as before."""
    old, new = change.old, change.new
    if new is None or new.metadata.deletion_timestamp is not None:
        return False
    if old is not None and old.metadata.owner_references is not new.metadata.owner_references:
        return False
    controller = new.metadata.controller
    return controller is not None and controller.kind != kind


def resolve_controller(store: Store, obj: ApiObject, cls: type[T]) -> T | None:
    """Return the controller of `obj` if it is of class `cls` and still the one of that uid."""
    reference = obj.metadata.controller
    kind = class_kind(cls)
    if reference is None or reference.kind != kind.kind:
        return None
    found = store.get(ObjectKey(key_kind(kind), obj.metadata.namespace, reference.name))
    return found if isinstance(found, cls) and found.metadata.uid == reference.uid else None


def candidates(view: View, owner: ApiObject, selector: Selector, cls: type[T]) -> tuple[T, ...]:
    """Return the `cls` objects that `owner` controls, and the selected ones that nobody does, sorted by name."""
    owned = (one for one in view.owned_by(owner.metadata.uid) if is_controlled_by(one, owner))
    selected = view.select(key_kind(class_kind(cls)), owner.metadata.namespace, selector)
    ownerless = (one for one in selected if one.metadata.controller is None)
    return tuple(sorted((one for one in (*owned, *ownerless) if isinstance(one, cls)), key=key_of))


def claims(owner: ApiObject, selector: Selector, objects: Iterable[T]) -> Claims[T]:
    """Return what `owner`, which selects with `selector`, is to do about each of `objects` of its namespace."""
    kept, adopted, released = [], [], []
    uid, going = owner.metadata.uid, owner.metadata.deletion_timestamp is not None
    for obj in objects:
        metadata = obj.metadata
        controller = metadata.controller
        if controller is not None and controller.uid != uid:
            continue
        matches = selector.matches(metadata.labels)
        if controller is not None and matches:
            kept.append(obj)
        elif controller is not None and not going:
            released.append(obj)
        elif controller is None and matches and not going and metadata.deletion_timestamp is None:
            adopted.append(obj)
    return Claims(tuple(kept), tuple(adopted), tuple(released))


def claim(owner: ApiObject, selector: Selector, objects: Iterable[T]) -> Program[Claimed[T]]:
    """Adopt and release what `claims` says, and return what is owned then; an error ends a sync of upstream."""
    wanted = claims(owner, selector, objects)
    if not wanted.adopted and not wanted.released:
        return Claimed(wanted.kept)
    refusal = ""
    if wanted.adopted:
        fresh = yield from ask(Request(verb=Verb.GET, key=key_of(owner)))
        refusal = may_not_adopt(owner, fresh)
    adopting = () if refusal else wanted.adopted
    calls = (*(adoption(owner, one) for one in adopting), *(release(owner, one) for one in wanted.released))
    answers = yield tuple(map(go_on, calls))
    taken = [one for one, answer in zip(adopting, answers, strict=False) if answer.ok]
    errors = [_message(answer) for answer in answers[: len(adopting)] if not _fine(answer, ADOPTION_ACCEPTS)]
    errors += [_message(answer) for answer in answers[len(adopting) :] if not _fine(answer, RELEASE_ACCEPTS)]
    if refusal:
        errors += [f"can't adopt {key_of(one)}: {refusal}" for one in wanted.adopted]
    return Claimed(tuple(sorted((*wanted.kept, *taken), key=_by_name)), tuple(errors))


def may_not_adopt(owner: ApiObject, fresh: Response) -> str:
    """Return why `owner` must not adopt, by what the API server says of it now; "" when it may."""
    latest = fresh.object
    if latest is None:
        return f"can't recheck DeletionTimestamp: {_message(fresh)}"
    if latest.metadata.uid != owner.metadata.uid:
        return f"original {key_of(owner)} is gone: got uid {latest.metadata.uid}, wanted {owner.metadata.uid}"
    return "it has just been deleted" if latest.metadata.deletion_timestamp is not None else ""


def adoption(owner: ApiObject, obj: ApiObject) -> Request:
    """Return the request that makes `owner` the controller of `obj`, if that is still the object of its uid."""
    one = controller_ref(owner)
    reference: Wire = {"apiVersion": one.api_version, "kind": one.kind, "name": one.name, "uid": one.uid}
    return _patch(obj, {**reference, "controller": True, "blockOwnerDeletion": True})


def release(owner: ApiObject, obj: ApiObject) -> Request:
    """Return the request that takes `owner` from the owners of `obj`, if that is still the object of its uid."""
    return _patch(obj, {"$patch": "delete", "uid": owner.metadata.uid})


def _patch(obj: ApiObject, reference: Wire) -> Request:
    body = Json.of({"metadata": {"ownerReferences": [reference], "uid": obj.metadata.uid}})
    return Request(verb=Verb.PATCH, key=key_of(obj), body=body, options=_STRATEGIC)


def _fine(answer: Response, accepts: frozenset[str]) -> bool:
    return answer.ok or answer.reason in accepts


def _message(answer: Response) -> str:
    return answer.status.message if answer.status else ""


def _by_name(obj: ApiObject) -> str:
    return obj.metadata.name


_STRATEGIC = Options(patch_type=PatchType.STRATEGIC)
