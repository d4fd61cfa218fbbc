"""Cluster: what a run begins with: manifests on nodes, and the components that run there.

Models the usual clusters in a line; a trace carries the whole of it (see `kcore.verify.origin`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from kcore.api.convert import to_wire
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.json import Json, Wire
from kcore.api.object import ApiObject
from kcore.client.component import Component
from kcore.cluster.config import DEFAULT_CONFIG, ClusterConfig
from kcore.cluster.timing import Timing
from kcore.manifests import load_text
from kcore.model import NodeSpec, Plan, components_of
from kcore.verify.origin import Origin

Given: TypeAlias = str | Sequence[ApiObject | Wire | Json]
"""Manifests as text (YAML or JSON), or objects: typed, as JSON has them, or frozen."""

Cluster = Origin
"""What a run begins with: how the cluster boots, what is applied to it, and whether it has settled then."""

CAPACITY = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
"""What a node has unless it is told."""


def given_cluster(
    given: Given = (),
    *,
    nodes: int | Sequence[NodeSpec] = 3,
    timing: Timing = Timing.PROMPT,
    faults: Mapping[str, int] = EMPTY,
    config: ClusterConfig = DEFAULT_CONFIG,
    settled: bool = True,
) -> Cluster:
    """Return the cluster with these manifests on nodes of one's own or on so many of four cores, called n1, n2, ...

    `faults` says how often each may happen.
    """
    specs = (
        [NodeSpec(name=f"n{number + 1}", capacity=CAPACITY) for number in range(nodes)]
        if isinstance(nodes, int)
        else nodes
    )
    plan = Plan(nodes=tuple(specs), timing=timing, budget=FrozenMap(dict(faults)), config=config)
    return Cluster(plan=plan, objects=_objects(given), settled=settled)


def components_with(*own: Component, config: ClusterConfig = DEFAULT_CONFIG) -> tuple[Component, ...]:
    """Return the components of a cluster with one's own: in the place of the one of its family, else as the last."""
    replaced = {component.family: component for component in own}
    standard = tuple(replaced.pop(component.family, component) for component in components_of(config))
    return (*standard, *replaced.values())


def _objects(given: Given) -> tuple[Json, ...]:
    if isinstance(given, str):
        return tuple(Json.of(document.wire) for document in load_text(given).documents)
    return tuple(_frozen(one) for one in given)


def _frozen(one: ApiObject | Wire | Json) -> Json:
    if isinstance(one, Json):
        return one
    return Json.of(to_wire(one) if isinstance(one, ApiObject) else one)
