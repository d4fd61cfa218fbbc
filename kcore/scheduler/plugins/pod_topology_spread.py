"""PodTopologySpread: pods of one kind lie evenly over zones, nodes or any other topology.

Models both kinds of constraint. DoNotSchedule filters: with a pod more, a domain may hold at most `maxSkew` matching
pods more than the emptiest domain, which counts as empty while there are fewer than `minDomains`. ScheduleAnyway
scores: a node is the better the fewer matching pods its domains hold, each topology weighted by the logarithm of its
number of domains. A pod that says nothing is spread over zones and nodes, loosely, with the pods of its Services and
its owner, or as the constraints say that a profile gives it. Pods that are being deleted do not count.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/podtopologyspread/plugin.go
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import attrs

from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.api.frozenmap import FrozenMap
from kcore.api.selectors.label import Selector, from_set
from kcore.placement.nodeaffinity import required
from kcore.placement.podaffinity import readable
from kcore.scheduler.framework import (
    MAX_NODE_SCORE,
    Cluster,
    Code,
    CountingPlugin,
    Happening,
    NodeInfo,
    PlacedPod,
    PodInfo,
    Rejection,
)
from kcore.scheduler.spread import Constraint, Defaults, Domains, Scope, Spread, spread_over
from kcore.scheduler.topology import is_single_node

NAME = "PodTopologySpread"

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
DO_NOT_SCHEDULE = "DoNotSchedule"
SCHEDULE_ANYWAY = "ScheduleAnyway"
HONOR = "Honor"

SYSTEM_DEFAULTS = (
    TopologySpreadConstraint(max_skew=3, topology_key=HOSTNAME, when_unsatisfiable=SCHEDULE_ANYWAY),
    TopologySpreadConstraint(max_skew=5, topology_key=ZONE, when_unsatisfiable=SCHEDULE_ANYWAY),
)

_UNLABELLED = Rejection(
    NAME,
    Code.UNSCHEDULABLE_AND_UNRESOLVABLE,
    ("node(s) didn't match pod topology spread constraints (missing required label)",),
)
_SKEWED = Rejection(NAME, Code.UNSCHEDULABLE, ("node(s) didn't match pod topology spread constraints",))


class Hard(NamedTuple):
    """A hard constraint now: matching pods by domain, the least of them, and 1 if the pod itself will match.

    `single` says that each node is a domain of its own.
    """

    constraint: Constraint
    pods: Mapping[Any, int]
    least: int
    itself: int
    single: bool


class Counts(NamedTuple):
    """The constraints with what is counted now."""

    spread: Spread
    hard: tuple[Hard, ...]
    soft: tuple[Mapping[Any, int], ...]


class Weights(NamedTuple):
    """What scoring needs: the constraints, matching pods by domain, and the weight of each topology."""

    spread: Spread
    pods: tuple[Mapping[Any, int], ...]
    weights: tuple[float, ...]


class Place(NamedTuple):
    """What is seen of a node: its domain under each constraint, None where it has none.

    Where each node is a domain of its own, it is the number of matching pods on the node instead, and so it is under a
    soft constraint over hosts. All of `soft` is None for a node that is not to be scored.
    """

    hard: tuple[str | int | None, ...]
    soft: tuple[str | int | None, ...] | None


@lru_cache(maxsize=1024)
def spread_of(defaults: Defaults, pod: PodInfo) -> Spread:
    """Return the constraints of `pod`, those of the profile where it has none."""
    hard: list[Constraint] = []
    soft: list[Constraint] = []
    if not pod.spread and pod.default_selector.empty:
        return spread_over((), (), strict=False)
    for given in pod.spread or defaults.constraints:
        one = _constraint(given, pod)
        one = one if pod.spread else attrs.evolve(one, selector=pod.default_selector)
        if given.when_unsatisfiable == DO_NOT_SCHEDULE:
            hard.append(one)
        elif given.when_unsatisfiable == SCHEDULE_ANYWAY:
            soft.append(one)
    return spread_over(tuple(hard), tuple(soft), strict=bool(pod.spread) or defaults.strict)


def _constraint(given: TopologySpreadConstraint, pod: PodInfo) -> Constraint:
    affine = (given.node_affinity_policy or HONOR) == HONOR
    return Constraint(
        key=given.topology_key,
        max_skew=given.max_skew,
        min_domains=1 if given.min_domains is None else given.min_domains,
        selector=_selector(given, pod),
        namespace=pod.namespace,
        node_selector=pod.node_selector if affine else FrozenMap(),
        affinity=required(pod.affinity) if affine else None,
        tolerations=pod.tolerations if given.node_taints_policy == HONOR else None,
    )


def _selector(given: TopologySpreadConstraint, pod: PodInfo) -> Selector:
    """Return the selector of a constraint with the pod's own values of the keys that are to match."""
    selector = readable(given.label_selector)
    own = {key: pod.labels[key] for key in given.match_label_keys if key in pod.labels}
    if not own:
        return selector
    requirements = (*from_set(own).requirements, *selector.requirements)
    return Selector(requirements=tuple(sorted(requirements, key=lambda one: one.key)))


def _concerns(defaults: Defaults, pod: PodInfo) -> bool:
    spread = spread_of(defaults, pod)
    return bool(spread.hard or spread.soft)


def _pre_filter(defaults: Defaults, pod: PodInfo, cluster: Cluster) -> Counts:
    spread = spread_of(defaults, pod)
    soft = [cluster.tally(_pods, one) if one.scope.key != HOSTNAME else {} for one in spread.soft_domains]
    hard = tuple([_hard(one, pod, cluster) for one in spread.hard_domains]) if spread.hard else ()
    return Counts(spread, hard, tuple(soft))


def _hard(question: Domains, pod: PodInfo, cluster: Cluster) -> Hard:
    constraint = question.constraint
    domains, pods = cluster.census(_nodes, question.scope), cluster.tally(_pods, question)
    single = is_single_node(cluster, constraint.key)
    amounts: Iterable[Any] = cluster.tally(_fillings, question) if single else map(_amount_in(pods), domains)
    least = 0 if len(domains) < constraint.min_domains else min(amounts, default=0)
    return Hard(constraint, pods, least, int(_matches(constraint.selector, pod.labels)), single)


def _amount_in(pods: Mapping[Any, int]) -> Callable[[Any], int]:
    return lambda value: pods.get(value, 0)


@lru_cache(maxsize=4096)
def _matches(selector: Selector, labels: FrozenMap[str]) -> bool:
    return selector.matches(labels)


def _nodes(scope: Scope, node: NodeInfo) -> tuple[tuple[str, int], ...]:
    """Return the domain of a node, with 1 for itself."""
    domain = scope.domain(node)
    return () if domain is None else ((domain, 1),)


def _pods(question: Domains, node: NodeInfo) -> tuple[tuple[str, int], ...]:
    """Return the domain of a node, with the number of matching pods there."""
    if not node.load.pods:
        return ()
    here = _here(question.constraint, node)
    domain = question.scope.domain(node) if here else None
    return () if domain is None else ((domain, here),)


def _fillings(question: Domains, node: NodeInfo) -> tuple[tuple[int, int], ...]:
    """Return the number of matching pods on a node, with 1 for itself."""
    return () if question.scope.domain(node) is None else ((_here(question.constraint, node), 1),)


def _here(constraint: Constraint, node: NodeInfo) -> int:
    here = 0
    for placed, count in node.load.pods:
        if _counts(constraint, placed):
            here += count
    return here


@lru_cache(maxsize=65536)
def _counts(constraint: Constraint, placed: PlacedPod) -> bool:
    return constraint.counts(placed)


def _keys(_: PodInfo, counts: Counts) -> tuple[Spread, tuple[bool, ...]]:
    return counts.spread, tuple([one.single for one in counts.hard])


def _place(_: PodInfo, asked: tuple[Spread, tuple[bool, ...]], node: NodeInfo) -> Place:
    spread, singles = asked
    hard: tuple[str | int | None, ...] = ()
    if singles:
        hard = tuple([_hard_place(one, node, single) for one, single in zip(spread.hard_domains, singles, strict=True)])
    labels = node.node.metadata.labels
    for key in spread.needed:
        if key not in labels:
            return Place(hard, None)
    return Place(hard, tuple([_soft_place(one, node, labels.get(one.key)) for one in spread.soft]))


def _hard_place(question: Domains, node: NodeInfo, single: bool) -> str | int | None:  # noqa: FBT001 - of two lists
    value = node.node.metadata.labels.get(question.scope.key)
    if value is None or not single:
        return value
    return sum([amount for _, amount in _pods(question, node)])


def _soft_place(constraint: Constraint, node: NodeInfo, value: str | None) -> str | int | None:
    return value if constraint.key != HOSTNAME or value is None else _here(constraint, node)


def _filters(pod: PodInfo, counts: Counts) -> bool:
    return bool(counts.hard)


def _filter(pod: PodInfo, counts: Counts, place: Place) -> Rejection | None:
    for hard, value in zip(counts.hard, place.hard, strict=True):
        if value is None:
            return _UNLABELLED
        amount = value if isinstance(value, int) else hard.pods.get(value, 0)
        if amount + hard.itself - hard.least > hard.constraint.max_skew:
            return _SKEWED
    return None


def _pre_score(pod: PodInfo, counts: Counts, places: Mapping[Place, int]) -> Weights | None:
    spread = counts.spread
    if not spread.soft:
        return None
    scored = [(place.soft, count) for place, count in places.items() if place.soft is not None]
    nodes = sum([count for _, count in scored])
    sizes = [
        nodes if one.key == HOSTNAME else len({soft[number] for soft, _ in scored})
        for number, one in enumerate(spread.soft)
    ]
    return Weights(spread, counts.soft, tuple([math.log(size + 2) for size in sizes]))


def _score(pod: PodInfo, state: Weights, place: Place) -> int:
    if place.soft is None:
        return 0
    score = 0.0
    for number, value in enumerate(place.soft):
        if value is not None:
            count = value if isinstance(value, int) else state.pods[number].get(value, 0)
            score += count * state.weights[number] + (state.spread.soft[number].max_skew - 1)
    return math.floor(score + 0.5)


def _normalize(state: Weights, places: Sequence[Place], scores: Sequence[int]) -> Sequence[int]:
    """Return 100 for the least of the scores and less for more; 0 for the nodes that are not to be scored."""
    counted = [score for place, score in zip(places, scores, strict=True) if place.soft is not None]
    least, most = min(counted, default=0), max(counted, default=0)
    return [
        0 if place.soft is None else MAX_NODE_SCORE * (most + least - score) // most if most else MAX_NODE_SCORE
        for place, score in zip(places, scores, strict=True)
    ]


def _hint(defaults: Defaults, pod: PodInfo, happening: Happening) -> bool:
    """Tell whether a domain came, went or holds another number of matching pods."""
    hard = spread_of(defaults, pod).hard
    if happening.node is not None:
        return bool(hard)
    moved = tuple(placed for placed in (happening.came, happening.gone) if placed is not None)
    return any(_counts(one, placed) for one in hard for placed in moved)


def pod_topology_spread(constraints: tuple[TopologySpreadConstraint, ...] | None = None) -> CountingPlugin:
    """Return the plugin with `constraints` for the pods that have none (None: the system's)."""
    system = Defaults(SYSTEM_DEFAULTS, strict=False)
    defaults = system if constraints is None else Defaults(constraints, strict=True)
    return CountingPlugin(
        name=NAME,
        concerns=partial(_concerns, defaults),
        pre_filter=partial(_pre_filter, defaults),
        keys=_keys,
        place=_place,
        filters=_filters,
        filter=_filter,
        pre_score=_pre_score,
        score=_score,
        normalize=_normalize,
        hint=partial(_hint, defaults),
    )


POD_TOPOLOGY_SPREAD = pod_topology_spread()
