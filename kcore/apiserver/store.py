"""Store: all objects at one revision, with the changes that led there. What etcd and a watch cache are.

Models a value: every write returns a new store that shares what did not change. A revision is one write. The log keeps
the changes since `compacted`; a watch that asks for an older revision is told that it is gone. The names, uids and
ports that the API server invents come from counters, so that the same requests make the same objects.

`put` and `remove` are what a server does; `apply` is what a follower does with a change that it hears of, and may skip
revisions that concern it not.

Not modelled: leases of keys, and the time that a commit takes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/storage/interfaces.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from pyrsistent import PVector, pvector

from kcore.api.evolve import evolve, quick
from kcore.api.hashmap import EMPTY as NO_OBJECTS
from kcore.api.hashmap import HashMap, without
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import Selector
from kcore.apiserver.changes import Change
from kcore.apiserver.indexes import Indexes, Term
from kcore.errors import MisuseError


@quick
@attrs.frozen(kw_only=True)
class Minted:
    """How many uids, name suffixes, addresses and node ports were invented so far."""

    uids: int = 0
    suffixes: int = 0
    addresses: int = 0
    node_ports: int = 0


@quick
@attrs.frozen(kw_only=True)
class Store:
    """The objects by key at `revision`, the log since `compacted`, the indexes and the counters."""

    revision: int = 0
    compacted: int = 0
    objects: HashMap[ObjectKey, ApiObject] = NO_OBJECTS
    log: PVector[Change] = pvector()
    indexes: Indexes = Indexes()  # noqa: RUF009 - a value
    minted: Minted = Minted()

    @classmethod
    def of(cls, objects: Iterable[ApiObject]) -> Store:
        """Return a store in which `objects` were written one after the other, and the log compacted."""
        held: dict[ObjectKey, ApiObject] = {}
        revision = 0
        for obj in objects:
            revision += 1
            held[key_of(obj)] = _stamped(obj, revision)
        return cls(revision=revision, compacted=revision, objects=HashMap(held), indexes=Indexes.of(held))

    def get(self, key: ObjectKey) -> ApiObject | None:
        """Return the object at `key`, or None."""
        return self.objects.get(key)

    def with_minted(self, minted: Minted) -> Store:
        """Return the store with these counters; no revision."""
        return evolve(self, minted=minted)

    def put(self, obj: ApiObject, reporter: str = "") -> Store:
        """Write `obj` under the next revision, which becomes its resource version; `reporter` writes its status."""
        revision = self.revision + 1
        return self._write(revision, key_of(obj), _stamped(obj, revision), reporter)

    def remove(self, key: ObjectKey) -> Store:
        """Remove the object at `key`, which is there, under the next revision."""
        if key not in self.objects:
            raise MisuseError(f"there is no {key} to remove")
        return self._write(self.revision + 1, key, None)

    def apply(self, change: Change) -> Store:
        """Follow another store: take over `change`, which is newer than anything here."""
        if change.revision <= self.revision:
            raise MisuseError(f"revision {change.revision} of {change.key} is not newer than {self.revision}")
        return self._write(change.revision, change.key, change.new, change.reporter)

    def compact(self, revision: int) -> Store:
        """Forget the changes up to and including `revision`, which is not in the future."""
        if revision > self.revision:
            raise MisuseError(f"revision {revision} is yet to come: the store is at {self.revision}")
        if revision <= self.compacted:
            return self
        kept = pvector(self.log[at] for at in range(self._position(revision), len(self.log)))
        return evolve(self, compacted=revision, log=kept)

    def list(self, kind: str, namespace: str | None = None) -> tuple[ApiObject, ...]:
        """Return the objects of `kind`, in one namespace or all (None), sorted by namespace and name."""
        if namespace is not None:
            return tuple(self._found(("namespace", kind, namespace)))
        namespaces = self.indexes.found(("namespaces", kind))
        return tuple(obj for each in namespaces for obj in self._found(("namespace", kind, each)))

    def select(self, kind: str, namespace: str | None, selector: Selector) -> tuple[ApiObject, ...]:
        """Return the objects of `kind` whose labels match, in one namespace or all (None), sorted like `list`."""
        if selector.matches_nothing:
            return ()
        namespaces = self.indexes.found(("namespaces", kind)) if namespace is None else (namespace,)
        candidates = (obj for each in namespaces for obj in self._found(self._narrowest(kind, each, selector)))
        if len(selector.requirements) == len(selector.equalities()) == 1:
            return tuple(candidates)
        return tuple(obj for obj in candidates if selector.matches(obj.metadata.labels))

    def owned_by(self, uid: str) -> tuple[ApiObject, ...]:
        """Return the objects that name the owner `uid`, sorted by key."""
        return tuple(self._found(("owner", uid)))

    def on_node(self, node: str) -> tuple[ApiObject, ...]:
        """Return the pods bound to `node` ("": those bound to none), sorted by key."""
        return tuple(self._found(("node", node)))

    def changes_since(self, revision: int) -> tuple[Change, ...] | None:
        """Return the changes after `revision`, oldest first; None when they are compacted away."""
        if revision < self.compacted:
            return None
        return tuple(self.log[at] for at in range(self._position(revision), len(self.log)))

    def _write(self, revision: int, key: ObjectKey, new: ApiObject | None, reporter: str = "") -> Store:
        """Return the store in which the object at `key` is `new` (None: removed) since `revision`."""
        old = self.objects.get(key)
        if old is None and new is None:
            return evolve(self, revision=revision)
        return Store(
            revision=revision,
            compacted=self.compacted,
            objects=without(self.objects, key) if new is None else self.objects.set(key, new),
            log=self.log.append(Change(revision=revision, key=key, old=old, new=new, reporter=reporter)),
            indexes=self.indexes.change(key, old, new),
            minted=self.minted,
        )

    def _found(self, term: Term) -> Iterable[ApiObject]:
        keys = self.indexes.entries.get(term)
        return map(self.objects.__getitem__, keys) if keys else ()

    def _narrowest(self, kind: str, namespace: str, selector: Selector) -> Term:
        """Return the term with the fewest objects among those that all matching objects are found under."""
        labels: list[Term] = [("label", kind, namespace, *pair) for pair in selector.equalities()]
        return min(labels, key=lambda term: len(self.indexes.found(term)), default=("namespace", kind, namespace))

    def _position(self, revision: int) -> int:
        """Return the place in the log of the first change after `revision`."""
        log, reach = self.log, 1
        high = len(log)
        low = high - 1
        while low >= 0 and log[low].revision > revision:
            high, low, reach = low, low - reach, 2 * reach
        low = max(low, 0)
        while low < high:
            middle = (low + high) // 2
            if self.log[middle].revision <= revision:
                low = middle + 1
            else:
                high = middle
        return low


def _stamped(obj: ApiObject, revision: int) -> ApiObject:
    return evolve(obj, metadata=evolve(obj.metadata, resource_version=str(revision)))


EMPTY = Store()
