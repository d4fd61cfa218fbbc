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
from kcore.api.evolve import quick
from kcore.api.frozenmap import FrozenMap
from kcore.api.hashmap import EMPTY as NOTHING
from kcore.api.hashmap import HashMap
from kcore.api.memo import Memo
from kcore.api.object import ApiObject
from kcore.placement.fit import Request, amounts_of, request_of
from kcore.placement.hostports import host_ports
from kcore.placement.podaffinity import pod_terms
from kcore.reconcile.volumes import claims_of
from kcore.scheduler.framework import Bucket, Contribution, Load, NodeInfo, PlacedPod
from kcore.scheduler.history import EMPTY as NO_HISTORY
from kcore.scheduler.history import History, NodeChange
from kcore.scheduler.owners import NO_OWNERS, Owners
from kcore.scheduler.tally import tally
from kcore.scheduler.waiting import ENDED, Waiting

Placed: TypeAlias = tuple[str, PlacedPod, Request]
"""The node on which a pod takes up room, what is seen of it, and how much it takes."""

_UNUSED = Load()


@quick
@attrs.frozen(kw_only=True, eq=False)
class Snapshot:
    """The nodes sorted by name with the history that led here, what else is read, who waits, and the loads.

    `loads` has the pods bound to each name, whether there is such a node or not.
    """

    names: tuple[str, ...] = ()
    nodes: tuple[NodeInfo, ...] = ()
    history: History = NO_HISTORY
    owners: Owners = NO_OWNERS
    waiting: Waiting
    loads: HashMap[str, Load] = NOTHING

    def node(self, name: str) -> NodeInfo | None:
        """Return the node called `name`, None when there is none."""
        at = bisect_left(self.names, name)
        return self.nodes[at] if at < len(self.names) and self.names[at] == name else None

    def tally(self, contribution: Contribution, question: Hashable) -> Mapping[Bucket, int]:
        """Return the sums of a contribution over all nodes: see `Cluster`."""
        return tally(contribution, question).at(self.history, self.nodes)

    def after(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        """Return the snapshot after `old` (None: absent) became `new`."""
        if isinstance(new or old, Pod):
            return self._with_pod(old, new)
        if isinstance(new or old, Node):
            return self._with_node(old, new)
        owners = self.owners.after(old, new)
        return self if owners is self.owners else attrs.evolve(self, owners=owners)

    def _with_pod(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        waiting = self.waiting.after(old, new)
        snapshot = self if waiting is self.waiting else self._with_waiting(waiting)
        left, come = placed(old), placed(new)
        if left == come:
            return snapshot
        return snapshot._with_placed(left, -1)._with_placed(come, 1)  # noqa: SLF001 - of its own class

    def _with_placed(self, moved: Placed | None, sign: int) -> Snapshot:
        if moved is None:
            return self
        name, pod, request = moved
        return self._with_load(name, self.loads.get(name, _UNUSED).plus(pod, request, sign))

    def _with_waiting(self, waiting: Waiting) -> Snapshot:
        return Snapshot(
            names=self.names,
            nodes=self.nodes,
            history=self.history,
            owners=self.owners,
            waiting=waiting,
            loads=self.loads,
        )

    def _with_load(self, name: str, load: Load) -> Snapshot:
        loads = self.loads.set(name, load) if load.usage.pods else self.loads.delete(name)
        at = bisect_left(self.names, name)
        if at == len(self.names) or self.names[at] != name:
            return attrs.evolve(self, loads=loads)
        before = self.nodes[at]
        info = NodeInfo(node=before.node, allocatable=before.allocatable, load=load)
        return Snapshot(
            names=self.names,
            nodes=(*self.nodes[:at], info, *self.nodes[at + 1 :]),
            history=self.history.after(NodeChange(before, info)),
            owners=self.owners,
            waiting=self.waiting,
            loads=loads,
        )

    def _with_node(self, old: ApiObject | None, new: ApiObject | None) -> Snapshot:
        name = (new or old).metadata.name  # type: ignore[union-attr] # one of the two is there
        at = bisect_left(self.names, name)
        known = at < len(self.names) and self.names[at] == name
        before = self.nodes[at] if known else None
        if before is not None and isinstance(new, Node) and read_of_node(before.node) == read_of_node(new):
            return self
        info = self._info(new) if isinstance(new, Node) else None
        infos = () if info is None else (info,)
        rest = at + known
        return Snapshot(
            names=(*self.names[:at], *(name for _ in infos), *self.names[rest:]),
            nodes=(*self.nodes[:at], *infos, *self.nodes[rest:]),
            history=self.history.after(NodeChange(before, info)) if before or info else self.history,
            owners=self.owners,
            waiting=self.waiting,
            loads=self.loads,
        )

    def _info(self, node: Node) -> NodeInfo:
        load = self.loads.get(node.metadata.name, _UNUSED)
        return NodeInfo(node=node, allocatable=_amounts(node.status.allocatable), load=load)


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
