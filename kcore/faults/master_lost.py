"""A master loses its power: its API server, its member of etcd and its controllers are gone, and others take over.

Models the three parts of a master going at once, and the leadership of its families moving to the first master whose
processes still run. Without another master nobody controls anything any more, while what runs on the nodes runs on.

Simplified: the leadership moves at once, where a lease has to run out first. A master that is lost stays lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.control_plane import ControlPlane
from kcore.cluster.fault import Fault
from kcore.cluster.processes import start, stop
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

RULE = "faults.lose_master"
BUDGET = "masterCrash"


@attrs.frozen
class MasterLost:
    """Nothing runs on the master any more."""

    master: str


def _runs(plane: ControlPlane, master: str) -> bool:
    server = plane.servers.get(master)
    return server is not None and (server.up or plane.members.get(master, False))


def _refused(state: ClusterState, event: MasterLost) -> Refusal | None:
    if _runs(state.control_plane, event.master):
        return None
    return Refusal(RULE, "there is no such master, or it is lost already", master=event.master)


def _lose(state: ClusterState, components: Components, event: MasterLost) -> ClusterState:
    plane, master = state.control_plane, event.master
    server = attrs.evolve(plane.servers[master], up=False)
    members = plane.members.update({master: False})
    plane = attrs.evolve(plane, servers=plane.servers.set(master, server), members=members)
    families = [component.family for component in components.values() if not component.per_node]
    for family in families:
        state = stop(state, ComponentKey(family, master))
    state = attrs.evolve(state, control_plane=plane)
    for family in families:
        if plane.leaders.get(family) == master:
            state = _taken_over(state, components, family)
    return state


def _taken_over(state: ClusterState, components: Components, family: str) -> ClusterState:
    """Return the state in which the first process of `family` that runs leads it."""
    plane = state.control_plane
    heir = next((name for name in plane.masters() if ComponentKey(family, name) in state.processes), None)
    if heir is None:
        return state
    state = attrs.evolve(state, control_plane=attrs.evolve(plane, leaders=plane.leaders.set(family, heir)))
    return start(state, components[family], heir, state.processes[ComponentKey(family, heir)].server)


def _standing(state: ClusterState) -> Sequence[MasterLost]:
    return [MasterLost(name) for name in state.control_plane.masters() if _runs(state.control_plane, name)]


FAULTS = (Fault(rule=RULE, event=MasterLost, budget=BUDGET, refused=_refused, effect=_lose, candidates=_standing),)
