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


def _stays(state: ClusterState, master: str, on: bool) -> str:  # noqa: FBT001 - as a Switch asks
    server = state.control_plane.servers.get(master)
    if server is not None and server.up is not on:
        return ""
    return "no API server is down there" if on else "no API server is up there"


def _turned(state: ClusterState, master: str, on: bool) -> ClusterState:  # noqa: FBT001 - as a Switch asks
    plane = state.control_plane
    server = attrs.evolve(plane.servers[master], up=on)
    return attrs.evolve(state, control_plane=attrs.evolve(plane, servers=plane.servers.set(master, server)))


FAULTS = Switch(names=lambda state: state.control_plane.servers, stays=_stays, turned=_turned).faults(
    BUDGET,
    off=Way("faults.stop_api_server", ApiServerStopped),
    on=Way("faults.start_api_server", ApiServerStarted),
)
"""The fault and its mending."""
