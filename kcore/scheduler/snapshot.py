"""Snapshot: the nodes with what their pods ask for, and what else is read of the cluster, as of one store.

Models the scheduler's cache. A pod counts from its binding until it is gone or has ended. A snapshot is a function of
the store; the latest few are remembered, and one whose store has gone on is brought up to date by the changes since, so
that a decision costs what changed and not the size of the cluster.

Not modelled: pods that are assumed to be bound before the cache has heard of it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/cache/cache.go
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import TypeAlias

import attrs

from kcore.api.core.affinity import Affinity
from kcore.api.core.container import Container
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.core.resourcerequirements import ResourceList
from kcore.api.evolve import evolve, quick
from kcore.api.frozenmap import FrozenMap
from kcore.api.hashmap import EMPTY as NOTHING
from kcore.api.hashmap import HashMap, without
from kcore.api.memo import Memo
from kcore.api.object import ApiObject
from kcore.placement.fit import Request, amounts_of, request_of
from kcore.placement.hostports import host_ports
from kcore.placement.podaffinity import pod_terms
from kcore.reconcile.volumes import claims_of
from kcore.scheduler.framework import Bucket, Contribution, Load, NodeInfo, PlacedPod
from kcore.scheduler.history import EMPTY as NO_HISTORY
from kcore.scheduler.history import History
from kcore.scheduler.owners import NO_OWNERS, Owners
from kcore.scheduler.tally import tally
from kcore.scheduler.waiting import ENDED, Waiting

Placed: TypeAlias = tuple[str, PlacedPod, Request]
"""The node on which a pod takes up room, what is seen of it, and how much it takes."""

_UNUSED = Load()


@quick
@attrs.frozen(kw_only=True, eq=False)
class Snapshot:
    """The nodes by name with the history that led here, what else is read, who waits, and the pods without a node.

    `names` are sorted. `fleet` is the history of the nodes themselves, whatever is on them. `strays` has the loads of
    names of which there is no node.
    """

    names: tuple[str, ...] = ()
    infos: HashMap[str, NodeInfo] = NOTHING
    history: History = NO_HISTORY
    fleet: History = NO_HISTORY
    owners: Owners = NO_OWNERS
    waiting: Waiting
    strays: HashMap[str, Load] = NOTHING

    @property
    def nodes(self) -> tuple[NodeInfo, ...]:
        """The nodes, sorted by name."""
        return tuple(map(self.infos.__getitem__, self.names))

    def node(self, name: str) -> NodeInfo | None:
        """Return the node called `name`, None when there is none."""
        return self.infos.get(name)

    def tally(self, contribution: Contribution, question: Hashable) -> Mapping[Bucket, int]:
        """Return the sums of a contribution over all nodes: see `Cluster`."""
        return tally(contribution, question).at(self.history, self)

    def census(self, contribution: Contribution, question: Hashable) -> Mapping[Bucket, int]:
        """Return the sums of a contribution that the pods on a node do not change: see `Cluster`."""
        return tally(contribution, question).at(self.fleet, self)

    def after(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        """Return the snapshot after `old` (None: absent) became `new`."""
        if isinstance(new or old, Pod):
            return self._with_pod(old, new)
        if isinstance(new or old, Node):
            return self._with_node(old, new)
        owners = self.owners.after(old, new)
        return self if owners is self.owners else evolve(self, owners=owners)

    def _with_pod(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        waiting = self.waiting.after(old, new)
        snapshot = self if waiting is self.waiting else evolve(self, waiting=waiting)
        left, come = placed(old), placed(new)
        if left == come:
            return snapshot
        snapshot = snapshot if left is None else snapshot.moved(left, -1)
        return snapshot if come is None else snapshot.moved(come, 1)

    def moved(self, pod: Placed, sign: int) -> Snapshot:
        """Return the snapshot with a pod more on a node, or with one less if `sign` is -1."""
        name, what, request = pod
        before = self.infos.get(name)
        if before is None:
            load = self.strays.get(name, _UNUSED).plus(what, request, sign)
            strays = self.strays.set(name, load) if load.usage.pods else self.strays.delete(name)
            return evolve(self, strays=strays)
        load = before.load.plus(what, request, sign)
        info = NodeInfo(node=before.node, allocatable=before.allocatable, load=load)
        return evolve(self, infos=self.infos.set(name, info), history=self.history.after(name, info))

    def _with_node(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        name = (new or old).metadata.name  # type: ignore[union-attr] # one of the two is there
        before = self.infos.get(name)
        if isinstance(new, Node):
            if before is not None and read_of_node(before.node) == read_of_node(new):
                return self
            return self._with_info(name, before, new)
        return self if before is None else self._without(name, before.load)

    def _with_info(self, name: str, before: NodeInfo | None, node: Node) -> Snapshot:
        """Return the snapshot in which the node called `name` is `node`."""
        load = self.strays.get(name, _UNUSED) if before is None else before.load
        info = NodeInfo(node=node, allocatable=_amounts(node.status.allocatable), load=load)
        names, at = self.names, bisect_left(self.names, name)
        return evolve(
            self,
            names=(*names[:at], name, *names[at:]) if before is None else names,
            infos=self.infos.set(name, info),
            history=self.history.after(name, info),
            fleet=self.fleet.after(name, info),
            strays=without(self.strays, name),
        )

    def _without(self, name: str, load: Load) -> Snapshot:
        """Return the snapshot without the node called `name`, which had this load."""
        at = bisect_left(self.names, name)
        return evolve(
            self,
            names=(*self.names[:at], *self.names[at + 1 :]),
            infos=without(self.infos, name),
            history=self.history.after(name, None),
            fleet=self.fleet.after(name, None),
            strays=self.strays.set(name, load) if load.usage.pods else self.strays,
        )


def is_placed(found: ApiObject | None) -> bool:
    """Tell whether `found` is a pod that takes up room on a node."""
    return isinstance(found, Pod) and bool(found.spec.node_name) and found.status.phase not in ENDED


def placed_pod(pod: Pod) -> PlacedPod:
    """Return what plugins read of a pod on a node."""
    meta, spec = pod.metadata, pod.spec
    going = meta.deletion_timestamp is not None
    return _PLACED_POD(
        meta.namespace, meta.labels, spec.affinity, spec.init_containers, spec.containers, claims_of(pod), going
    )


def _placed_pod(
    namespace: str,
    labels: FrozenMap[str],
    affinity: Affinity | None,
    init_containers: tuple[Container, ...],
    containers: tuple[Container, ...],
    claims: tuple[str, ...],
    terminating: bool,  # noqa: FBT001 - a memo takes positional arguments
) -> PlacedPod:
    return PlacedPod(
        namespace=namespace,
        labels=labels,
        terms=pod_terms(affinity, namespace),
        ports=host_ports(PodSpec(init_containers=init_containers, containers=containers)),
        claims=claims,
        terminating=terminating,
    )


_PLACED_POD = Memo(_placed_pod)
"""The pods of one template share these parts."""


def read_of_node(node: Node) -> object:
    """Return what plugins read of a node."""
    return node.metadata.labels, node.spec, node.status.allocatable, node.status.images


def placed(found: ApiObject | None) -> Placed | None:
    """Return the node on which `found` takes up room, what is seen of it, and how much; None when it takes up none."""
    return None if found is None else _PLACED(found)


def _placed(found: ApiObject) -> Placed | None:
    if not isinstance(found, Pod) or not is_placed(found):
        return None
    return found.spec.node_name, placed_pod(found), request_of(found)


_PLACED = Memo(_placed)
"""A pod is asked for as what it became, then as what it was."""


@lru_cache(maxsize=1024)
def _amounts(allocatable: ResourceList) -> FrozenMap[int]:
    return amounts_of(allocatable)
