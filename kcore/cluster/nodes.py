"""Nodes: how one is described, registers and joins a cluster.

Models a node that is ready at once: its object as the kubelet reports it, its machine, and the processes on it.

Not modelled: the seconds in which a new node is not ready yet, and the taints that it has for so long.
"""

from __future__ import annotations

import attrs

from kcore.api.convert import structure
from kcore.api.core.node import Node, NodeStatus
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.json import Json, Wire
from kcore.api.object import ObjectKey
from kcore.api.times import Time, format_time
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import Components
from kcore.cluster.asking import committed
from kcore.cluster.processes import start
from kcore.cluster.state import ClusterState
from kcore.cluster.staticpods import with_static_pods
from kcore.errors import InputError, Place

HOSTNAME = "kubernetes.io/hostname"

CONDITION_TAINTS = "node.kubernetes.io/"
"""The prefix of the taints that follow from conditions; those of a node that has become ready are gone."""

CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID"),
    ("Ready", "True", "KubeletReady"),
)


@attrs.frozen(kw_only=True)
class NodeSpec:
    """A node to boot with: its name, capacity (quantities as text), labels and taints (JSON objects).

    The `manifests` are those of the static pods that its kubelet finds on the machine.
    """

    name: str
    capacity: FrozenMap[str]
    labels: FrozenMap[str] = EMPTY
    taints: tuple[FrozenMap[str], ...] = ()
    manifests: tuple[Json, ...] = ()


def join(state: ClusterState, components: Components, node: NodeSpec) -> ClusterState:
    """Return the state in which `node` has joined the cluster; MisuseError if there is a machine of its name."""
    world = state.world.add_machine(node.name)
    context = Context(now=state.now, config=state.config.api_server)
    store = register(state.store, context, node, len(state.world.machines))
    world = with_static_pods(world, node.name, node.manifests, context)
    state = committed(evolve(state, world=world), components, store)
    for component in components.values():
        if component.per_node:
            state = start(state, component, node.name)
    return state


def register(store: Store, context: Context, node: NodeSpec, number: int) -> Store:
    """Return the store in which `node` has registered and is ready; `number` gives its address.

    InputError when the API server refuses such a node.
    """
    wire = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name, "labels": _labels(node)}}
    key = ObjectKey("Node", "", node.name)
    request = Request(verb=Verb.CREATE, key=key, body=Json.of({**wire, "spec": _spec(node)}), client="kubelet")
    outcome = handle(store, request, context)
    registered = outcome.response.object
    if not isinstance(registered, Node):
        status = outcome.response.status
        why = status.message if status else ""
        raise InputError(why, place=Place(object=str(key)), expected="a node as the API has it")
    taints = tuple(taint for taint in registered.spec.taints if not taint.key.startswith(CONDITION_TAINTS))
    spec = evolve(registered.spec, taints=taints)
    reported = structure(NodeStatus, _status(node, number, context.now))
    return outcome.store.put(evolve(registered, spec=spec, status=reported))


def _labels(node: NodeSpec) -> Wire:
    return {HOSTNAME: node.name, **node.labels}


def _spec(node: NodeSpec) -> Wire:
    return {"taints": [dict(taint) for taint in node.taints]} if node.taints else {}


def _status(node: NodeSpec, number: int, now: int) -> Wire:
    """Return the status of a Node as its kubelet reports it."""
    at = format_time(Time(now // 1000))
    high, low = divmod(number + 1, 250)
    conditions = [
        {"type": name, "status": status, "reason": reason, "lastHeartbeatTime": at, "lastTransitionTime": at}
        for name, status, reason in CONDITIONS
    ]
    return {
        "capacity": dict(node.capacity),
        "allocatable": dict(node.capacity),
        "addresses": [
            {"type": "InternalIP", "address": f"192.168.{high}.{low + 1}"},
            {"type": "Hostname", "address": node.name},
        ],
        "conditions": conditions,
    }
