"""Prober: it kills what the probes of a pod have found dead, and looks again when they may find more.

Models that a container whose liveness or startup probe has failed is stopped within its grace period, which the probe
may set, and then started again as its pod's restart policy says.

Not modelled: a probe whose result is lost when the kubelet restarts; readiness goes on from what was reported.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/prober/prober_manager.go
"""

from __future__ import annotations

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.evolve import evolve
from kcore.api.memo import Memo
from kcore.client.view import View
from kcore.kubelet.health import LIVENESS, health_of, is_probed
from kcore.kubelet.lifecycle import Plan, spec_grace
from kcore.machine import Note
from kcore.world.actions import StopContainer
from kcore.world.container import ContainerState
from kcore.world.sandbox import Sandbox


def probed(plan: Plan, pod: Pod, sandbox: Sandbox, view: View) -> Plan:
    """Return the plan that also kills what its probes have found dead, and looks again when they may find more."""
    wakes = [] if plan.wake_at is None else [plan.wake_at]
    kills: list[StopContainer] = []
    notes: list[Note] = []
    old = {one.name: one for one in (*pod.status.init_container_statuses, *pod.status.container_statuses)}
    for spec in (*pod.spec.init_containers, *pod.spec.containers):
        container = sandbox.container(spec.name)
        if container is None or container.state is not ContainerState.RUNNING or not is_probed(spec):
            continue
        health = health_of(spec, container, old.get(spec.name), view.now())
        wakes += [] if health.wake_at is None else [health.wake_at]
        if health.unhealthy:
            kills.append(StopContainer(id=sandbox.id, name=spec.name, grace=_grace(pod, spec, health.unhealthy)))
            message = f"Container {spec.name} failed {health.unhealthy.lower()} probe, will be restarted"
            notes.append(Note("kubelet.Killing", pod=str(sandbox.pod), message=message))
    return evolve(plan, before=(*plan.before, *kills), notes=(*plan.notes, *notes), wake_at=min(wakes, default=None))


def _grace(pod: Pod, spec: ContainerSpec, unhealthy: str) -> int:
    """Return the seconds that a container has to stop whose probe failed: the probe's own, or else its pod's."""
    probe = spec.liveness_probe if unhealthy == LIVENESS else spec.startup_probe
    own = None if probe is None else probe.termination_grace_period_seconds
    return spec_grace(pod) if own is None else own


def _has_probes(spec: PodSpec) -> bool:
    return any(is_probed(one) for one in (*spec.init_containers, *spec.containers))


has_probes: Memo[bool] = Memo(_has_probes)
"""Whether any container of a pod's spec has a probe."""
