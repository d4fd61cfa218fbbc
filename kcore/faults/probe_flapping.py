"""The readiness of a pod comes and goes, and is steady again.

Models a container that answers its probes a minute long and does not for the next, while it goes on running: long
enough for a probe with the usual threshold to notice. A pod that nobody probes can't flap, and a restart cures it.

Not modelled: a liveness probe that flaps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey, Components
from kcore.cluster.fault import Fault
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.world.disturb import with_flapping
from kcore.world.sandbox import Sandbox

FLAP_RULE = "faults.flap_probes"
STEADY_RULE = "faults.steady_probes"
BUDGET = "probeFlapping"

TURN = 60_000
"""How long (ms) a pod that flaps is not ready, and ready, by turns."""


@attrs.frozen
class ProbesFlapping:
    """The readiness of the pod comes and goes."""

    pod: Target


@attrs.frozen
class ProbesSteady:
    """The readiness of the pod is steady again."""

    pod: Target


def _flap_refused(state: ClusterState, event: ProbesFlapping) -> Refusal | None:
    possible = event.pod.resolve(state) in _keys(state, flapping=False)
    return None if possible else Refusal(FLAP_RULE, "no such pod is probed and steady", pod=str(event.pod))


def _steady_refused(state: ClusterState, event: ProbesSteady) -> Refusal | None:
    possible = event.pod.resolve(state) in _keys(state, flapping=True)
    return None if possible else Refusal(STEADY_RULE, "no such pod flaps", pod=str(event.pod))


def _flap(state: ClusterState, _: Components, event: ProbesFlapping) -> ClusterState:
    return _made(state, event.pod, every=TURN)


def _steady(state: ClusterState, _: Components, event: ProbesSteady) -> ClusterState:
    return _made(state, event.pod, every=0)


def _made(state: ClusterState, target: Target, *, every: int) -> ClusterState:
    """Return the state in which the pod flaps or does not, and the kubelet has something to look at."""
    place = target.bound(state)
    if place is None:
        return state
    node, pod = place
    world = with_flapping(state.world, node, pod, state.now, every=every)
    return attrs.evolve(state, world=world).enqueue(ComponentKey("kubelet", node), pod)


def _keys(state: ClusterState, *, flapping: bool) -> list[ObjectKey]:
    """Return the pods that flap, or do not though they could, sorted."""
    return sorted({one.pod for one in _probed(state) if any(each.flaps for each in one.containers) is flapping})


def _probed(state: ClusterState) -> Iterator[Sandbox]:
    """Yield the sandboxes of pods whose readiness is probed, and of which something runs."""
    for sandbox in state.world.sandboxes.values():
        pod = state.store.get(sandbox.pod) if sandbox.running and not sandbox.stopping else None
        if isinstance(pod, Pod) and any(one.readiness_probe is not None for one in pod.spec.containers):
            yield sandbox


def _targets(state: ClusterState, *, flapping: bool) -> list[Target]:
    keys = _keys(state, flapping=flapping)
    return [Target(kind="Pod", namespace=key.namespace, name=key.name) for key in keys]


def _that_are_steady(state: ClusterState) -> Sequence[ProbesFlapping]:
    return [ProbesFlapping(target) for target in _targets(state, flapping=False)]


def _that_flap(state: ClusterState) -> Sequence[ProbesSteady]:
    return [ProbesSteady(target) for target in _targets(state, flapping=True)]


FAULTS = (
    Fault(
        rule=FLAP_RULE,
        event=ProbesFlapping,
        budget=BUDGET,
        refused=_flap_refused,
        effect=_flap,
        candidates=_that_are_steady,
    ),
    Fault(
        rule=STEADY_RULE,
        event=ProbesSteady,
        mends=BUDGET,
        refused=_steady_refused,
        effect=_steady,
        candidates=_that_flap,
    ),
)
"""The fault and its mending."""
