"""A member of etcd is lost, and comes back with what it had and what it missed.

Models the quorum: while a majority of the members is up nothing changes, without one no write is granted.

Not modelled: a member whose disk is gone, and a cluster of etcd that is restored from a backup.

Upstream: https://etcd.io/docs/v3.6/op-guide/failures/
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

STOP_RULE = "faults.lose_etcd_member"
START_RULE = "faults.return_etcd_member"
BUDGET = "etcdMemberLost"


@attrs.frozen
class EtcdMemberLost:
    """The member of etcd on the master is down."""

    master: str


@attrs.frozen
class EtcdMemberBack:
    """The member of etcd on the master is up again."""

    master: str


def _up(state: ClusterState, master: str) -> bool | None:
    return state.control_plane.members.get(master)


def _stop_refused(state: ClusterState, event: EtcdMemberLost) -> Refusal | None:
    return None if _up(state, event.master) else Refusal(STOP_RULE, "no member is up there", master=event.master)


def _start_refused(state: ClusterState, event: EtcdMemberBack) -> Refusal | None:
    if _up(state, event.master) is False:
        return None
    return Refusal(START_RULE, "no member is down there", master=event.master)


def _made(state: ClusterState, master: str, *, up: bool) -> ClusterState:
    plane = state.control_plane
    return attrs.evolve(state, control_plane=attrs.evolve(plane, members=plane.members.set(master, up)))


def _stop(state: ClusterState, _: Components, event: EtcdMemberLost) -> ClusterState:
    return _made(state, event.master, up=False)


def _start(state: ClusterState, _: Components, event: EtcdMemberBack) -> ClusterState:
    return _made(state, event.master, up=True)


def _that_are_up(state: ClusterState) -> Sequence[EtcdMemberLost]:
    return [EtcdMemberLost(name) for name in state.control_plane.masters() if _up(state, name)]


def _that_are_down(state: ClusterState) -> Sequence[EtcdMemberBack]:
    return [EtcdMemberBack(name) for name in state.control_plane.masters() if not _up(state, name)]


FAULTS = (
    Fault(
        rule=STOP_RULE,
        event=EtcdMemberLost,
        budget=BUDGET,
        refused=_stop_refused,
        effect=_stop,
        candidates=_that_are_up,
    ),
    Fault(
        rule=START_RULE,
        event=EtcdMemberBack,
        mends=BUDGET,
        refused=_start_refused,
        effect=_start,
        candidates=_that_are_down,
    ),
)
