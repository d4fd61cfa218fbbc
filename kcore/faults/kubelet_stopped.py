"""A kubelet stops, and is started again; the containers of its node go on running.

A kubelet that starts knows nothing: it lists its pods, looks at what runs on its machine and goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.processes import start, stop
from kcore.cluster.state import ClusterState
from kcore.machine import Refusal

STOP_RULE = "faults.stop_kubelet"
START_RULE = "faults.start_kubelet"
BUDGET = "kubeletStop"
FAMILY = "kubelet"


@attrs.frozen
class KubeletStopped:
    """The kubelet of the node does not run any more."""

    node: str


@attrs.frozen
class KubeletStarted:
    """The kubelet of the node runs again."""

    node: str


def _runs(state: ClusterState, node: str) -> bool:
    return ComponentKey(FAMILY, node) in state.processes


def _stop_refused(state: ClusterState, event: KubeletStopped) -> Refusal | None:
    return None if _runs(state, event.node) else Refusal(STOP_RULE, "no kubelet runs there", node=event.node)


def _start_refused(state: ClusterState, event: KubeletStarted) -> Refusal | None:
    machine = state.world.machines.get(event.node)
    if machine is None or not machine.powered:
        return Refusal(START_RULE, "there is no such machine, or it is off", node=event.node)
    return Refusal(START_RULE, "the kubelet runs already", node=event.node) if _runs(state, event.node) else None


def _stop(state: ClusterState, _: Components, event: KubeletStopped) -> ClusterState:
    return stop(state, ComponentKey(FAMILY, event.node))


def _start(state: ClusterState, components: Components, event: KubeletStarted) -> ClusterState:
    return start(state, components[FAMILY], event.node)


def _running(state: ClusterState) -> Sequence[KubeletStopped]:
    return [KubeletStopped(name) for name in sorted(state.world.machines) if _runs(state, name)]


def _stopped(state: ClusterState) -> Sequence[KubeletStarted]:
    machines = state.world.machines
    return [KubeletStarted(name) for name in sorted(machines) if machines[name].powered and not _runs(state, name)]


FAULTS = (
    Fault(
        rule=STOP_RULE,
        event=KubeletStopped,
        budget=BUDGET,
        refused=_stop_refused,
        effect=_stop,
        candidates=_running,
    ),
    Fault(
        rule=START_RULE,
        event=KubeletStarted,
        mends=BUDGET,
        refused=_start_refused,
        effect=_start,
        candidates=_stopped,
    ),
)
