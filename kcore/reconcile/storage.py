"""Storage indexes: volumes that are free or reserved, claims that wait, and the pods that use a claim.

Models the indexes of upstream's caches, as values that follow the store change by change, so that a question about one
claim costs what concerns it and not all volumes, claims and pods.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/persistentvolume/index.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pyrsistent import PMap, pmap

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.sortedset import EMPTY as NOBODY
from kcore.apiserver.sortedset import SortedSet
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.reconcile.derived import Derived
from kcore.reconcile.volumes import BOUND, claim_class, claims_of, is_fully_bound, volume_class

Term: TypeAlias = tuple[str, ...]
Index: TypeAlias = PMap[Term, SortedSet[ObjectKey]]

_EMPTY: Index = pmap()


def volumes_for(view: View, claim: PersistentVolumeClaim) -> tuple[PersistentVolume, ...]:
    """Return the volumes that may answer a claim: those reserved for its name, and the free ones of its class."""
    meta = claim.metadata
    terms = (("claim", meta.namespace, meta.name), ("free", claim_class(claim)))
    keys = sorted({key for term in terms for key in _find(view, "volumes", _VOLUMES, term)})
    return tuple(one for one in map(view.get, keys) if isinstance(one, PersistentVolume))


def reserved_for(store: Store, namespace: str, name: str) -> Iterable[ObjectKey]:
    """Return the keys of the volumes that name the claim."""
    return _under(_VOLUMES, store, ("claim", namespace, name))


def free_volumes(store: Store, class_name: str) -> Iterable[ObjectKey]:
    """Return the keys of the volumes of a class that name no claim."""
    return _under(_VOLUMES, store, ("free", class_name))


def waiting_claims(store: Store, class_name: str) -> Iterable[ObjectKey]:
    """Return the keys of the claims of a class ("": of none) that are not bound for good."""
    return _under(_CLAIMS, store, ("class", class_name))


def claims_on(store: Store, volume: str) -> Iterable[ObjectKey]:
    """Return the keys of the claims that name a volume but are not Bound: wished for, or lost."""
    return _under(_CLAIMS, store, ("volume", volume))


def users_of(store: Store, namespace: str, claim: str) -> Iterable[ObjectKey]:
    """Return the keys of the pods that use a claim, ended ones too."""
    return _under(_USERS, store, (namespace, claim))


def users(view: View, namespace: str, claim: str) -> tuple[Pod, ...]:
    """Return the pods that use a claim, ended ones too, sorted by name."""
    keys = _find(view, "claim users", _USERS, (namespace, claim))
    return tuple(one for one in map(view.get, keys) if isinstance(one, Pod))


def _under(index: Derived[Index], store: Store, term: Term) -> SortedSet[ObjectKey]:
    found: SortedSet[ObjectKey] = index(store).get(term, NOBODY)
    return found


def _find(view: View, what: str, index: Derived[Index], term: Term) -> tuple[ObjectKey, ...]:
    return view.derive(f"{what} {term}", lambda store: tuple(_under(index, store, term)))


def _volume_terms(found: ApiObject | None) -> Iterator[Term]:
    if isinstance(found, PersistentVolume):
        ref = found.spec.claim_ref
        yield ("free", volume_class(found)) if ref is None else ("claim", ref.namespace, ref.name)


def _claim_terms(found: ApiObject | None) -> Iterator[Term]:
    if isinstance(found, PersistentVolumeClaim):
        if not is_fully_bound(found):
            yield "class", claim_class(found)
        if found.spec.volume_name and found.status.phase != BOUND:
            yield "volume", found.spec.volume_name


def _user_terms(found: ApiObject | None) -> Iterator[Term]:
    if isinstance(found, Pod):
        for name in claims_of(found):
            yield found.metadata.namespace, name


def _after_volume(index: Index, old: ApiObject | None, new: ApiObject | None) -> Index:
    return _moved(index, (old, new), tuple(_volume_terms(old)), tuple(_volume_terms(new)))


def _after_claim(index: Index, old: ApiObject | None, new: ApiObject | None) -> Index:
    return _moved(index, (old, new), tuple(_claim_terms(old)), tuple(_claim_terms(new)))


def _after_pod(index: Index, old: ApiObject | None, new: ApiObject | None) -> Index:
    return _moved(index, (old, new), tuple(_user_terms(old)), tuple(_user_terms(new)))


def _moved(
    index: Index, pair: tuple[ApiObject | None, ApiObject | None], left: tuple[Term, ...], come: tuple[Term, ...]
) -> Index:
    """Return the index after the object of `pair` left some terms and came under others."""
    if left == come:
        return index
    key = key_of(pair[1] or pair[0])  # type: ignore[arg-type]  # one of the two is there
    for term in left:
        rest = index[term].discard(key)
        index = index.set(term, rest) if rest else index.discard(term)
    for term in come:
        index = index.set(term, index.get(term, NOBODY).add(key))
    return index


_VOLUMES: Derived[Index] = Derived(_EMPTY, _after_volume, ("PersistentVolume",))
_CLAIMS: Derived[Index] = Derived(_EMPTY, _after_claim, ("PersistentVolumeClaim",))
_USERS: Derived[Index] = Derived(_EMPTY, _after_pod, ("Pod",))
