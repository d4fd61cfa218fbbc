"""A pod's containers stop being ready, and become ready again, while they go on running.

Models a readiness probe that fails: the kubelet sees it on its machine at once and reports it.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.world.behavior import behavior_of
from kcore.world.container import Container
from kcore.world.disturb import with_readiness

LOST_RULE = "faults.lose_readiness"
REGAINED_RULE = "faults.regain_readiness"
BUDGET = "readinessLost"


@attrs.frozen
class ReadinessLost:
    """The running containers of the pod are not ready any more."""

    pod: Target


@attrs.frozen
class ReadinessRegained:
    """The running containers of the pod are ready again."""

    pod: Target


def _lost_refused(state: ClusterState, event: ReadinessLost) -> Refusal | None:
    return None if event.pod.bound(state) else Refusal(LOST_RULE, "no such pod is bound", pod=str(event.pod))


def _regained_refused(state: ClusterState, event: ReadinessRegained) -> Refusal | None:
    return None if event.pod.bound(state) else Refusal(REGAINED_RULE, "no such pod is bound", pod=str(event.pod))


def _lost(state: ClusterState, _: Components, event: ReadinessLost) -> ClusterState:
    return _made(state, event.pod, ready=False)


def _regained(state: ClusterState, _: Components, event: ReadinessRegained) -> ClusterState:
    return _made(state, event.pod, ready=True)


def _made(state: ClusterState, target: Target, *, ready: bool) -> ClusterState:
    """Return the state in which the pod's containers are ready or not, and the kubelet has something to look at."""
    place = target.bound(state)
    if place is None:
        return state
    node, pod = place
    world = with_readiness(state.world, node, pod, state.now, ready=ready)
    return attrs.evolve(state, world=world).enqueue(ComponentKey("kubelet", node), pod)


def _running(state: ClusterState, *, ready: bool) -> list[Target]:
    """Return the pods of which a container runs that is ready, or is not."""
    found = {
        sandbox.pod
        for sandbox in state.world.sandboxes.values()
        if any(one.has_process and one.ready is ready and _may_be_ready(state, one) for one in sandbox.containers)
    }
    return [Target(kind="Pod", namespace=key.namespace, name=key.name) for key in sorted(found)]


def _may_be_ready(state: ClusterState, container: Container) -> bool:
    """Tell whether the image of a container is ready while it runs, if nothing is wrong."""
    return behavior_of(state.world.behaviors, container.image).ready


def _ready_pods(state: ClusterState) -> Sequence[ReadinessLost]:
    return [ReadinessLost(target) for target in _running(state, ready=True)]


def _unready_pods(state: ClusterState) -> Sequence[ReadinessRegained]:
    return [ReadinessRegained(target) for target in _running(state, ready=False)]


FAULTS = (
    Fault(
        rule=LOST_RULE,
        event=ReadinessLost,
        budget=BUDGET,
        refused=_lost_refused,
        effect=_lost,
        candidates=_ready_pods,
    ),
    Fault(
        rule=REGAINED_RULE,
        event=ReadinessRegained,
        mends=BUDGET,
        refused=_regained_refused,
        effect=_regained,
        candidates=_unready_pods,
    ),
)
