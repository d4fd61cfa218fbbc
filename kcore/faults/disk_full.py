"""Something that is no pod fills the disk of a machine, and clears it.

Models logs and files of others: they take what is free but for half of what the kubelet wants to be there. The kubelet
notices at its next look. A node that does not say how much `ephemeral-storage` it has is not looked at.

Not modelled: writes of pods that fail, as a kubelet that ends pods in time sees to it that none does.
"""

from __future__ import annotations

import attrs

from kcore.cluster.room import room_of
from kcore.cluster.switch import Way
from kcore.world.usage import DISK

BUDGET = "diskFull"


@attrs.frozen
class DiskFilled:
    """The disk of the machine of the node is full."""

    node: str


@attrs.frozen
class DiskCleared:
    """The disk of the machine of the node has room again."""

    node: str


FAULTS = room_of(DISK).faults(BUDGET, off=Way("faults.fill_disk", DiskFilled), on=Way("faults.clear_disk", DiskCleared))
"""The fault and its mending."""
