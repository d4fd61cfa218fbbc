"""Strategies for pods and their parts.

Models what decides where a pod runs and when it is ready: requests, ports, probes, node selectors, affinity, spreading,
tolerations, grace periods. A pod shrinks to one container with a name and an image.

Not drawn: volumes, environment, security contexts, init containers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from kcore.api.core.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    PreferredSchedulingTerm,
    WeightedPodAffinityTerm,
)
from kcore.api.core.container import Container, ContainerPort
from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.core.podspec import PodSpec
from kcore.api.core.probe import HTTPGetAction, Probe, TCPSocketAction
from kcore.api.core.resourcerequirements import ResourceRequirements
from kcore.api.core.topologyspreadconstraint import TopologySpreadConstraint
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.testing.strategies.words import ZONES, cpus, images, labels, memories, names, tolerations

ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"

RESTART_POLICIES = ("Always", "OnFailure", "Never")


_BOOLEANS = st.booleans()
_PORTS = st.integers(1, 65535)
_SOME_ZONES = st.lists(st.sampled_from(ZONES), min_size=1, unique=True).map(tuple)
_IN_ZONE = st.sampled_from([EMPTY, *(FrozenMap({ZONE: zone}) for zone in ZONES)])
_GRACE = st.none() | st.integers(0, 60)
_REQUESTS = st.fixed_dictionaries({}, optional={"cpu": cpus(), "memory": memories()})
_CONTAINER_PORTS = st.builds(ContainerPort, container_port=_PORTS, protocol=st.sampled_from(["", "TCP", "UDP"]))
_FEW_PORTS = st.lists(_CONTAINER_PORTS, max_size=2, unique_by=lambda one: one.container_port).map(tuple)
_PROBES = st.builds(
    Probe,
    http_get=st.builds(HTTPGetAction, path=st.just("/ready"), port=_PORTS),
    period_seconds=st.integers(0, 10),
    failure_threshold=st.integers(0, 5),
    initial_delay_seconds=st.integers(0, 10),
) | st.builds(Probe, tcp_socket=st.builds(TCPSocketAction, port=_PORTS), period_seconds=st.integers(0, 10))
_MAYBE_PROBES = st.none() | _PROBES
_FEW_TOLERATIONS = st.lists(tolerations(), max_size=2).map(tuple)
_OPERATORS = st.sampled_from(["In", "NotIn"])
_TOPOLOGIES = st.sampled_from([ZONE, HOSTNAME])
_WEIGHTS = st.integers(1, 100)
_SKEWS = st.integers(1, 3)


@st.composite
def resource_requirements(draw: st.DrawFn) -> ResourceRequirements:
    """Draw requests, and limits that are as high."""
    requests = draw(_REQUESTS)
    limits = {name: amount for name, amount in requests.items() if draw(_BOOLEANS)}
    return ResourceRequirements(requests=FrozenMap(requests), limits=FrozenMap(limits))


def container_ports() -> st.SearchStrategy[ContainerPort]:
    """Return ports without names, TCP or UDP."""
    return _CONTAINER_PORTS


def probes() -> st.SearchStrategy[Probe]:
    """Return readiness probes over HTTP or TCP."""
    return _PROBES


@st.composite
def containers(draw: st.DrawFn, name: str = "a") -> Container:
    """Draw a container called `name`."""
    return Container(
        name=name,
        image=draw(images()),
        ports=draw(_FEW_PORTS),
        resources=draw(resource_requirements()),
        readiness_probe=draw(_MAYBE_PROBES),
    )


@st.composite
def pod_specs(
    draw: st.DrawFn, of: Mapping[str, str] = EMPTY, *, restart_policies: Sequence[str] = ("Always",)
) -> PodSpec:
    """Draw the spec of a pod that has the labels `of`, which affinity and spreading may mean."""
    second = (draw(containers("b")),) if draw(_BOOLEANS) else ()
    return PodSpec(
        containers=(draw(containers()), *second),
        restart_policy=draw(st.sampled_from(["", *restart_policies])),
        termination_grace_period_seconds=draw(_GRACE),
        node_selector=draw(_IN_ZONE),
        affinity=draw(affinities(of)) if draw(_BOOLEANS) else None,
        tolerations=draw(_FEW_TOLERATIONS),
        topology_spread_constraints=(draw(topology_spread_constraints(of)),) if draw(_BOOLEANS) else (),
    )


@st.composite
def affinities(draw: st.DrawFn, of: Mapping[str, str] = EMPTY) -> Affinity:
    """Draw an affinity: to zones, and to or against pods with the labels `of`."""
    together, apart = draw(_pod_terms(of)), draw(_pod_terms(of))
    return Affinity(
        node_affinity=draw(_MAYBE_NODE_AFFINITIES),
        pod_affinity=PodAffinity(**together) if together else None,
        pod_anti_affinity=PodAntiAffinity(**apart) if apart else None,
    )


@st.composite
def topology_spread_constraints(draw: st.DrawFn, of: Mapping[str, str] = EMPTY) -> TopologySpreadConstraint:
    """Draw a constraint that spreads the pods with the labels `of` over zones or nodes."""
    return TopologySpreadConstraint(
        max_skew=draw(_SKEWS),
        topology_key=draw(_TOPOLOGIES),
        when_unsatisfiable="DoNotSchedule" if draw(_BOOLEANS) else "ScheduleAnyway",
        label_selector=LabelSelector(match_labels=FrozenMap(of)),
    )


@st.composite
def pod_templates(
    draw: st.DrawFn, of: Mapping[str, str], *, restart_policies: Sequence[str] = ("Always",)
) -> PodTemplateSpec:
    """Draw the template of pods that have the labels `of`, and perhaps more."""
    metadata = ObjectMeta(labels=FrozenMap({**draw(_FEW_LABELS), **of}))
    return PodTemplateSpec(metadata=metadata, spec=draw(pod_specs(of, restart_policies=restart_policies)))


@st.composite
def pods(draw: st.DrawFn, named: st.SearchStrategy[str] | None = None) -> Pod:
    """Draw a pod that nobody owns; its name is one of `named`, or any."""
    own = draw(_FEW_LABELS)
    metadata = ObjectMeta(name=draw(names() if named is None else named), labels=own)
    return Pod(metadata=metadata, spec=draw(pod_specs(own, restart_policies=RESTART_POLICIES)))


@st.composite
def _pod_terms(draw: st.DrawFn, of: Mapping[str, str]) -> dict[str, Any]:
    """Draw the fields of an affinity to pods: nothing, a demand or a wish."""
    form = draw(_FORMS)
    if form is None:
        return {}
    term = PodAffinityTerm(label_selector=LabelSelector(match_labels=FrozenMap(of)), topology_key=draw(_TOPOLOGIES))
    if form == _REQUIRED:
        return {form: (term,)}
    return {form: (WeightedPodAffinityTerm(weight=draw(_WEIGHTS), pod_affinity_term=term),)}


@st.composite
def _node_affinities(draw: st.DrawFn) -> NodeAffinity:
    """Draw an affinity to zones: a demand or a wish."""
    requirement = NodeSelectorRequirement(key=ZONE, operator=draw(_OPERATORS), values=draw(_SOME_ZONES))
    term = NodeSelectorTerm(match_expressions=(requirement,))
    if draw(_BOOLEANS):
        wish = PreferredSchedulingTerm(weight=draw(_WEIGHTS), preference=term)
        return NodeAffinity(preferred_during_scheduling_ignored_during_execution=(wish,))
    demand = NodeSelector(node_selector_terms=(term,))
    return NodeAffinity(required_during_scheduling_ignored_during_execution=demand)


_REQUIRED = "required_during_scheduling_ignored_during_execution"
_FORMS = st.sampled_from([None, "preferred_during_scheduling_ignored_during_execution", _REQUIRED])
_FEW_LABELS = labels(max_size=2)
_MAYBE_NODE_AFFINITIES = st.none() | _node_affinities()
