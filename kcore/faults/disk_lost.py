"""A disk is lost: it is there, and nothing is on it any more.

Models a disk that breaks and is replaced by an empty one under the same name. Nobody is told: the API says that the
volume is bound as before, and whoever mounts it next finds it empty.

Not modelled: a disk that can't be mounted any more, and one that loses only some of what was written.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.evolve import evolve
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal
from kcore.world.disk import DeleteDisk, DiskId

RULE = "faults.lose_disk"
BUDGET = "diskLost"


@attrs.frozen
class DiskLost:
    """The disk loses its contents."""

    disk: DiskId


def _refused(state: ClusterState, event: DiskLost) -> Refusal | None:
    written = state.world.disks.get(event.disk).contents
    return None if written else Refusal(RULE, "nothing is on such a disk", disk=event.disk.handle)


def _lose(state: ClusterState, _: object, event: DiskLost) -> ClusterState:
    return evolve(state, world=state.world.act(DeleteDisk(disk=event.disk), state.now))


def _written(state: ClusterState) -> Sequence[DiskLost]:
    disks = state.world.disks.disks
    return [DiskLost(id_) for id_ in sorted(disks) if disks[id_].contents]


FAULTS = (Fault(rule=RULE, event=DiskLost, budget=BUDGET, refused=_refused, effect=_lose, candidates=_written),)
