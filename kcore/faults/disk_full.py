"""Something that is no pod fills the disk of a machine, and clears it.

Models logs and files of others: they take what is free but for half of what the kubelet wants to be there. The kubelet
notices at its next look. A node that does not say how much `ephemeral-storage` it has is not looked at.

Not modelled: writes of pods that fail, as a kubelet that ends pods in time sees to it that none does.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.room import filled, filling, lacks_room, with_room
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal
from kcore.world.usage import DISK

FILL_RULE = "faults.fill_disk"
CLEAR_RULE = "faults.clear_disk"
BUDGET = "diskFull"


@attrs.frozen
class DiskFilled:
    """The disk of the machine of the node is full."""

    node: str


@attrs.frozen
class DiskCleared:
    """The disk of the machine of the node has room again."""

    node: str


def _fill_refused(state: ClusterState, event: DiskFilled) -> Refusal | None:
    why = lacks_room(state, event.node, DISK)
    return Refusal(FILL_RULE, why, node=event.node) if why else None


def _clear_refused(state: ClusterState, event: DiskCleared) -> Refusal | None:
    taken = event.node in filled(state, DISK)
    return None if taken else Refusal(CLEAR_RULE, "nothing but pods takes room there", node=event.node)


def _fill(state: ClusterState, _: Components, event: DiskFilled) -> ClusterState:
    return with_room(state, event.node, DISK, taken=filling(state, event.node, DISK))


def _clear(state: ClusterState, _: Components, event: DiskCleared) -> ClusterState:
    return with_room(state, event.node, DISK, taken=0)


def _that_have_some(state: ClusterState) -> Sequence[DiskFilled]:
    return [DiskFilled(name) for name in sorted(state.world.machines) if not lacks_room(state, name, DISK)]


def _that_are_full(state: ClusterState) -> Sequence[DiskCleared]:
    return [DiskCleared(name) for name in filled(state, DISK)]


FAULTS = (
    Fault(
        rule=FILL_RULE,
        event=DiskFilled,
        budget=BUDGET,
        refused=_fill_refused,
        effect=_fill,
        candidates=_that_have_some,
    ),
    Fault(
        rule=CLEAR_RULE,
        event=DiskCleared,
        mends=BUDGET,
        refused=_clear_refused,
        effect=_clear,
        candidates=_that_are_full,
    ),
)
"""The fault and its mending."""
