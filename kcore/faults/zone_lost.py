"""All machines of a zone lose their power at once.

Models what a zone is by the label topology.kubernetes.io/zone of its Nodes. A machine that is lost stays lost.

Not modelled: a zone that is cut off and runs on; masters that stand in the zone.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.power import lose
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

RULE = "faults.lose_zone"
BUDGET = "zoneLoss"
ZONE = "topology.kubernetes.io/zone"


@attrs.frozen
class ZoneLost:
    """Every machine of the zone is off."""

    zone: str


def zones(state: ClusterState) -> dict[str, tuple[str, ...]]:
    """Return the machines that are on, by zone, both sorted."""
    found: dict[str, list[str]] = {}
    for node in state.store.list("Node"):
        zone, name = node.metadata.labels.get(ZONE), node.metadata.name
        machine = state.world.machines.get(name)
        if zone and machine is not None and machine.powered:
            found.setdefault(zone, []).append(name)
    return {zone: tuple(sorted(found[zone])) for zone in sorted(found)}


def _refused(state: ClusterState, event: ZoneLost) -> Refusal | None:
    return None if event.zone in zones(state) else Refusal(RULE, "no machine of the zone is on", zone=event.zone)


def _lose(state: ClusterState, components: Components, event: ZoneLost) -> ClusterState:
    for node in zones(state)[event.zone]:
        state = lose(state, components, node)
    return state


def _standing(state: ClusterState) -> Sequence[ZoneLost]:
    return [ZoneLost(zone) for zone in zones(state)]


FAULTS = (Fault(rule=RULE, event=ZoneLost, budget=BUDGET, refused=_refused, effect=_lose, candidates=_standing),)
