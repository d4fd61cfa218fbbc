"""Arguments of plugins: `pluginConfig` of a profile made into plugins.

Models the arguments of NodeResourcesFit, NodeResourcesBalancedAllocation, PodTopologySpread, InterPodAffinity,
NodeAffinity, DefaultPreemption and VolumeBinding, held against what upstream's validation asks of them.

Not modelled: the shape by which VolumeBinding scores storage, which is behind a feature gate; and what DynamicResources
is told, as there are no claims for devices here.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kube-scheduler/config/v1/types_pluginargs.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kcore.api.convert import structure
from kcore.api.core.affinity import NodeAffinity
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.apiserver.field import FieldError
from kcore.apiserver.validation.affinity import affinity
from kcore.apiserver.validation.scheduling import topology_spread_constraints
from kcore.errors import InputError
from kcore.scheduler.extensionpoints import AnyPlugin
from kcore.scheduler.framework import BIND_TIMEOUT, MAX_NODE_SCORE, CountingPlugin, LifecyclePlugin, Plugin
from kcore.scheduler.plugins import (
    inter_pod_affinity,
    node_affinity,
    node_resources_balanced_allocation,
    node_resources_fit,
    pod_topology_spread,
)
from kcore.scheduler.plugins.default_preemption import DEFAULT_PREEMPTION, DYNAMIC_RESOURCES, default_preemption
from kcore.scheduler.plugins.node_resources_fit import Shape, Strategy, Weights
from kcore.scheduler.podparts import check_part
from kcore.scheduler.podvolumes import BINDING
from kcore.scheduler.preemption import CANDIDATES_PERCENTAGE, LEAST_CANDIDATES
from kcore.scheduler.strict import Section

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
_RESOURCE = ("name", "weight")
_BIND_TIMEOUT = "bindTimeoutSeconds"


def _fit(given: Section) -> Plugin:
    strategy = given.section("scoringStrategy", ("type", "resources", "requestedToCapacityRatio"))
    groups = given.texts("ignoredResourceGroups")
    for number, group in enumerate(groups):
        if "/" in group:
            place = given.place("ignoredResourceGroups", number)
            raise InputError(f"the group {group!r} has a slash", place=place, expected="what stands before the slash")
    return node_resources_fit.node_resources_fit(_strategy(strategy), given.texts("ignoredResources"), groups)


def _strategy(given: Section) -> Strategy:
    kind, weights = given.text("type", "LeastAllocated", _TYPES), _weights(given)
    if kind == "RequestedToCapacityRatio":
        return node_resources_fit.requested_to_capacity_ratio(_shape(given), weights)
    if given.values.get("requestedToCapacityRatio") is not None:
        place = given.place("requestedToCapacityRatio")
        raise InputError(f"a shape is given for {kind}", place=place, expected="the type RequestedToCapacityRatio")
    return (
        node_resources_fit.least_allocated(weights) if kind == _TYPES[0] else node_resources_fit.most_allocated(weights)
    )


def _weights(given: Section) -> Weights:
    found = tuple((one.name(), one.number("weight", 1, 0, 100) or 1) for one in given.sections("resources", _RESOURCE))
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
    names: list[str] = []
    for one in given.sections("resources", _RESOURCE):
        if one.name() in names:
            raise InputError(f"{one.name()} is named twice", place=one.place("name"), expected="each resource once")
        one.number("weight", 1, 0, 1)
        names.append(one.name())
    return node_resources_balanced_allocation.node_resources_balanced_allocation(
        tuple(names) or node_resources_balanced_allocation.CPU_AND_MEMORY
    )


def _spread(given: Section) -> CountingPlugin:
    listed = given.text("defaultingType", "System", ("System", "List")) == "List"
    for one in given.sections("defaultConstraints", _CONSTRAINT):
        if one.values.get("labelSelector") is not None:
            problem = "a default constraint has a labelSelector"
            raise InputError(problem, place=one.place("labelSelector"), expected="none: Services and owners give it")
    check_part(given, "defaultConstraints", ("topologySpreadConstraints",), topology_spread_constraints)
    found = given.values.get("defaultConstraints") or ()
    if found and not listed:
        problem = "defaultConstraints are given with the defaultingType System"
        raise InputError(problem, place=given.place("defaultConstraints"), expected="the defaultingType List")
    constraints = tuple(structure(TopologySpreadConstraint, dict(one)) for one in found)
    return pod_topology_spread.pod_topology_spread(constraints if listed else None)


def _affinity(given: Section) -> Plugin:
    check_part(given, "addedAffinity", ("affinity", "nodeAffinity"), _node_affinity_errors)
    added = given.values.get("addedAffinity")
    return node_affinity.node_affinity(structure(NodeAffinity, dict(added))) if added else node_affinity.NODE_AFFINITY


def _node_affinity_errors(found: Any, path: str) -> Iterator[FieldError]:
    """Yield the errors of a node affinity that stands at `path`."""
    for one in affinity({"nodeAffinity": found}, ""):
        yield FieldError(one.type, one.path.replace(".nodeAffinity", path, 1), one.value, one.detail)


def _neighbours(given: Section) -> CountingPlugin:
    return inter_pod_affinity.inter_pod_affinity(
        given.number("hardPodAffinityWeight", inter_pod_affinity.HARD_POD_AFFINITY_WEIGHT, 0, 100),
        ignore_preferred_terms_of_existing_pods=given.flag("ignorePreferredTermsOfExistingPods"),
    )


def _preemption(given: Section) -> LifecyclePlugin:
    percentage = given.number("minCandidateNodesPercentage", CANDIDATES_PERCENTAGE, 0, 100)
    least = given.number("minCandidateNodesAbsolute", LEAST_CANDIDATES, 0, 1 << 31)
    if not percentage and not least:
        place = given.place("minCandidateNodesPercentage")
        raise InputError("no candidates are asked for", place=place, expected="one of percentage and absolute above 0")
    return default_preemption(percentage, least)


def _volumes(given: Section) -> None:
    given.number(_BIND_TIMEOUT, BIND_TIMEOUT // 1000, 0, 1 << 31)
    given.refuse("shape", "none: StorageCapacityScoring is off")


def _claims(given: Section) -> None:
    given.text("filterTimeout")
    given.text("bindingTimeout")


def bind_timeout(profile: Section) -> int:
    """Return how long (ms) a pod of `profile` waits for its volumes, by the arguments of VolumeBinding."""
    for one in profile.sections("pluginConfig", ("name", "args")):
        if one.name() == BINDING:
            return 1000 * Section(one.values.get("args") or {}).number(_BIND_TIMEOUT, BIND_TIMEOUT // 1000, 0, 1 << 31)
    return BIND_TIMEOUT


ARGUMENTS: Mapping[str, tuple[tuple[str, ...], Callable[[Section], AnyPlugin | None]]] = {
    node_resources_fit.NAME: (("scoringStrategy", "ignoredResources", "ignoredResourceGroups"), _fit),
    node_resources_balanced_allocation.NAME: (("resources",), _balanced),
    pod_topology_spread.NAME: (("defaultConstraints", "defaultingType"), _spread),
    inter_pod_affinity.NAME: (("hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods"), _neighbours),
    node_affinity.NAME: (("addedAffinity",), _affinity),
    DEFAULT_PREEMPTION.name: (("minCandidateNodesPercentage", "minCandidateNodesAbsolute"), _preemption),
    BINDING: ((_BIND_TIMEOUT, "shape"), _volumes),
    DYNAMIC_RESOURCES.name: (("filterTimeout", "bindingTimeout"), _claims),
}
"""By the name of a plugin the fields of its arguments, and what they make of it; None: it stays as it is."""
