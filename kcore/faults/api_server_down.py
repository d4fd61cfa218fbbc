"""An API server stops answering, and answers again.

Models a server that is down: its clients ask another one, and where none is left nobody is answered and nothing is
written. What runs on the machines goes on running.

Not modelled: a server that answers slowly, and clients that stay with a server that is down.
"""

from __future__ import annotations

import attrs

from kcore.cluster.state import ClusterState
from kcore.cluster.switch import Switch, Way

BUDGET = "apiServerDown"


@attrs.frozen
class ApiServerStopped:
    """The API server of the master answers nobody any more."""

    master: str


@attrs.frozen
class ApiServerStarted:
    """The API server of the master answers again."""

    master: str


def _up(state: ClusterState, master: str) -> bool | None:
    server = state.control_plane.servers.get(master)
    return None if server is None else server.up


def _turned(state: ClusterState, master: str, up: bool) -> ClusterState:  # noqa: FBT001 - as a Switch asks
    plane = state.control_plane
    server = attrs.evolve(plane.servers[master], up=up)
    return attrs.evolve(state, control_plane=attrs.evolve(plane, servers=plane.servers.set(master, server)))


FAULTS = Switch(up=_up, turned=_turned).faults(
    BUDGET,
    off=Way("faults.stop_api_server", ApiServerStopped, "no API server is up there"),
    on=Way("faults.start_api_server", ApiServerStarted, "no API server is down there"),
)
