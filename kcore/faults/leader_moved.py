"""Another master takes over a family of controllers.

Models a lease that its holder failed to renew: from now on another instance leads, and looks at everything anew.

Simplified: leadership moves at once, and the old leader stops acting at that moment.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.processes import start
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

RULE = "faults.move_leader"
BUDGET = "leaderChange"


@attrs.frozen
class LeaderMoved:
    """The instance of `family` on `master` leads."""

    family: str
    master: str


def _refused(state: ClusterState, event: LeaderMoved) -> Refusal | None:
    leader = state.control_plane.leaders.get(event.family)
    if leader is None:
        return Refusal(RULE, "nobody leads such a family", family=event.family)
    if leader == event.master:
        return Refusal(RULE, "it leads already", family=event.family, master=event.master)
    if ComponentKey(event.family, event.master) not in state.processes:
        return Refusal(RULE, "no such process runs", family=event.family, master=event.master)
    return None


def _move(state: ClusterState, components: Components, event: LeaderMoved) -> ClusterState:
    before = state.control_plane.leaders[event.family]
    plane = attrs.evolve(state.control_plane, leaders=state.control_plane.leaders.set(event.family, event.master))
    state = attrs.evolve(state, control_plane=plane)
    for instance in (before, event.master):
        name = ComponentKey(event.family, instance)
        if name in state.processes:
            state = start(state, components[event.family], instance, state.processes[name].server)
    return state


def _others(state: ClusterState) -> Sequence[LeaderMoved]:
    plane = state.control_plane
    moves = (LeaderMoved(family, master) for family in sorted(plane.leaders) for master in plane.masters())
    return [move for move in moves if _refused(state, move) is None]


FAULTS = (Fault(rule=RULE, event=LeaderMoved, budget=BUDGET, refused=_refused, effect=_move, candidates=_others),)
