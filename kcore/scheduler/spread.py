"""Spread: topology spread constraints as the scheduler reads them, and what they ask of nodes.

Models which pods count, and on which nodes: those that the pod may go to by its node selector, its affinity and, if
asked for, its tolerations.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/podtopologyspread/common.go
"""

from __future__ import annotations

from typing import NamedTuple

import attrs

from kcore.api.core.affinity import NodeSelector
from kcore.api.core.taint import Toleration
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.api.frozenmap import FrozenMap
from kcore.api.selectors.label import Selector
from kcore.placement.nodeaffinity import matches_node_selector
from kcore.placement.taints import untolerated
from kcore.scheduler.framework import NodeInfo, PlacedPod


@attrs.frozen(kw_only=True, cache_hash=True)
class Constraint:
    """One constraint as read: which pods of `namespace` count, and on which nodes they do (all, or those it names)."""

    key: str
    max_skew: int
    min_domains: int
    selector: Selector
    namespace: str
    node_selector: FrozenMap[str]
    affinity: NodeSelector | None
    tolerations: tuple[Toleration, ...] | None

    def counts(self, placed: PlacedPod) -> bool:
        """Tell whether a pod on a node is one of those that are to be spread."""
        if placed.terminating or placed.namespace != self.namespace or self.selector.empty:
            return False
        return self.selector.matches(placed.labels)


@attrs.frozen(kw_only=True, cache_hash=True)
class Spread:
    """The constraints of a pod; nodes that lack one of the labels `needed` are not scored.

    `hard_domains` and `soft_domains` are what is asked of nodes under each constraint.
    """

    hard: tuple[Constraint, ...]
    soft: tuple[Constraint, ...]
    needed: tuple[str, ...]
    hard_domains: tuple[Domains, ...]
    soft_domains: tuple[Domains, ...]


class Scope(NamedTuple):
    """Which nodes have a domain under a constraint, and which: those that a pod may go to and that have all `keys`."""

    key: str
    keys: tuple[str, ...]
    node_selector: FrozenMap[str]
    affinity: NodeSelector | None
    tolerations: tuple[Toleration, ...] | None

    def domain(self, node: NodeInfo) -> str | None:
        """Return the domain of `node`, None if its pods do not count."""
        labels = node.node.metadata.labels
        for key in self.keys:
            if key not in labels:
                return None
        for key in self.node_selector:
            if labels.get(key) != self.node_selector[key]:
                return None
        if self.affinity is not None and not matches_node_selector(self.affinity, node.node):
            return None
        taints = node.node.spec.taints
        if taints and self.tolerations is not None and untolerated(taints, self.tolerations) is not None:
            return None
        return labels.get(self.key, "")


class Domains(NamedTuple):
    """What is asked of each node: how many matching pods it has in the domain that it is in."""

    constraint: Constraint
    scope: Scope


class Defaults(NamedTuple):
    """The constraints of pods that have none; `strict` leaves out the nodes that lack one of their labels."""

    constraints: tuple[TopologySpreadConstraint, ...]
    strict: bool


def spread_over(hard: tuple[Constraint, ...], soft: tuple[Constraint, ...], *, strict: bool) -> Spread:
    """Return the constraints with what they ask of nodes; `strict` leaves out those that lack one of the labels."""
    needed = tuple(one.key for one in soft) if strict else ()
    keys = tuple(one.key for one in hard)
    return Spread(
        hard=hard,
        soft=soft,
        needed=needed,
        hard_domains=tuple(Domains(one, _scope(one, keys)) for one in hard),
        soft_domains=tuple(Domains(one, _scope(one, needed)) for one in soft),
    )


def _scope(one: Constraint, keys: tuple[str, ...]) -> Scope:
    return Scope(one.key, keys, one.node_selector, one.affinity, one.tolerations)
