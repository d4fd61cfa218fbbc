"""Planning: which machines the pods without a place need, and which nodes nobody does.

Both are thought through with the scheduler's own filters and scores, on a store in which the machines are there, or
are not.

Simplified: of the groups that would do, the first in the configuration is taken.

Upstream: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/core/scaleup/orchestrator/orchestrator.go
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.optional.clusterautoscaler.drainability import Skips, drainable
from kcore.optional.clusterautoscaler.groups import NodeGroup, Wishes, wishes_of
from kcore.placement.fit import amounts_of, request_of
from kcore.scheduler.cache import snapshot_of
from kcore.scheduler.podinfo import pod_info
from kcore.scheduler.podvolumes import pod_volumes
from kcore.scheduler.profile import DEFAULT_PROFILE
from kcore.scheduler.schedule_one import schedule
from kcore.scheduler.waiting import ENDED, is_tried

DEFAULT = Skips()


def scale_up(groups: Sequence[NodeGroup], store: Store) -> Wishes:
    """Return the machines to want, so that each pod that was tried in vain has a place, where that can be had."""
    wishes = wishes_of(store)
    for group in groups:
        while len(wishes.machines.get(group.name, ())) < group.least:
            wishes, _ = wishes.plus(group.name)
        for name in wishes.machines.get(group.name, ()):
            if store.get(ObjectKey("Node", "", name)) is None:
                store = store.put(group.node(name))
    for pod in _unschedulable(store):
        if _on(store, pod):
            store = _placed(store, pod)
            continue
        for group in groups:
            more, name = wishes.plus(group.name)
            trial = store.put(group.node(name))
            if len(wishes.machines.get(group.name, ())) < group.most and _on(trial, pod):
                wishes, store = more, _placed(trial, pod)
                break
    return wishes


def unneeded(groups: Sequence[NodeGroup], threshold: int, store: Store, skips: Skips = DEFAULT) -> tuple[str, ...]:
    """Return the nodes, beyond the least of each group, that are used below `threshold` and whose pods fit elsewhere.

    A node is used as much as the most used of its cpu and memory, in hundredths. `skips` are those whose pods may not
    go.
    """
    wishes, found = wishes_of(store), []
    for group in groups:
        names = wishes.machines.get(group.name, ())
        spare = len(names) - group.least
        for name in sorted(names):
            node = store.get(ObjectKey("Node", "", name))
            idle = spare > 0 and isinstance(node, Node) and _utilization(store, node) < threshold
            if idle and _empties(store, name, skips):
                found.append(name)
                spare -= 1
    return tuple(found)


def movable(store: Store, node: str) -> tuple[Pod, ...]:
    """Return the pods of a node that have to go elsewhere for it to go: all but those of DaemonSets."""
    return tuple(
        one
        for one in store.on_node(node)
        if isinstance(one, Pod)
        and one.status.phase not in ENDED
        and (one.metadata.controller is None or one.metadata.controller.kind != "DaemonSet")
    )


def _unschedulable(store: Store) -> Iterator[Pod]:
    waiting = (one for one in store.on_node("") if isinstance(one, Pod) and is_tried(one))
    pending = [one for one in waiting if one.metadata.deletion_timestamp is None and not one.status.nominated_node_name]
    yield from sorted(pending, key=lambda one: (-(one.spec.priority or 0), str(key_of(one))))


def _on(store: Store, pod: Pod) -> str:
    """Return the node that `pod` would get, "" for none."""
    snapshot = snapshot_of(store)
    return schedule(pod_info(pod, snapshot.owners, pod_volumes(store, pod)), snapshot, DEFAULT_PROFILE).node


def _placed(store: Store, pod: Pod) -> Store:
    return store.put(evolve(pod, spec=evolve(pod.spec, node_name=_on(store, pod))))


def _utilization(store: Store, node: Node) -> int:
    given = amounts_of(node.status.allocatable)
    asked = [request_of(one).amounts for one in movable(store, node.metadata.name)]
    names = [name for name in ("cpu", "memory") if given.get(name)]
    return max((sum(one.get(name, 0) for one in asked) * 100 // given[name] for name in names), default=0)


def _empties(store: Store, name: str, skips: Skips) -> bool:
    """Tell whether all pods of a node may go and fit elsewhere."""
    pods = movable(store, name)
    if not drainable(store, pods, skips):
        return False
    without = store.remove(ObjectKey("Node", "", name))
    for pod in pods:
        waiting = evolve(pod, spec=evolve(pod.spec, node_name=""))
        without = without.put(waiting)
        if not _on(without, waiting):
            return False
        without = _placed(without, waiting)
    return True
