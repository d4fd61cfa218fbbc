"""The cluster's DNS servers stop answering, and answer again.

Models all servers at once: no name is resolved any more, while whoever knows an address goes on using it.

Not modelled: answers that clients still keep; a server that answers slowly or wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.processes import start, stop
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

STOP_RULE = "faults.stop_dns"
START_RULE = "faults.start_dns"
BUDGET = "dnsDown"
FAMILY = "coredns"


@attrs.frozen
class DnsStopped:
    """No DNS server of the cluster answers any more."""


@attrs.frozen
class DnsStarted:
    """The DNS servers of the cluster answer again."""


def _running(state: ClusterState) -> list[ComponentKey]:
    names = (ComponentKey(FAMILY, master) for master in state.control_plane.masters())
    return [name for name in names if name in state.processes]


def _stop_refused(state: ClusterState, _: DnsStopped) -> Refusal | None:
    return None if _running(state) else Refusal(STOP_RULE, "no DNS server answers")


def _start_refused(state: ClusterState, _: DnsStarted) -> Refusal | None:
    if FAMILY not in state.control_plane.leaders:
        return Refusal(START_RULE, "there are no DNS servers")
    return Refusal(START_RULE, "a DNS server answers") if _running(state) else None


def _stop(state: ClusterState, _: Components, __: DnsStopped) -> ClusterState:
    for name in _running(state):
        state = stop(state, name)
    return state


def _start(state: ClusterState, components: Components, _: DnsStarted) -> ClusterState:
    for master in state.control_plane.masters():
        state = start(state, components[FAMILY], master)
    return state


def _stops(state: ClusterState) -> Sequence[DnsStopped]:
    return [DnsStopped()] if _stop_refused(state, DnsStopped()) is None else []


def _starts(state: ClusterState) -> Sequence[DnsStarted]:
    return [DnsStarted()] if _start_refused(state, DnsStarted()) is None else []


FAULTS = (
    Fault(rule=STOP_RULE, event=DnsStopped, budget=BUDGET, refused=_stop_refused, effect=_stop, candidates=_stops),
    Fault(rule=START_RULE, event=DnsStarted, mends=BUDGET, refused=_start_refused, effect=_start, candidates=_starts),
)
