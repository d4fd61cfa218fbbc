"""A process of the control plane or of a node crashes between two turns and comes up again.

Models what a restart forgets: memory, queue, alarms and cache. The process lists anew what it watches. One that loses
its memory in the middle of a turn is a matter of the lossy timing.

Simplified: the process is up again at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.processes import start, stop
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

RULE = "faults.restart_component"
BUDGET = "componentRestart"


@attrs.frozen
class ComponentRestarted:
    """The process of `family` on the node or master `instance` begins anew."""

    family: str
    instance: str


def _refused(state: ClusterState, event: ComponentRestarted) -> Refusal | None:
    name = ComponentKey(event.family, event.instance)
    return None if name in state.processes else Refusal(RULE, "no such process runs", process=str(name))


def _restart(state: ClusterState, components: Components, event: ComponentRestarted) -> ClusterState:
    name = ComponentKey(event.family, event.instance)
    server = state.processes[name].server
    return start(stop(state, name), components[event.family], event.instance, server)


def _running(state: ClusterState) -> Sequence[ComponentRestarted]:
    """Return the processes that act: those of nodes, and of the masters' those that lead."""
    leaders = state.control_plane.leaders
    acting = [name for name in sorted(state.processes) if leaders.get(name.family, name.instance) == name.instance]
    return [ComponentRestarted(name.family, name.instance) for name in acting]


FAULTS = (
    Fault(
        rule=RULE,
        event=ComponentRestarted,
        budget=BUDGET,
        refused=_refused,
        effect=_restart,
        candidates=_running,
    ),
)
