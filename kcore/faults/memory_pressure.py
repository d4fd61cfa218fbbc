"""Something that is no pod takes the memory of a machine, and gives it back.

Models a leak of a daemon, or a person's work: it takes what is free but for half of what the kubelet wants to be there.
The kubelet notices at its next look; if its pods use memory, ending one or some of them is enough.

Not modelled: what takes the memory is never killed for it.
"""

from __future__ import annotations

import attrs

from kcore.cluster.room import room_of
from kcore.cluster.switch import Way
from kcore.world.usage import MEMORY

BUDGET = "memoryPressure"


@attrs.frozen
class MemoryTaken:
    """The memory of the machine of the node is taken."""

    node: str


@attrs.frozen
class MemoryFreed:
    """The memory of the machine of the node is free again."""

    node: str


FAULTS = room_of(MEMORY).faults(
    BUDGET, off=Way("faults.take_memory", MemoryTaken), on=Way("faults.free_memory", MemoryFreed)
)
"""The fault and its mending."""
