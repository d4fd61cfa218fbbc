"""Strategies for nodes: as objects of the API, and as a cluster boots with them.

Models size, zone and taints. A node shrinks to one of 1 core in zone a.
"""

from __future__ import annotations

from hypothesis import strategies as st

from kcore.api.convert import unstructure
from kcore.api.core.node import Node, NodeSpec, NodeStatus
from kcore.api.core.taint import Taint
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.quantity import Quantity
from kcore.model import NodeSpec as Booted
from kcore.testing.strategies.pods import HOSTNAME, ZONE
from kcore.testing.strategies.words import ZONES, names, taints

_CORES = st.integers(1, 8)
_GIBIBYTES = st.integers(1, 16)
_PODS = st.sampled_from([110, 10, 2])
_ZONES = st.sampled_from(ZONES)
_MAYBE_TAINT = st.lists(taints(), max_size=1)


@st.composite
def capacities(draw: st.DrawFn) -> FrozenMap[str]:
    """Draw what a node has, as text: 1 to 8 cores, 1 to 16 GiB, 2 to 110 pods."""
    cpu, memory, pods = draw(_CORES), draw(_GIBIBYTES), draw(_PODS)
    return FrozenMap({"cpu": str(cpu), "memory": f"{memory}Gi", "pods": str(pods)})


@st.composite
def node_specs(draw: st.DrawFn, named: st.SearchStrategy[str] | None = None, *, tainted: bool = True) -> Booted:
    """Draw a node as a cluster boots with it; without taints unless `tainted`."""
    some = draw(_MAYBE_TAINT) if tainted else []
    return Booted(
        name=draw(named if named is not None else names()),
        capacity=draw(capacities()),
        labels=FrozenMap({ZONE: draw(_ZONES)}),
        taints=tuple(FrozenMap(_plain(taint)) for taint in some),
    )


@st.composite
def nodes(draw: st.DrawFn, named: st.SearchStrategy[str] | None = None) -> Node:
    """Draw a node as the API has it, with its size in the status; its name is one of `named`, or any."""
    name = draw(named if named is not None else names())
    size = FrozenMap({resource: Quantity.parse(text) for resource, text in draw(capacities()).items()})
    own = FrozenMap({HOSTNAME: name, ZONE: draw(_ZONES)})
    spec = NodeSpec(
        unschedulable=draw(st.booleans()),
        taints=tuple(draw(st.lists(taints(), max_size=2, unique_by=lambda one: (one.key, one.effect)))),
    )
    return Node(
        metadata=ObjectMeta(name=name, labels=own), spec=spec, status=NodeStatus(capacity=size, allocatable=size)
    )


def _plain(taint: Taint) -> dict[str, str]:
    return {name: str(value) for name, value in unstructure(taint).items()}
