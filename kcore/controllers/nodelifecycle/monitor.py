"""The monitor: a look at all nodes, who has given a sign of life and who is to be given up.

Models monitorNodeHealth: a node without a sign of life within its grace becomes Unknown, and its pods not ready; nodes
that are not ready are queued to be given up, at once swapped between the two NoExecute taints, or freed of both.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.coordination.lease import Lease
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.frozenmap import FrozenMap
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.object import ObjectKey
from kcore.api.times import Time
from kcore.apiserver.request import Request, Verb
from kcore.client.view import View
from kcore.controllers.nodelifecycle.config import NodeLifecycleConfig
from kcore.controllers.nodelifecycle.disruption import handle_disruption, mark_node_as_reachable
from kcore.controllers.nodelifecycle.health import Health, Observation, after_writing, observe
from kcore.controllers.nodelifecycle.memory import Memory, Zones
from kcore.controllers.nodelifecycle.pods import mark_pods_not_ready
from kcore.controllers.nodelifecycle.taints import NOT_READY, UNREACHABLE, has_taint, swap_taints
from kcore.controllers.nodelifecycle.zones import EXCLUDED, zone_of
from kcore.machine import Note
from kcore.reconcile.program import Program, ask
from kcore.reconcile.together import together

LEASES = "kube-node-lease"
"""The namespace of the nodes' Leases."""

ATTEMPTS = 5
"""How often a status is written while somebody else changes the node."""


@attrs.frozen
class Seen:
    """A node that was looked at, its health, and Ready as it `was` (its status) and is now."""

    node: Node
    health: Health
    was: str
    ready: Condition | None

    @property
    def is_ready(self) -> bool:
        """Tell whether the node is ready."""
        return self.ready is not None and self.ready.status == "True"

    @property
    def lost(self) -> bool:
        """Tell whether the node was ready until this look at it."""
        return self.ready is not None and not self.is_ready and self.was == "True"


def monitor_node_health(
    memory: Memory, view: View, config: NodeLifecycleConfig
) -> Program[tuple[Memory, tuple[Note, ...]]]:
    """Look at all nodes; return what to remember then, and what to tell."""
    now = view.now()
    nodes = [one for one in view.list("Node") if isinstance(one, Node)]
    zones = Zones(memory.zones, config, now)
    for node in nodes:
        zones.meet(zone_of(node))
    added = [node for node in nodes if node.metadata.name not in memory.health]
    notes = _registered(memory, nodes, added)
    yield from together(mark_node_as_reachable(zones, node) for node in added)
    glances = [_glance(memory, view, node, config) for node in nodes]
    silent = [node for node, seen in zip(nodes, glances, strict=True) if seen is None]
    looks = iter((yield from together(_look(memory, view, node, config) for node in silent)))
    looked = [next(looks) if one is None else one for one in glances]
    health = {seen.node.metadata.name: seen.health for seen in looked}
    seen = [one for one in looked if one.was]
    yield from _process_taint_based_evictions(zones, seen, view.timestamp())
    to_retry = yield from _mark_pods(memory, view, seen)
    notes += [_note(one.node, "NodeNotReady", "status is now: NodeNotReady") for one in seen if one.lost]
    yield from handle_disruption(zones, _readiness(seen), nodes, health, now, config)
    remembered = attrs.evolve(memory, health=FrozenMap(health), zones=zones.frozen(), to_retry=to_retry)
    return remembered, tuple(notes)


def _glance(memory: Memory, view: View, node: Node, config: NodeLifecycleConfig) -> Seen | None:
    """Look at `node`; None when its status has to be written."""
    name = node.metadata.name
    found = observe(memory.health.get(name), node, _lease(view, name), view.now(), config)
    return Seen(node, found.health, found.observed, found.current) if found.status is None else None


def _look(memory: Memory, view: View, node: Node, config: NodeLifecycleConfig) -> Program[Seen]:
    """Look at `node` and write its status if it is unknown by now; what it `was` is "" when that did not work."""
    name, now = node.metadata.name, view.now()
    lease = _lease(view, name)
    health = memory.health.get(name)
    for _ in range(ATTEMPTS):
        found: Observation = observe(health, node, lease, now, config)
        health = found.health
        if found.status is None:
            return Seen(node, health, found.observed, found.current)
        written = attrs.evolve(node, status=found.status)
        answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(node), subresource="status", body=written))
        if answer.ok:
            health = after_writing(health, node, found.status, lease)
            return Seen(written, health, found.observed, found.current)
        fresh = yield from ask(Request(verb=Verb.GET, key=key_of(node)))
        if not isinstance(fresh.object, Node):
            break
        node = fresh.object
    return Seen(node, found.health, "", None)


def _lease(view: View, node: str) -> Lease | None:
    found = view.get(ObjectKey("Lease", LEASES, node))
    return found if isinstance(found, Lease) else None


def _process_taint_based_evictions(zones: Zones, seen: Sequence[Seen], now: Time) -> Program[None]:
    """Queue, swap or free the nodes; most are well and have no taint to be freed of."""
    programs = []
    for one in seen:
        if one.is_ready and not one.node.spec.taints:
            zones.remove(zone_of(one.node), one.node.metadata.name)
        elif one.ready is not None:
            programs.append(_process_taint_based_eviction(zones, one, now))
    yield from together(programs)


def _process_taint_based_eviction(zones: Zones, seen: Seen, now: Time) -> Program[None]:
    """Queue a node that is not ready to be given up; swap its taint, or free it, at once."""
    node, zone, name = seen.node, zone_of(seen.node), seen.node.metadata.name
    status = "" if seen.ready is None else seen.ready.status
    if status == "True":
        yield from mark_node_as_reachable(zones, node)
    if status not in ("False", "Unknown"):
        return
    wanted, other = (NOT_READY, UNREACHABLE) if status == "False" else (UNREACHABLE, NOT_READY)
    if has_taint(node, other):
        yield from swap_taints(node, (wanted,), (other,), now)
        return
    if not has_taint(node, wanted):
        zones.remove(zone, name)
    zones.add(zone, name)


def _mark_pods(memory: Memory, view: View, seen: Sequence[Seen]) -> Program[frozenset[str]]:
    """Mark the pods of lost nodes not ready; return the nodes for which that has to be tried again."""
    due = [one for one in seen if one.lost or _again(memory, one)]
    done = yield from together(
        mark_pods_not_ready([pod for pod in view.on_node(one.node.metadata.name) if isinstance(pod, Pod)], view)
        for one in due
    )
    failed = {one.node.metadata.name for one, well in zip(due, done, strict=True) if not well}
    looked = {one.node.metadata.name for one in seen}
    return frozenset(failed | {name for name in memory.to_retry if name not in looked})


def _again(memory: Memory, seen: Seen) -> bool:
    return seen.ready is not None and seen.was != "True" and seen.node.metadata.name in memory.to_retry


def _readiness(seen: Sequence[Seen]) -> dict[str, list[bool]]:
    """Return for each zone which of its nodes are ready, leaving out those that do not count."""
    ready: dict[str, list[bool]] = {}
    for one in seen:
        if EXCLUDED not in one.node.metadata.labels:
            ready.setdefault(zone_of(one.node), []).append(one.is_ready)
    return ready


def _registered(memory: Memory, nodes: Sequence[Node], added: Sequence[Node]) -> list[Note]:
    """Return the notes on nodes that have come and gone."""
    notes = [_note(node, "RegisteredNode", f"Registered Node {node.metadata.name} in Controller") for node in added]
    if len(memory.health) + len(added) == len(nodes):
        return notes
    for name in sorted(memory.health.keys() - {node.metadata.name for node in nodes}):
        message = f"Removing Node {name} from Controller"
        notes.append(Note("nodelifecycle.RemovingNode", object=f"Node/{name}", message=message))
    return notes


def _note(node: Node, reason: str, message: str) -> Note:
    """Return what upstream records as an Event of the node."""
    return Note(f"nodelifecycle.{reason}", object=str(key_of(node)), message=message)
