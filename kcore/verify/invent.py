"""A cluster invented for plain manifests: alike nodes in three zones, large enough for what they ask.

Models what a person would set up to try a manifest: nobody is short of room, so that a pod that does not run has
another reason. The size follows from the requests of all pods and pod templates, with room for a rollout.
"""

from __future__ import annotations

from collections import Counter

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json, Wire
from kcore.api.resources import pod_requests
from kcore.manifests import Loaded
from kcore.model import NodeSpec
from kcore.users.apply import Apply
from kcore.verify.scenario import Scenario, of_objects
from kcore.verify.steps import Act

DEFAULT_NODES = 3
ZONES = ("a", "b", "c")
ZONE = "topology.kubernetes.io/zone"

LEAST = {"cpu": 4_000, "memory": 16 * 2**30 * 1000, "ephemeral-storage": 100 * 2**30 * 1000}
"""What each node has at least, in thousandths of the unit."""

PODS_PER_NODE = 110


def invent(loaded: Loaded, nodes: int = DEFAULT_NODES) -> Scenario:
    """Return the scenario that applies what was loaded to `nodes` invented nodes and settles."""
    wires = [document.wire for document in loaded.documents]
    capacity = _capacity(wires)
    specs = tuple(
        NodeSpec(
            name=f"n{number + 1}",
            capacity=capacity,
            labels=FrozenMap({ZONE: ZONES[number % len(ZONES)], "kubernetes.io/os": "linux"}),
        )
        for number in range(nodes)
    )
    event = Apply(objects=tuple(Json.of(wire) for wire in wires))
    return of_objects("manifests", specs, Act(op="apply", event=event))


def _capacity(wires: list[Wire]) -> FrozenMap[str]:
    """Return what one node has: twice what all pods together ask, and no less than LEAST."""
    asked: Counter[str] = Counter()
    pods = 0
    for wire in wires:
        template, replicas = _template(wire)
        pods += replicas
        for name, amount in pod_requests(structure(Pod, {"spec": template})).items():
            asked[name] += amount.milli_value * replicas
    names = sorted({*LEAST, *asked})
    capacity = {name: str(-(-max(LEAST.get(name, 0), 2 * asked[name]) // 1000)) for name in names}
    return FrozenMap({**capacity, "pods": str(max(PODS_PER_NODE, 2 * pods))})


def _template(wire: Wire) -> tuple[Wire, int]:
    """Return the pod spec that an object asks for, and how many times; ({}, 0) when it asks for none."""
    spec = wire.get("spec")
    if not isinstance(spec, dict):
        return {}, 0
    if wire.get("kind") == "Pod":
        return spec, 1
    template = spec.get("template")
    inner = template.get("spec") if isinstance(template, dict) else None
    replicas = spec.get("replicas", 1)
    return (inner, replicas) if isinstance(inner, dict) and isinstance(replicas, int) else ({}, 0)
