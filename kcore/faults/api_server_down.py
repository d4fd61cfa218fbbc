"""An API server stops answering, and answers again.

Models a server that is down: its clients ask another one, and where none is left nobody is answered and nothing is
written. What runs on the machines goes on running.

Not modelled: a server that answers slowly, and clients that stay with a server that is down.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

STOP_RULE = "faults.stop_api_server"
START_RULE = "faults.start_api_server"
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


def _stop_refused(state: ClusterState, event: ApiServerStopped) -> Refusal | None:
    return None if _up(state, event.master) else Refusal(STOP_RULE, "no API server is up there", master=event.master)


def _start_refused(state: ClusterState, event: ApiServerStarted) -> Refusal | None:
    if _up(state, event.master) is False:
        return None
    return Refusal(START_RULE, "no API server is down there", master=event.master)


def _made(state: ClusterState, master: str, *, up: bool) -> ClusterState:
    plane = state.control_plane
    server = attrs.evolve(plane.servers[master], up=up)
    return attrs.evolve(state, control_plane=attrs.evolve(plane, servers=plane.servers.set(master, server)))


def _stop(state: ClusterState, _: Components, event: ApiServerStopped) -> ClusterState:
    return _made(state, event.master, up=False)


def _start(state: ClusterState, _: Components, event: ApiServerStarted) -> ClusterState:
    return _made(state, event.master, up=True)


def _that_are_up(state: ClusterState) -> Sequence[ApiServerStopped]:
    return [ApiServerStopped(name) for name in state.control_plane.masters() if _up(state, name)]


def _that_are_down(state: ClusterState) -> Sequence[ApiServerStarted]:
    return [ApiServerStarted(name) for name in state.control_plane.masters() if not _up(state, name)]


FAULTS = (
    Fault(
        rule=STOP_RULE,
        event=ApiServerStopped,
        budget=BUDGET,
        refused=_stop_refused,
        effect=_stop,
        candidates=_that_are_up,
    ),
    Fault(
        rule=START_RULE,
        event=ApiServerStarted,
        mends=BUDGET,
        refused=_start_refused,
        effect=_start,
        candidates=_that_are_down,
    ),
)
