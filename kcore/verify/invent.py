"""A cluster invented for plain manifests: alike nodes in three zones, large enough for what they ask.

Models what a person would set up to try a manifest: nobody is short of room, so that a pod that does not run has
another reason. Nodes among the manifests, as a dump of a cluster has them, take the place of invented ones. The size
follows from the requests of all pods and pod templates, with room for a rollout. Claims find storage, and Services that
ask for one a load balancer.
"""

from __future__ import annotations

from collections import Counter

from kcore.api.convert import structure
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.taint import Taint
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json, Wire
from kcore.api.resources import pod_requests
from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError
from kcore.manifests import Document, Loaded
from kcore.model import NodeSpec, Plan
from kcore.users.apply import Apply
from kcore.verify.origin import Origin
from kcore.verify.scenario import Scenario, of_objects
from kcore.verify.steps import Act
from kcore.verify.storage import invented_storage
from kcore.world.world import Behavior

DEFAULT_NODES = 3
ZONES = ("a", "b", "c")
ZONE = "topology.kubernetes.io/zone"

LEAST = {"cpu": 4_000, "memory": 16 * 2**30 * 1000, "ephemeral-storage": 100 * 2**30 * 1000}
"""What each node has at least, in thousandths of the unit."""

PODS_PER_NODE = 110

SERVER_MADE = frozenset({"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"})
"""The metadata that a server makes: what `kubectl get -o yaml` prints is a starting point without it."""


def invent(loaded: Loaded, nodes: int = DEFAULT_NODES) -> Scenario:
    """Return the scenario that applies what was loaded, to its own nodes or to `nodes` invented ones, and settles.

    What is invented besides is applied before it.
    """
    origin = invent_origin(loaded, nodes)
    return of_objects("manifests", tuple(origin.plan.nodes), Act(op="apply", event=Apply(objects=origin.objects)))


def invent_origin(loaded: Loaded, nodes: int = DEFAULT_NODES, behaviors: tuple[Behavior, ...] = ()) -> Origin:
    """Return what a run of these manifests begins with; `behaviors` says what the containers of an image do."""
    given = tuple(_given(document) for document in loaded.documents if is_node(document))
    wires = [_fresh(document.wire) for document in loaded.documents if not is_node(document)]
    specs = given or tuple(_invented(number, _capacity(wires)) for number in range(nodes))
    storage = invented_storage(wires, [node.name for node in specs])
    objects = tuple(Json.of(wire) for wire in (*storage, *wires))
    balanced = any((wire.get("spec") or {}).get("type") == "LoadBalancer" for wire in wires)
    config = ClusterConfig(cloud_provider="external" if balanced else "")
    return Origin(plan=Plan(nodes=specs, behaviors=behaviors, config=config), objects=objects)


def is_node(document: Document) -> bool:
    """Tell whether a manifest describes a node of the cluster and is not applied to it."""
    return (document.api_version, document.kind) == ("v1", "Node")


def _given(document: Document) -> NodeSpec:
    """Return the node that a manifest describes, as large as its status says."""
    node = structure(Node, document.wire)
    room = node.status.capacity or node.status.allocatable
    if not room:
        problem = "the node does not say how large it is"
        raise InputError(problem, place=document.place(), expected="a status with capacity, as kubectl prints it")
    return NodeSpec(
        name=node.metadata.name,
        capacity=FrozenMap({name: amount.canonical for name, amount in room.items()}),
        labels=node.metadata.labels,
        taints=tuple(FrozenMap(_plain_taint(taint)) for taint in node.spec.taints),
    )


def _plain_taint(taint: Taint) -> dict[str, str]:
    return {"key": taint.key, "value": taint.value, "effect": taint.effect}


def _invented(number: int, capacity: FrozenMap[str]) -> NodeSpec:
    labels = FrozenMap({ZONE: ZONES[number % len(ZONES)], "kubernetes.io/os": "linux"})
    return NodeSpec(name=f"n{number + 1}", capacity=capacity, labels=labels)


def _fresh(wire: Wire) -> Wire:
    """Return an object without what the server it was read from had made of its metadata."""
    metadata = {name: value for name, value in wire["metadata"].items() if name not in SERVER_MADE}
    return {**wire, "metadata": metadata}


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
