"""Something that is no pod takes the memory of a machine, and gives it back.

Models a leak of a daemon, or a person's work: it takes what is free but for half of what the kubelet wants to be there.
The kubelet notices at its next look; if its pods use memory, ending one or some of them is enough.

Not modelled: what takes the memory is never killed for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.room import filled, filling, lacks_room, with_room
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal
from kcore.world.usage import MEMORY

TAKE_RULE = "faults.take_memory"
FREE_RULE = "faults.free_memory"
BUDGET = "memoryPressure"


@attrs.frozen
class MemoryTaken:
    """The memory of the machine of the node is taken."""

    node: str


@attrs.frozen
class MemoryFreed:
    """The memory of the machine of the node is free again."""

    node: str


def _take_refused(state: ClusterState, event: MemoryTaken) -> Refusal | None:
    why = lacks_room(state, event.node, MEMORY)
    return Refusal(TAKE_RULE, why, node=event.node) if why else None


def _free_refused(state: ClusterState, event: MemoryFreed) -> Refusal | None:
    taken = event.node in filled(state, MEMORY)
    return None if taken else Refusal(FREE_RULE, "nothing but pods takes memory there", node=event.node)


def _take(state: ClusterState, _: Components, event: MemoryTaken) -> ClusterState:
    return with_room(state, event.node, MEMORY, taken=filling(state, event.node, MEMORY))


def _free(state: ClusterState, _: Components, event: MemoryFreed) -> ClusterState:
    return with_room(state, event.node, MEMORY, taken=0)


def _that_have_some(state: ClusterState) -> Sequence[MemoryTaken]:
    return [MemoryTaken(name) for name in sorted(state.world.machines) if not lacks_room(state, name, MEMORY)]


def _that_are_full(state: ClusterState) -> Sequence[MemoryFreed]:
    return [MemoryFreed(name) for name in filled(state, MEMORY)]


FAULTS = (
    Fault(
        rule=TAKE_RULE,
        event=MemoryTaken,
        budget=BUDGET,
        refused=_take_refused,
        effect=_take,
        candidates=_that_have_some,
    ),
    Fault(
        rule=FREE_RULE,
        event=MemoryFreed,
        mends=BUDGET,
        refused=_free_refused,
        effect=_free,
        candidates=_that_are_full,
    ),
)
"""The fault and its mending."""
