"""Volumes are stuck: storage drivers attach and detach nothing any more, until they answer again.

Models the controller part of the drivers hanging: what is attached stays attached, whatever the API asks for, and what
is to be attached is not. What is mounted goes on being written. Drivers that answer again do what has been asked for.

Not modelled: a single disk that is stuck while others move.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.processes import start, stop
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

STUCK_RULE = "faults.stick_volumes"
FREED_RULE = "faults.free_volumes"
BUDGET = "volumeStuck"
FAMILY = "csi-attacher"


@attrs.frozen
class VolumesStuck:
    """Nothing is attached or detached any more."""


@attrs.frozen
class VolumesFreed:
    """Volumes are attached and detached again."""


def _process(state: ClusterState) -> ComponentKey:
    return ComponentKey(FAMILY, state.control_plane.leaders.get(FAMILY, ""))


def _stuck_refused(state: ClusterState, _: VolumesStuck) -> Refusal | None:
    return None if _process(state) in state.processes else Refusal(STUCK_RULE, "no storage driver answers")


def _freed_refused(state: ClusterState, _: VolumesFreed) -> Refusal | None:
    name = _process(state)
    if not name.instance:
        return Refusal(FREED_RULE, "there are no storage drivers")
    return Refusal(FREED_RULE, "the storage drivers answer") if name in state.processes else None


def _stick(state: ClusterState, _: Components, __: VolumesStuck) -> ClusterState:
    return stop(state, _process(state))


def _free(state: ClusterState, components: Components, _: VolumesFreed) -> ClusterState:
    return start(state, components[FAMILY], _process(state).instance)


def _sticks(state: ClusterState) -> Sequence[VolumesStuck]:
    return [VolumesStuck()] if _stuck_refused(state, VolumesStuck()) is None else []


def _frees(state: ClusterState) -> Sequence[VolumesFreed]:
    return [VolumesFreed()] if _freed_refused(state, VolumesFreed()) is None else []


FAULTS = (
    Fault(
        rule=STUCK_RULE, event=VolumesStuck, budget=BUDGET, refused=_stuck_refused, effect=_stick, candidates=_sticks
    ),
    Fault(rule=FREED_RULE, event=VolumesFreed, mends=BUDGET, refused=_freed_refused, effect=_free, candidates=_frees),
)
