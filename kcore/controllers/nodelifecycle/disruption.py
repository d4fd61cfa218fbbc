"""Disruption: how fast nodes are given up when many are lost at once.

Models the states of the zones and what a change of them does. When no zone has a ready node left, the controller takes
itself for the one that is cut off: it takes the NoExecute taints off all nodes and gives no more up. When the first
node is ready again, each gets its full grace anew.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from kcore.api.core.node import Node
from kcore.controllers.nodelifecycle.config import NodeLifecycleConfig
from kcore.controllers.nodelifecycle.health import Health, sign_of_life
from kcore.controllers.nodelifecycle.memory import Zones
from kcore.controllers.nodelifecycle.taints import NOT_READY, UNREACHABLE, remove_taints
from kcore.controllers.nodelifecycle.zones import ZoneState, eviction_rate, zone_of, zone_state
from kcore.reconcile.program import Program
from kcore.reconcile.together import together


def handle_disruption(
    zones: Zones,
    ready: Mapping[str, Sequence[bool]],
    nodes: Sequence[Node],
    health: dict[str, Health],
    now: int,
    config: NodeLifecycleConfig,
) -> Program[None]:
    """Set the states and rates of `zones`, given which of their nodes are `ready`; `health` changes at the way out."""
    new = {zone: zone_state(ready[zone], config) for zone in sorted(ready)}
    for zone in sorted(zones.states.keys() - new.keys()):
        del zones.states[zone]
    full = ZoneState.FULL_DISRUPTION
    all_are, all_were = (all(one is full for one in states.values()) for states in (new, zones.states))
    if all_are and all_were:
        return
    if all_are:
        yield from together(mark_node_as_reachable(zones, node) for node in nodes)
        for zone in zones.states:
            zones.set_rate(zone, 0.0)
            zones.states[zone] = full
        return
    if all_were:
        for name, one in health.items():
            health[name] = attrs.evolve(one, probe=sign_of_life(now, config))
    for zone, state in new.items():
        if all_were or zones.states[zone] is not state:
            zones.set_rate(zone, eviction_rate(state, len(ready[zone]), config))
            zones.states[zone] = state


def mark_node_as_reachable(zones: Zones, node: Node) -> Program[bool]:
    """Take the NoExecute taints off `node` and forget it in its queue; return whether that went well."""
    for taint in (UNREACHABLE, NOT_READY):
        if not (yield from remove_taints(node, taint)):
            return False
    zones.remove(zone_of(node), node.metadata.name)
    return True
