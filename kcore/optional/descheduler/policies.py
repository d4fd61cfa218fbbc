"""Policies: whom the descheduler evicts, each a pure function from what is placed to the pods that are to go.

Models RemoveDuplicates, LowNodeUtilization, RemovePodsViolatingTopologySpreadConstraint and
RemovePodsViolatingNodeTaints.

Not modelled: that a pod goes only if it fits elsewhere (nodeFit), limits to namespaces and labels, use as it is
measured (metrics), and soft constraints.

Upstream: https://github.com/kubernetes-sigs/descheduler/tree/master/pkg/framework/plugins
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeAlias

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.optional.descheduler.placed import Placed, is_evictable
from kcore.placement.fit import PODS, amounts_of, request_of
from kcore.placement.podaffinity import readable
from kcore.placement.taints import untolerated

Policy: TypeAlias = Callable[[Placed], tuple[Pod, ...]]
"""Which pods are to go, in order."""

Amounts: TypeAlias = Mapping[str, int]

_HARD = "DoNotSchedule"


def remove_duplicates() -> Policy:
    """Return the policy that leaves no more pods of one owner on a node than an even spread would."""
    return _duplicates


def remove_pods_violating_node_taints() -> Policy:
    """Return the policy that evicts pods that do not tolerate a NoSchedule taint of their node."""
    return _tainted


def remove_pods_violating_topology_spread_constraint() -> Policy:
    """Return the policy that evicts from the fullest domains of hard constraints what is beyond maxSkew."""
    return _skewed


def low_node_utilization(thresholds: Mapping[str, int], targets: Mapping[str, int]) -> Policy:
    """Return the policy that takes pods from nodes above a target while others lie below all thresholds.

    Both are in hundredths of what a node can allocate, by resource ("cpu", "memory", "pods").
    """
    return partial(_low, dict(thresholds), dict(targets))


def _duplicates(placed: Placed) -> tuple[Pod, ...]:
    families: dict[object, dict[str, list[Pod]]] = defaultdict(lambda: defaultdict(list))
    for node, pods in placed.pods.items():
        for pod in pods:
            if is_evictable(pod):
                families[_family(pod)][node].append(pod)
    gone: list[Pod] = []
    for by_node in families.values():
        every = [pod for pods in by_node.values() for pod in pods]
        targets = len(placed.targets(every[0]))
        if targets > 1:
            most = -(-len(every) // targets)
            gone += [pod for pods in by_node.values() for pod in pods[: max(len(pods) - most, 0)]]
    return tuple(gone)


def _family(pod: Pod) -> object:
    owner = pod.metadata.controller
    images = tuple(sorted(one.image for one in pod.spec.containers))
    return pod.metadata.namespace, owner and (owner.kind, owner.name), images


def _tainted(placed: Placed) -> tuple[Pod, ...]:
    gone: list[Pod] = []
    for node in placed.nodes:
        taints = tuple(one for one in node.spec.taints if one.effect == "NoSchedule")
        gone += [
            pod
            for pod in placed.pods[node.metadata.name]
            if is_evictable(pod) and untolerated(taints, pod.spec.tolerations) is not None
        ]
    return tuple(gone)


def _skewed(placed: Placed) -> tuple[Pod, ...]:
    gone: list[Pod] = []
    for namespace, constraint in _constraints(placed):
        gone += _beyond(placed.without(tuple(gone)), namespace, constraint)
    return tuple(gone)


def _constraints(placed: Placed) -> Iterable[tuple[str, TopologySpreadConstraint]]:
    """Return the hard constraints of all pods, each once, in the order of their pods."""
    found = (
        ((pod.metadata.namespace, one), None)
        for node in placed.nodes
        for pod in placed.pods[node.metadata.name]
        for one in pod.spec.topology_spread_constraints
        if one.when_unsatisfiable == _HARD
    )
    return dict(found)


def _beyond(placed: Placed, namespace: str, constraint: TopologySpreadConstraint) -> list[Pod]:
    """Return whom to take from the fullest domain, as if each went to the emptiest, until the skew is allowed."""
    selector = readable(constraint.label_selector)
    domains: dict[str, list[Pod]] = {}
    for node in placed.nodes:
        value = node.metadata.labels.get(constraint.topology_key)
        if value is not None:
            there = (pod for pod in placed.pods[node.metadata.name] if pod.metadata.namespace == namespace)
            domains.setdefault(value, []).extend(pod for pod in there if selector.matches(pod.metadata.labels))
    sizes = {value: len(pods) for value, pods in domains.items()}
    movable = {value: [pod for pod in pods if is_evictable(pod)] for value, pods in domains.items()}
    gone: list[Pod] = []
    while sizes:
        fullest = max(sorted(sizes), key=lambda value: sizes[value])
        emptiest = min(sorted(sizes), key=lambda value: sizes[value])
        if sizes[fullest] - sizes[emptiest] <= constraint.max_skew or not movable[fullest]:
            break
        gone.append(movable[fullest].pop(0))
        sizes[fullest] -= 1
        sizes[emptiest] += 1
    return gone


def _low(thresholds: Amounts, targets: Amounts, placed: Placed) -> tuple[Pod, ...]:
    used = {node.metadata.name: _used(placed.pods[node.metadata.name]) for node in placed.nodes}
    idle = [one for one in placed.nodes if not one.spec.unschedulable and not _above(one, used, thresholds)]
    busy = [one for one in placed.nodes if _above(one, used, targets)]
    if not idle or not busy or len(idle) == len(placed.nodes):
        return ()
    room = {name: sum(_limit(one, targets, name) - _amount(used, one, name) for one in idle) for name in targets}
    gone: list[Pod] = []
    for node in sorted(busy, key=lambda one: (-_fullness(one, used, targets), one.metadata.name)):
        for pod in placed.pods[node.metadata.name]:
            if not is_evictable(pod) or not any(one in idle for one in placed.targets(pod)):
                continue
            if not _above(node, used, targets) or any(left <= 0 for left in room.values()):
                break
            asked = _asked(pod)
            used[node.metadata.name] = {
                name: amount - asked.get(name, 0) for name, amount in used[node.metadata.name].items()
            }
            room = {name: left - asked.get(name, 0) for name, left in room.items()}
            gone.append(pod)
    return tuple(gone)


def _asked(pod: Pod) -> dict[str, int]:
    return {**request_of(pod).amounts, PODS: 1}


def _used(pods: Iterable[Pod]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for pod in pods:
        for name, amount in _asked(pod).items():
            total[name] += amount
    return dict(total)


def _amount(used: Mapping[str, Amounts], node: Node, name: str) -> int:
    return used[node.metadata.name].get(name, 0)


def _limit(node: Node, shares: Amounts, name: str) -> int:
    return amounts_of(node.status.allocatable).get(name, 0) * shares[name] // 100


def _above(node: Node, used: Mapping[str, Amounts], shares: Amounts) -> bool:
    """Tell whether more than its share of a resource of `node` is asked for."""
    return any(_amount(used, node, name) > _limit(node, shares, name) for name in shares)


def _fullness(node: Node, used: Mapping[str, Amounts], shares: Amounts) -> int:
    given = amounts_of(node.status.allocatable)
    return sum(_amount(used, node, name) * 100 // given[name] for name in shares if given.get(name))
