"""What starts on a machine is slow to answer, and starts as quickly as before.

Models a cold cache, a noisy neighbour, a slow disk: each container that starts on the machine answers a minute later
than elsewhere. Whoever probes it learns so; one that nobody probes is taken for ready as soon as it runs.

Not modelled: containers that run already, which answer as before.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal
from kcore.world.disturb import with_pace

SLOW_RULE = "faults.slow_starts"
USUAL_RULE = "faults.quicken_starts"
BUDGET = "slowStart"


@attrs.frozen
class StartsSlowed:
    """What starts on the machine of the node is slow to answer."""

    node: str


@attrs.frozen
class StartsUsual:
    """What starts on the machine of the node answers as soon as usual."""

    node: str


def _slow_refused(state: ClusterState, event: StartsSlowed) -> Refusal | None:
    possible = event.node in _names(state, slow=False)
    return None if possible else Refusal(SLOW_RULE, "no such machine is on, or it is slow already", node=event.node)


def _usual_refused(state: ClusterState, event: StartsUsual) -> Refusal | None:
    possible = event.node in _names(state, slow=True)
    return None if possible else Refusal(USUAL_RULE, "no such machine is slow", node=event.node)


def _slow(state: ClusterState, _: Components, event: StartsSlowed) -> ClusterState:
    return attrs.evolve(state, world=with_pace(state.world, event.node, slow=True))


def _usual(state: ClusterState, _: Components, event: StartsUsual) -> ClusterState:
    return attrs.evolve(state, world=with_pace(state.world, event.node, slow=False))


def _names(state: ClusterState, *, slow: bool) -> list[str]:
    """Return the machines that are on and slow, or not, sorted."""
    world = state.world
    return [name for name in sorted(world.machines) if world.machines[name].powered and (name in world.slow) is slow]


def _that_are_quick(state: ClusterState) -> Sequence[StartsSlowed]:
    return [StartsSlowed(name) for name in _names(state, slow=False)]


def _that_are_slow(state: ClusterState) -> Sequence[StartsUsual]:
    return [StartsUsual(name) for name in _names(state, slow=True)]


FAULTS = (
    Fault(
        rule=SLOW_RULE,
        event=StartsSlowed,
        budget=BUDGET,
        refused=_slow_refused,
        effect=_slow,
        candidates=_that_are_quick,
    ),
    Fault(
        rule=USUAL_RULE,
        event=StartsUsual,
        mends=BUDGET,
        refused=_usual_refused,
        effect=_usual,
        candidates=_that_are_slow,
    ),
)
"""The fault and its mending."""
