"""Affinity and NodeSelector: which nodes, and which neighbours, a pod wants.

Models all terms. `required…` terms filter nodes, `preferred…` terms score them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.meta.labelselector import LabelSelector
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeSelectorRequirement(Struct):
    """One requirement on a node: `operator` is In, NotIn, Exists, DoesNotExist, Gt or Lt."""

    key: str = wire(default="", always=True)
    operator: str = wire(default="", always=True)
    values: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeSelectorTerm(Struct):
    """Requirements that must all match; an empty term matches no node."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeSelector(Struct):
    """Terms of which one must match."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = wire(default=(), always=True)


_NO_TERM = NodeSelectorTerm()


@attrs.frozen(kw_only=True, cache_hash=True)
class PreferredSchedulingTerm(Struct):
    """A wish for nodes; `weight` is 1 to 100."""

    weight: int = wire(default=0, always=True)
    preference: NodeSelectorTerm = _NO_TERM


@attrs.frozen(kw_only=True, cache_hash=True)
class NodeAffinity(Struct):
    """What a pod demands and wishes of its node."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class PodAffinityTerm(Struct):
    """Pods, by labels and namespaces, and the topology in which they count as neighbours."""

    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    topology_key: str = wire(default="", always=True)
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


_NO_POD_TERM = PodAffinityTerm()


@attrs.frozen(kw_only=True, cache_hash=True)
class WeightedPodAffinityTerm(Struct):
    """A wish for or against neighbours; `weight` is 1 to 100."""

    weight: int = wire(default=0, always=True)
    pod_affinity_term: PodAffinityTerm = _NO_POD_TERM


@attrs.frozen(kw_only=True, cache_hash=True)
class PodAffinity(Struct):
    """The neighbours that a pod demands and wishes for."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class PodAntiAffinity(Struct):
    """The neighbours that a pod refuses and avoids."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class Affinity(Struct):
    """All that a pod wants of its node and its neighbours."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAntiAffinity | None = None
