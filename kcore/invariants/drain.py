"""What is asked of drains: that they end.

Upstream: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
"""

from __future__ import annotations

from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, question
from kcore.invariants.settled import leader
from kcore.machine import Culprits, Finding, leads_to

FAMILY = "kubectl-drain"


def drains_ended(state: ClusterState) -> Finding:
    """Tell whether no drain is under way."""
    process = leader(state, FAMILY)
    under_way = () if process is None else sorted(process.memory)
    return Culprits("its drain is under way", *(f"Node/{key[-1]}" for key in under_way)) if under_way else True


def _draining(state: ClusterState) -> Finding:
    return drains_ended(state) is not True


INVARIANTS: tuple[Invariant, ...] = (
    question(
        "every-drain-ends",
        "A drain comes to its end.",
        leads_to("every-drain-ends", _draining, drains_ended),
        _draining,
        assumes=("faults and acts of people stop",),
        upstream="https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/",
    ),
)
