"""The machine of a node is told to shut down, and goes off after its pods, or at once.

Models what an operator, a cloud or a battery does. Where the kubelet is configured to wait (`shutdownGracePeriod`), it
ends the pods first and says so; where it is not, as is the default, the machine is lost as if its power had failed. A
machine that is off stays off.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.power import shut_down
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

RULE = "faults.shut_down_node"
BUDGET = "nodeShutdown"


@attrs.frozen
class NodeShutDown:
    """The machine of the node is told to shut down."""

    node: str


def _refused(state: ClusterState, event: NodeShutDown) -> Refusal | None:
    possible = event.node in _names(state)
    return None if possible else Refusal(RULE, "no such machine is on and stays on", node=event.node)


def _shut_down(state: ClusterState, components: Components, event: NodeShutDown) -> ClusterState:
    return shut_down(state, components, event.node)


def _names(state: ClusterState) -> list[str]:
    machines = state.world.machines
    return [name for name in sorted(machines) if machines[name].powered and machines[name].shutdown is None]


def _candidates(state: ClusterState) -> Sequence[NodeShutDown]:
    return [NodeShutDown(name) for name in _names(state)]


FAULTS = (
    Fault(rule=RULE, event=NodeShutDown, budget=BUDGET, refused=_refused, effect=_shut_down, candidates=_candidates),
)
"""The fault, which nobody mends."""
