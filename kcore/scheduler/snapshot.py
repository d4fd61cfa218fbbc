"""Snapshot: the nodes with what their pods ask for, as of one store.

Models the scheduler's cache. A pod counts from its binding until it is gone or has ended. A snapshot is a function of
the store; the latest few are remembered, and one whose store has gone on is brought up to date by the changes since, so
that a decision costs what changed and not the size of the cluster.

Not modelled: pods that are assumed to be bound before the cache has heard of it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/cache/cache.go
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

import attrs
from pyrsistent import PMap, pmap

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.resourcerequirements import ResourceList
from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ApiObject
from kcore.apiserver.store import Store
from kcore.placement.fit import Request, Usage, amounts_of, request_of
from kcore.scheduler.framework import NodeInfo

ENDED = frozenset({"Succeeded", "Failed"})
REMEMBERED = 8
"""How many snapshots are remembered: one for each of the stores that take turns."""

_UNUSED = Usage()


@attrs.frozen(kw_only=True)
class Snapshot:
    """The nodes sorted by name, and what the pods bound to each name ask for, whether there is such a node or not."""

    names: tuple[str, ...] = ()
    nodes: tuple[NodeInfo, ...] = ()
    usages: PMap[str, Usage] = pmap()

    def after(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        """Return the snapshot after `old` (None: absent) became `new`."""
        if isinstance(new or old, Pod):
            return self._with_pod(old, new)
        if isinstance(new or old, Node):
            return self._with_node(old, new)
        return self

    def _with_pod(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        left, come = _placed(old), _placed(new)
        if left == come:
            return self
        snapshot = self
        for placed, sign in ((left, -1), (come, 1)):
            if placed is not None:
                name, request = placed
                snapshot = snapshot._with_usage(name, snapshot.usages.get(name, _UNUSED).plus(request, sign))
        return snapshot

    def _with_usage(self, name: str, usage: Usage) -> Snapshot:
        usages = self.usages.set(name, usage) if usage.pods else self.usages.remove(name)
        at = bisect_left(self.names, name)
        if at == len(self.names) or self.names[at] != name:
            return attrs.evolve(self, usages=usages)
        before = self.nodes[at]
        info = NodeInfo(node=before.node, allocatable=before.allocatable, usage=usage)
        return Snapshot(names=self.names, nodes=(*self.nodes[:at], info, *self.nodes[at + 1 :]), usages=usages)

    def _with_node(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        name = (new or old).metadata.name  # type: ignore[union-attr] # one of the two is there
        at = bisect_left(self.names, name)
        known = at < len(self.names) and self.names[at] == name
        infos: tuple[NodeInfo, ...] = ()
        if isinstance(new, Node):
            usage = self.usages.get(name, _UNUSED)
            infos = (NodeInfo(node=new, allocatable=_amounts(new.status.allocatable), usage=usage),)
        rest = at + known
        return Snapshot(
            names=(*self.names[:at], *(name for _ in infos), *self.names[rest:]),
            nodes=(*self.nodes[:at], *infos, *self.nodes[rest:]),
            usages=self.usages,
        )


EMPTY = Snapshot()


def snapshot_of(store: Store) -> Snapshot:
    """Return the snapshot of `store`."""
    seen, snapshot = next((one for one in _RECENT if _went_on(one[0], store)), (None, EMPTY))
    if seen is store:
        return snapshot
    if seen is None:
        snapshot = _built(store)
    else:
        for at in range(len(seen.log), len(store.log)):
            change = store.log[at]
            snapshot = snapshot.after(change.old, change.new)
    _RECENT.insert(0, (store, snapshot))
    del _RECENT[REMEMBERED:]
    return snapshot


def is_placed(found: ApiObject | None) -> bool:
    """Tell whether `found` is a pod that takes up room on a node."""
    return isinstance(found, Pod) and bool(found.spec.node_name) and found.status.phase not in ENDED


def _placed(found: ApiObject | None) -> tuple[str, Request] | None:
    """Return the node on which `found` takes up room, and how much; None when it takes up none."""
    if not isinstance(found, Pod) or not is_placed(found):
        return None
    return found.spec.node_name, request_of(found)


def _went_on(seen: Store, store: Store) -> bool:
    """Tell whether `store` is `seen` or came from it by writes: what was its last change is still at its place."""
    if seen is store:
        return True
    count = len(seen.log)
    if not count or seen.compacted != store.compacted or count > len(store.log):
        return False
    return store.log[count - 1] is seen.log[count - 1]


def _built(store: Store) -> Snapshot:
    """Return the snapshot of a store that nothing is known of."""
    snapshot = EMPTY
    for found in (*store.list("Node"), *store.list("Pod")):
        snapshot = snapshot.after(None, found)
    return snapshot


@lru_cache(maxsize=1024)
def _amounts(allocatable: ResourceList) -> FrozenMap[int]:
    return amounts_of(allocatable)


_RECENT: list[tuple[Store, Snapshot]] = []
"""The latest stores with their snapshots, the latest first. They only save work: the answer is that of `_built`."""
