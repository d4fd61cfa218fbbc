"""The graph of owners and dependents: who is whose, and which objects a change makes worth a look.

Models the graph builder of upstream over the store's owner index. An owner is found by uid; a reference whose
coordinates (kind, namespace, name) lead to nothing or to another uid is one to an absent owner, and so is one across
namespaces, as a reference has no namespace of its own.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/garbagecollector/graph_builder.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kcore.api.kinds import Kind, key_kind, key_of, kind_of
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.deletion import FOREGROUND, ORPHAN
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work, is_custom


def owner_key(reference: OwnerReference, namespace: str) -> ObjectKey:
    """Return where the owner that `reference` names must be, seen from an object in `namespace`.

    Of a custom kind nothing here tells the scope: it is taken for one in namespaces, unless `namespace` is "".
    """
    kind = kind_of(reference.api_version, reference.kind)
    if kind is None:
        group, _, version = reference.api_version.rpartition("/")
        kind = Kind(kind=reference.kind, group=group, version=version, plural="", singular="")
    return ObjectKey(key_kind(kind), namespace if kind.namespaced else "", reference.name)


def is_deleting_dependents(obj: ApiObject) -> bool:
    """Tell whether `obj` is being deleted and waits for its dependents to go first."""
    return obj.metadata.deletion_timestamp is not None and FOREGROUND in obj.metadata.finalizers


def is_orphaning(obj: ApiObject) -> bool:
    """Tell whether `obj` is being deleted and waits for its dependents to be let go."""
    return obj.metadata.deletion_timestamp is not None and ORPHAN in obj.metadata.finalizers


def dependents_of(owner: ApiObject, found: Sequence[ApiObject]) -> tuple[ApiObject, ...]:
    """Return those of `found`, the objects that name the uid of `owner`, that really mean it."""
    key = key_of(owner)
    return tuple(
        one
        for one in found
        for reference in one.metadata.owner_references
        if reference.uid == owner.metadata.uid and key in _coordinates(reference, one.metadata.namespace)
    )


def _coordinates(reference: OwnerReference, namespace: str) -> Sequence[ObjectKey]:
    """Return where the owner may be: one of a custom kind may be in no namespace."""
    key = owner_key(reference, namespace)
    return (key, key._replace(namespace="")) if is_custom(key.kind) else (key,)


def blocks(dependent: ApiObject, uid: str) -> bool:
    """Tell whether the owner `uid` must not go before `dependent`."""
    return any(one.uid == uid and one.block_owner_deletion for one in dependent.metadata.owner_references)


def watch(change: Change, store: Store) -> Iterator[Work]:
    """Yield a look at each object that `change`, which is in `store`, may free, block or leave without an owner."""
    keys = dict.fromkeys(_touched(change, store))
    return (Work(LEADER, key) for key in keys)


def _touched(change: Change, store: Store) -> Iterator[ObjectKey]:
    old, new = change.old, change.new
    if new is None:
        yield from map(key_of, store.owned_by(old.metadata.uid) if old else ())
    elif old is None or _begun(old) != _begun(new):
        yield from _of_a_deletion(change.key, new, store)
    before = old.metadata.owner_references if old else ()
    after = new.metadata.owner_references if new else ()
    if new is not None and before != after and _lacks_an_owner(new, store):
        yield change.key
    namespace = change.key.namespace
    if new is None or before != after or (old is not None and _begun(old) != _begun(new)):
        yield from _waiting_owners((one for one in before if new is None or one not in after), namespace, store)


def _of_a_deletion(key: ObjectKey, obj: ApiObject, store: Store) -> Iterator[ObjectKey]:
    """Yield the object whose deletion has begun, if the collector has to act, and the dependents that go before it."""
    if is_orphaning(obj) or is_deleting_dependents(obj):
        yield key
    if is_deleting_dependents(obj):
        yield from map(key_of, store.owned_by(obj.metadata.uid))


def _begun(obj: ApiObject) -> tuple[bool, bool]:
    return is_orphaning(obj), is_deleting_dependents(obj)


def _lacks_an_owner(obj: ApiObject, store: Store) -> bool:
    """Tell whether one of the owners is not there, or waits for its dependents to go."""
    namespace = obj.metadata.namespace
    owners = ((one, store.get(owner_key(one, namespace))) for one in obj.metadata.owner_references)
    return any(
        owner is None or owner.metadata.uid != reference.uid or is_deleting_dependents(owner)
        for reference, owner in owners
    )


def _waiting_owners(references: Iterable[OwnerReference], namespace: str, store: Store) -> Iterator[ObjectKey]:
    """Yield the owners that may have waited for the object that no longer names them."""
    for reference in references:
        for key in _coordinates(reference, namespace):
            owner = store.get(key)
            if owner is not None and owner.metadata.uid == reference.uid and is_deleting_dependents(owner):
                yield key
