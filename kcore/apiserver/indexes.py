"""Indexes: which objects have this owner, this node, this label, this address, without looking at all of them.

Models a table of indexes over the store. Each row says what of an object it reads and which terms the object is found
under; an object whose write changed nothing that a row reads is not touched by it, so a status write moves no index.
The entries hold keys only.

Not modelled: the indexes that clients keep over their own caches beyond these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from kcore.api.core.pod import Pod
from kcore.api.core.service import Service, ServiceSpec
from kcore.api.hashmap import EMPTY as NO_ENTRIES
from kcore.api.hashmap import HashMap, without
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.sortedset import EMPTY, SortedSet

Term: TypeAlias = tuple[str, ...]
"""What objects are looked up by: the name of the index, then its values."""

NO_ADDRESS = "None"
"""The cluster IP of a headless Service."""

Entries: TypeAlias = HashMap[Term, SortedSet[Any]]
"""What is found under each term."""


@attrs.frozen
class Index:
    """One row: `reads` picks what matters of an object, `terms` says where an object with that is found."""

    reads: Callable[[Any], Any]
    terms: Callable[[ObjectKey, Any], Iterable[Term]]


@attrs.frozen
class Indexes:
    """All entries, by term."""

    entries: Entries = NO_ENTRIES

    @classmethod
    def of(cls, objects: Mapping[ObjectKey, ApiObject]) -> Indexes:
        """Return the indexes over `objects`, made anew."""
        found: dict[Term, set[Any]] = {}
        for key, obj in objects.items():
            found.setdefault(("namespace", key.kind, key.namespace), set()).add(key)
            found.setdefault(("namespaces", key.kind), set()).add(key.namespace)
            for index in _rows(type(obj)):
                for term in index.terms(key, index.reads(obj)):
                    found.setdefault(term, set()).add(key)
        return cls(HashMap({term: SortedSet.of(members) for term, members in found.items()}))

    def found(self, term: Term) -> SortedSet[Any]:
        """Return what is found under `term`, sorted."""
        return self.entries.get(term, EMPTY)

    def change(self, key: ObjectKey, old: ApiObject | None, new: ApiObject | None) -> Indexes:
        """Return the indexes after the object at `key` was `old` (None: absent) and became `new`."""
        gone: list[Term] = []
        come: list[Term] = []
        if old is None or new is None:
            terms = come if old is None else gone
            terms.append(("namespace", key.kind, key.namespace))
        for index in _rows(type(new or old)):
            before = None if old is None else index.reads(old)
            after = None if new is None else index.reads(new)
            if before is not after and before != after:
                _compare(index, key, before, after, gone, come)
        return self._moved(key, gone, come) if gone or come else self

    def _moved(self, key: ObjectKey, gone: list[Term], come: list[Term]) -> Indexes:
        """Return the indexes in which `key` is no longer under the terms `gone`, but under those that `come`."""
        entries = self.entries
        for term in gone:
            entries = _discard(entries, term, key)
        for term in come:
            entries = _add(entries, term, key)
        return Indexes(entries)


def _add(entries: Entries, term: Term, member: Any) -> Entries:
    """Put `member` under `term`; a kind's first object in a namespace makes the namespace known."""
    found = entries.get(term, EMPTY)
    entries = entries.set(term, found.add(member))
    return entries if found or term[0] != "namespace" else _add(entries, ("namespaces", term[1]), term[2])


def _discard(entries: Entries, term: Term, member: Any) -> Entries:
    """Take `member` from under `term`, and the term itself when nothing else is there."""
    rest = entries.get(term, EMPTY).discard(member)
    if rest:
        return entries.set(term, rest)
    entries = without(entries, term)
    return entries if term[0] != "namespace" else _discard(entries, ("namespaces", term[1]), term[2])


def _compare(index: Index, key: ObjectKey, before: Any, after: Any, gone: list[Term], come: list[Term]) -> None:
    """Append to `gone` and `come` the terms that one index loses and gains; None is read of no object."""
    left = () if before is None else tuple(index.terms(key, before))
    found = () if after is None else tuple(index.terms(key, after))
    gone.extend(term for term in left if term not in found)
    come.extend(term for term in found if term not in left)


def _rows(kind: type) -> tuple[Index, ...]:
    return _ROWS.get(kind, _OF_ALL)


def _owner_terms(_: ObjectKey, owners: tuple[OwnerReference, ...]) -> Iterable[Term]:
    return dict.fromkeys(("owner", owner.uid) for owner in owners)


def _label_terms(key: ObjectKey, labels: Mapping[str, str]) -> Iterable[Term]:
    return (("label", key.kind, key.namespace, name, value) for name, value in labels.items())


def _service_terms(_: ObjectKey, spec: ServiceSpec) -> Iterable[Term]:
    """Return the addresses and node ports that a Service holds."""
    yield from (("address", address) for address in addresses(spec))
    yield from (("node port", str(port)) for port in node_ports(spec))


def addresses(spec: ServiceSpec) -> tuple[str, ...]:
    """Return the cluster IPs that a Service holds, each once."""
    return tuple(dict.fromkeys(ip for ip in (spec.cluster_ip, *spec.cluster_ips) if ip not in ("", NO_ADDRESS)))


def node_ports(spec: ServiceSpec) -> tuple[int, ...]:
    """Return the node ports that a Service holds, each once."""
    ports = (*(port.node_port for port in spec.ports), spec.health_check_node_port)
    return tuple(dict.fromkeys(port for port in ports if port))


_OF_ALL = (
    Index(lambda obj: obj.metadata.labels, _label_terms),
    Index(lambda obj: obj.metadata.owner_references, _owner_terms),
)
"""The indexes over every kind."""

_OF_KIND: dict[type, tuple[Index, ...]] = {
    Pod: (Index(lambda pod: pod.spec.node_name, lambda _, node: (("node", node),)),),
    Service: (Index(lambda service: service.spec, _service_terms),),
}
"""The indexes over one kind."""

_ROWS = {kind: _OF_ALL + rows for kind, rows in _OF_KIND.items()}
