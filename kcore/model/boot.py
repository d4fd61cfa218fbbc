"""Boot: the first state of a cluster, with its masters, nodes and processes.

Models what is there before anybody does anything: what the API server makes at its start, the Node objects as their
kubelets report them once they are ready, a machine behind each, and every process started.

Not modelled: how a cluster is installed, and the seconds in which a new node is not ready yet.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from pyrsistent import pmap

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context
from kcore.apiserver.store import Store
from kcore.cluster.config import DEFAULT_CONFIG, ClusterConfig
from kcore.cluster.control_plane import control_plane
from kcore.cluster.nodes import NodeSpec, register
from kcore.cluster.processes import start_all
from kcore.cluster.state import ClusterState
from kcore.cluster.staticpods import with_static_pods
from kcore.cluster.timing import Timing
from kcore.model.model import Model
from kcore.world.metrics import NO_METRICS, Metrics
from kcore.world.world import Behavior, World, build_world

START = 946_684_800_000
"""When a cluster boots unless told otherwise: 2000-01-01T00:00:00Z, in ms since 1970."""


@attrs.frozen(kw_only=True)
class Plan:
    """What to boot; `budget` says how often each fault may happen, `now` is ms since 1970."""

    nodes: Sequence[NodeSpec]
    config: ClusterConfig = DEFAULT_CONFIG
    masters: int = 1
    behaviors: tuple[Behavior, ...] = ()
    metrics: Metrics = NO_METRICS
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
    world = build_world(
        names,
        behaviors=plan.behaviors,
        metrics=plan.metrics,
        pod_start=config.pod_start,
        pod_stop=config.pod_stop,
    )
    context = Context(now=plan.now, config=config.api_server)
    for node in plan.nodes:
        world = with_static_pods(world, node.name, node.manifests, context)
    return world


def _store(plan: Plan) -> Store:
    """Return what etcd holds once the API server has started and every node has registered and become ready."""
    context = Context(now=plan.now, config=plan.config.api_server)
    store = bootstrap(plan.now, plan.config.api_server)
    for number, node in enumerate(plan.nodes):
        store = register(store, context, node, number)
    return store
