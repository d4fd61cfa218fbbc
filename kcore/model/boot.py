"""Boot: the first state of a cluster, with its masters, nodes and processes.

Models what is there before anybody does anything: what the API server makes at its start, the Node objects as their
kubelets report them once they are ready, a machine behind each, and every process started.

Not modelled: how a cluster is installed, and the seconds in which a new node is not ready yet.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from pyrsistent import pmap

from kcore.api.convert import structure
from kcore.api.core.node import Node, NodeStatus
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.json import Json, Wire
from kcore.api.object import ObjectKey
from kcore.api.times import Time, format_time
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.cluster.config import DEFAULT_CONFIG, ClusterConfig
from kcore.cluster.control_plane import control_plane
from kcore.cluster.processes import start_all
from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.errors import InputError, Place
from kcore.model.model import Model
from kcore.world.world import Behavior, World, build_world

START = 946_684_800_000
"""When a cluster boots unless told otherwise: 2000-01-01T00:00:00Z, in ms since 1970."""

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
    """A node to boot with: its name, capacity (quantities as text), labels and taints (JSON objects)."""

    name: str
    capacity: FrozenMap[str]
    labels: FrozenMap[str] = EMPTY
    taints: tuple[FrozenMap[str], ...] = ()


@attrs.frozen(kw_only=True)
class Plan:
    """What to boot; `budget` says how often each fault may happen, `now` is ms since 1970."""

    nodes: Sequence[NodeSpec]
    config: ClusterConfig = DEFAULT_CONFIG
    masters: int = 1
    behaviors: tuple[Behavior, ...] = ()
    timing: Timing = Timing.PROMPT
    budget: FrozenMap[int] = EMPTY
    now: int = START


def boot(model: Model, plan: Plan) -> ClusterState:
    """Return the state of a cluster that has just been started: nobody has taken a turn."""
    names = tuple(node.name for node in plan.nodes)
    leading = tuple(component.family for component in model.components.values() if not component.per_node)
    state = ClusterState(
        now=plan.now,
        store=_store(plan),
        control_plane=control_plane(plan.masters, leading),
        world=_world(plan),
        config=plan.config,
        timing=plan.timing,
        budget=pmap(dict(plan.budget)),
        last_change=plan.now,
    )
    return start_all(state, model.components, names)


def _world(plan: Plan) -> World:
    names = tuple(node.name for node in plan.nodes)
    config = plan.config
    return build_world(names, behaviors=plan.behaviors, pod_start=config.pod_start, pod_stop=config.pod_stop)


def _store(plan: Plan) -> Store:
    """Return what etcd holds once the API server has started and every node has registered and become ready."""
    context = Context(now=plan.now, config=plan.config.api_server)
    store = bootstrap(plan.now, plan.config.api_server)
    for number, node in enumerate(plan.nodes):
        store = register(store, context, node, number)
    return store


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
    spec = attrs.evolve(registered.spec, taints=taints)
    reported = structure(NodeStatus, _status(node, number, context.now))
    return outcome.store.put(attrs.evolve(registered, spec=spec, status=reported))


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
