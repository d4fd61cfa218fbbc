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


def _stays(state: ClusterState, master: str, on: bool) -> str:  # noqa: FBT001 - as a Switch asks
    if state.control_plane.members.get(master) is (not on):
        return ""
    return "no member is down there" if on else "no member is up there"


def _turned(state: ClusterState, master: str, on: bool) -> ClusterState:  # noqa: FBT001 - as a Switch asks
    plane = state.control_plane
    return attrs.evolve(state, control_plane=attrs.evolve(plane, members=plane.members.set(master, on)))


FAULTS = Switch(names=lambda state: state.control_plane.members, stays=_stays, turned=_turned).faults(
    BUDGET,
    off=Way("faults.lose_etcd_member", EtcdMemberLost),
    on=Way("faults.return_etcd_member", EtcdMemberBack),
)
"""The fault and its mending."""
