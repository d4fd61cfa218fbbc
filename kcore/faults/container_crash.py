"""The containers of a pod exit with an error, and their kubelet restarts them as the pod's policy says."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.api.core.pod import Pod
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


def _pod(state: ClusterState, target: Target) -> Pod | None:
    """Return the pod that `target` means if it is bound to a node."""
    key = target.resolve(state)
    found = None if key is None else state.store.get(key)
    return found if isinstance(found, Pod) and found.spec.node_name else None


def _refused(state: ClusterState, event: ContainerCrash) -> Refusal | None:
    return None if _pod(state, event.pod) else Refusal(RULE, "no such pod is bound", pod=str(event.pod))


def _crash(state: ClusterState, _: Components, event: ContainerCrash) -> ClusterState:
    key, pod = event.pod.resolve(state), _pod(state, event.pod)
    if key is None or pod is None:
        return state
    node = pod.spec.node_name
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
