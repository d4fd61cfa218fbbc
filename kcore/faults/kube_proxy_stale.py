"""The kube-proxy of one node hears of nothing any more, and hears again.

Models a watch that hangs: the node goes on routing by the table that it has, to addresses of the past, while its
kubelet and everybody else are well. A restart of the process, or a link of the node that is cut and
mended, cures it too.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.links import deafen, listen
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

STALE_RULE = "faults.stall_kube_proxy"
FRESH_RULE = "faults.refresh_kube_proxy"
BUDGET = "kubeProxyStale"
FAMILY = "kube-proxy"


@attrs.frozen
class KubeProxyStalled:
    """The kube-proxy of the node hears of nothing."""

    node: str


@attrs.frozen
class KubeProxyRefreshed:
    """The kube-proxy of the node hears again, of what it missed too."""

    node: str


def _linked(state: ClusterState, node: str) -> bool | None:
    process = state.processes.get(ComponentKey(FAMILY, node))
    return None if process is None else process.linked


def _stale_refused(state: ClusterState, event: KubeProxyStalled) -> Refusal | None:
    if _linked(state, event.node):
        return None
    return Refusal(STALE_RULE, "no kube-proxy runs there that hears", node=event.node)


def _fresh_refused(state: ClusterState, event: KubeProxyRefreshed) -> Refusal | None:
    machine = state.world.machines.get(event.node)
    if machine is None or not machine.connected:
        return Refusal(FRESH_RULE, "there is no such machine, or it is cut off", node=event.node)
    if _linked(state, event.node) is False:
        return None
    return Refusal(FRESH_RULE, "no kube-proxy runs there that does not hear", node=event.node)


def _stall(state: ClusterState, _: Components, event: KubeProxyStalled) -> ClusterState:
    return deafen(state, ComponentKey(FAMILY, event.node))


def _refresh(state: ClusterState, components: Components, event: KubeProxyRefreshed) -> ClusterState:
    return listen(state, components, ComponentKey(FAMILY, event.node))


def _hearing(state: ClusterState) -> Sequence[KubeProxyStalled]:
    return [KubeProxyStalled(name) for name in sorted(state.world.machines) if _linked(state, name)]


def _stale(state: ClusterState) -> Sequence[KubeProxyRefreshed]:
    events = [KubeProxyRefreshed(name) for name in sorted(state.world.machines)]
    return [event for event in events if _fresh_refused(state, event) is None]


FAULTS = (
    Fault(
        rule=STALE_RULE,
        event=KubeProxyStalled,
        budget=BUDGET,
        refused=_stale_refused,
        effect=_stall,
        candidates=_hearing,
    ),
    Fault(
        rule=FRESH_RULE,
        event=KubeProxyRefreshed,
        mends=BUDGET,
        refused=_fresh_refused,
        effect=_refresh,
        candidates=_stale,
    ),
)
