"""Arguments of plugins: `pluginConfig` of a profile made into plugins.

Models the arguments of NodeResourcesFit, NodeResourcesBalancedAllocation, PodTopologySpread, InterPodAffinity,
NodeAffinity and DefaultPreemption.

Not modelled: the arguments of VolumeBinding and of the plugins that kcore has not.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/config/v1/types_pluginargs.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from kcore.api.convert import structure
from kcore.api.core.affinity import NodeAffinity
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.errors import InputError
from kcore.scheduler.framework import MAX_NODE_SCORE, CountingPlugin, LifecyclePlugin, Plugin
from kcore.scheduler.plugins import (
    inter_pod_affinity,
    node_affinity,
    node_resources_balanced_allocation,
    node_resources_fit,
    pod_topology_spread,
)
from kcore.scheduler.plugins.default_preemption import DEFAULT_PREEMPTION, default_preemption
from kcore.scheduler.plugins.node_resources_fit import Shape, Strategy, Weights
from kcore.scheduler.strict import Section

AnyPlugin: TypeAlias = Plugin | CountingPlugin | LifecyclePlugin

MAX_CUSTOM_SCORE = 10
"""The highest score in the shape of a function."""

_TYPES = ("LeastAllocated", "MostAllocated", "RequestedToCapacityRatio")
_CONSTRAINT = (
    "maxSkew",
    "topologyKey",
    "whenUnsatisfiable",
    "minDomains",
    "nodeAffinityPolicy",
    "nodeTaintsPolicy",
    "labelSelector",
    "matchLabelKeys",
)
_TERMS = ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution")


def _fit(given: Section) -> Plugin:
    strategy = given.section("scoringStrategy", ("type", "resources", "requestedToCapacityRatio"))
    return node_resources_fit.node_resources_fit(
        _strategy(strategy), given.texts("ignoredResources"), given.texts("ignoredResourceGroups")
    )


def _strategy(given: Section) -> Strategy:
    kind, weights = given.text("type", "LeastAllocated", _TYPES), _weights(given)
    if kind == "LeastAllocated":
        return node_resources_fit.least_allocated(weights)
    if kind == "MostAllocated":
        return node_resources_fit.most_allocated(weights)
    return node_resources_fit.requested_to_capacity_ratio(_shape(given), weights)


def _weights(given: Section) -> Weights:
    resources = given.sections("resources", ("name", "weight"))
    found = tuple((one.text("name"), one.number("weight", 1, 1, 100)) for one in resources)
    return found or node_resources_fit.CPU_AND_MEMORY


def _shape(given: Section) -> Shape:
    inner = given.section("requestedToCapacityRatio", ("shape",))
    points: list[tuple[int, int]] = []
    for one in inner.sections("shape", ("utilization", "score")):
        at, score = one.number("utilization", 0, 0, 100), one.number("score", 0, 0, MAX_CUSTOM_SCORE)
        if points and at <= points[-1][0]:
            problem = f"utilization {at} follows {points[-1][0]}"
            raise InputError(problem, place=one.place("utilization"), expected="rising utilizations")
        points.append((at, score * MAX_NODE_SCORE // MAX_CUSTOM_SCORE))
    if not points:
        raise InputError("no shape is given", place=inner.place("shape"), expected="at least one point")
    return tuple(points)


def _balanced(given: Section) -> Plugin:
    names = tuple(one.text("name") for one in given.sections("resources", ("name", "weight")))
    return node_resources_balanced_allocation.node_resources_balanced_allocation(
        names or node_resources_balanced_allocation.CPU_AND_MEMORY
    )


def _spread(given: Section) -> CountingPlugin:
    listed = given.text("defaultingType", "System", ("System", "List")) == "List"
    constraints = []
    for one in given.sections("defaultConstraints", _CONSTRAINT):
        if "labelSelector" in one.values:
            problem = "a default constraint has a labelSelector"
            raise InputError(problem, place=one.place("labelSelector"), expected="none: Services and owners give it")
        constraints.append(structure(TopologySpreadConstraint, dict(one.values)))
    if constraints and not listed:
        problem = "defaultConstraints are given with the defaultingType System"
        raise InputError(problem, place=given.place("defaultConstraints"), expected="the defaultingType List")
    return pod_topology_spread.pod_topology_spread(tuple(constraints) if listed else None)


def _affinity(given: Section) -> Plugin:
    added = given.section("addedAffinity", _TERMS)
    return node_affinity.node_affinity(structure(NodeAffinity, dict(added.values)))


def _neighbours(given: Section) -> CountingPlugin:
    return inter_pod_affinity.inter_pod_affinity(
        given.number("hardPodAffinityWeight", inter_pod_affinity.HARD_POD_AFFINITY_WEIGHT, 0, 100),
        ignore_preferred_terms_of_existing_pods=given.flag("ignorePreferredTermsOfExistingPods"),
    )


def _preemption(given: Section) -> LifecyclePlugin:
    return default_preemption(
        given.number("minCandidateNodesPercentage", 10, 0, 100),
        given.number("minCandidateNodesAbsolute", 100, 0, 1 << 31),
    )


ARGUMENTS: Mapping[str, tuple[tuple[str, ...], Callable[[Section], AnyPlugin]]] = {
    node_resources_fit.NAME: (("scoringStrategy", "ignoredResources", "ignoredResourceGroups"), _fit),
    node_resources_balanced_allocation.NAME: (("resources",), _balanced),
    pod_topology_spread.NAME: (("defaultConstraints", "defaultingType"), _spread),
    inter_pod_affinity.NAME: (("hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"), _neighbours),
    node_affinity.NAME: (("addedAffinity",), _affinity),
    DEFAULT_PREEMPTION.name: (("minCandidateNodesPercentage", "minCandidateNodesAbsolute"), _preemption),
}
"""By the name of a plugin the fields of its arguments, and what they make of it."""
