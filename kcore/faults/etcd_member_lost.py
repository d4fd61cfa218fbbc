"""A member of etcd is lost, and comes back with what it had and what it missed.

Models the quorum: while a majority of the members is up nothing changes, without one no write is granted.

Not modelled: a member whose disk is gone, and a cluster of etcd that is restored from a backup.

Upstream: https://etcd.io/docs/v3.6/op-guide/failures/
"""

from __future__ import annotations

import attrs

from kcore.cluster.state import ClusterState
from kcore.cluster.switch import Switch, Way

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


def _turned(state: ClusterState, master: str, up: bool) -> ClusterState:  # noqa: FBT001 - as a Switch asks
    plane = state.control_plane
    return attrs.evolve(state, control_plane=attrs.evolve(plane, members=plane.members.set(master, up)))


FAULTS = Switch(up=_up, turned=_turned).faults(
    BUDGET,
    off=Way("faults.lose_etcd_member", EtcdMemberLost, "no member is up there"),
    on=Way("faults.return_etcd_member", EtcdMemberBack, "no member is down there"),
)
