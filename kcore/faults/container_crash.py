"""The containers of a pod exit with an error, and their kubelet restarts them as the pod's policy says."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.world.disturb import crashed

RULE = "faults.crash_container"


@attrs.frozen
class ContainerCrash:
    """The running containers of the pod exit with code 1."""

    pod: Target


def _refused(state: ClusterState, event: ContainerCrash) -> Refusal | None:
    return None if event.pod.bound(state) else Refusal(RULE, "no such pod is bound", pod=str(event.pod))


def _crash(state: ClusterState, _: Components, event: ContainerCrash) -> ClusterState:
    place = event.pod.bound(state)
    if place is None:
        return state
    node, key = place
    world = crashed(state.world, node, key, state.now)
    return attrs.evolve(state, world=world).enqueue(ComponentKey("kubelet", node), key)


def _running_pods(state: ClusterState) -> Sequence[ContainerCrash]:
    keys = {sandbox.pod for sandbox in state.world.sandboxes.values() if sandbox.running}
    return [ContainerCrash(Target(kind="Pod", namespace=key.namespace, name=key.name)) for key in sorted(keys)]


FAULTS = (
    Fault(
        rule=RULE,
        event=ContainerCrash,
        budget="containerCrash",
        refused=_refused,
        effect=_crash,
        candidates=_running_pods,
    ),
)
