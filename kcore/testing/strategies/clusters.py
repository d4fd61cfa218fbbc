"""Strategies for whole clusters: nodes, workloads, and what stands in front of them.

Models clusters that a machine can watch: names are unique, each Service and budget is about the pods of one workload.
A cluster shrinks to one node with one Deployment of one replica.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.json import Json
from kcore.api.object import ApiObject
from kcore.cluster.config import DEFAULT_CONFIG, ClusterConfig
from kcore.cluster.timing import Timing
from kcore.model import Plan
from kcore.testing.cluster import Cluster
from kcore.testing.strategies.nodes import node_specs
from kcore.testing.strategies.services import budgets, services
from kcore.testing.strategies.workloads import APP, daemonsets, deployments, replicasets, statefulsets


@st.composite
def clusters(  # noqa: PLR0913 - each parameter is a choice of its own and has a default
    draw: st.DrawFn,
    *,
    workloads: st.SearchStrategy[ApiObject] | None = None,
    most_nodes: int = 3,
    most_workloads: int = 2,
    timing: Timing = Timing.PROMPT,
    faults: Mapping[str, int] = EMPTY,
    config: ClusterConfig = DEFAULT_CONFIG,
    settled: bool = True,
) -> Cluster:
    """Draw a cluster of 1 to `most_nodes` nodes with 1 to `most_workloads` workloads, of `workloads` or of any kind.

    `faults` says how often each may happen; the other parameters are those of `given_cluster`.
    """
    numbers = range(1, draw(st.integers(1, most_nodes)) + 1)
    specs = [draw(node_specs(st.just(f"n{number}"), tainted=False)) for number in numbers]
    drawn = any_workloads() if workloads is None else workloads
    chosen = draw(st.lists(drawn, min_size=1, max_size=most_workloads, unique_by=lambda one: one.metadata.name))
    objects = [one for workload in chosen for one in (workload, *draw(_in_front(workload)))]
    plan = Plan(nodes=tuple(specs), timing=timing, budget=FrozenMap(dict(faults)), config=config)
    return Cluster(plan=plan, objects=tuple(Json.of(to_wire(one)) for one in objects), settled=settled)


def any_workloads() -> st.SearchStrategy[ApiObject]:
    """Return workloads of any kind, a Deployment first."""
    return deployments() | statefulsets() | replicasets() | daemonsets()


@st.composite
def _in_front(draw: st.DrawFn, workload: ApiObject) -> tuple[ApiObject, ...]:
    """Draw a Service and a budget, or one of them, or neither."""
    name = workload.metadata.name
    of = {APP: name}
    service = [draw(services(st.just(name), of=of))] if draw(st.booleans()) else []
    budget = [draw(budgets(st.just(name), of=of))] if draw(st.booleans()) else []
    return (*service, *budget)
