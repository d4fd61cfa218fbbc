"""A machine loses its power: nothing runs on it any more, and nobody says so.

The API goes on showing what it showed until somebody notices that the heartbeats have stopped. Coming back is not
modelled yet: a machine that is lost stays lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.power import lose
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

RULE = "faults.lose_machine"


@attrs.frozen
class MachineLost:
    """The machine of the node is off."""

    node: str


def _refused(state: ClusterState, event: MachineLost) -> Refusal | None:
    machine = state.world.machines.get(event.node)
    if machine is None:
        return Refusal(RULE, "there is no such machine", node=event.node)
    return None if machine.powered else Refusal(RULE, "the machine is off already", node=event.node)


def _lose(state: ClusterState, components: Components, event: MachineLost) -> ClusterState:
    return lose(state, components, event.node)


def _powered(state: ClusterState) -> Sequence[MachineLost]:
    return [MachineLost(name) for name in sorted(state.world.machines) if state.world.machines[name].powered]


FAULTS = (Fault(rule=RULE, event=MachineLost, budget="nodeCrash", refused=_refused, effect=_lose, candidates=_powered),)
