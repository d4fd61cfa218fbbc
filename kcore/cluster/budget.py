"""The budget of faults: how many of each may still happen, so that they end and "eventually" can be asked.

A budget limits what is offered to a search, a walk or a test. A fault that a person or a scenario asks for outright
happens in any case.
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.cluster.state import ClusterState


def left(state: ClusterState, fault: str) -> int:
    """Return how many faults of this name may still be offered."""
    return state.budget.get(fault, 0)


def spend(state: ClusterState, fault: str) -> ClusterState:
    """Return the state in which one fault less of this name may be offered, none if there was none."""
    remaining = left(state, fault)
    return evolve(state, budget=state.budget.set(fault, remaining - 1)) if remaining else state
