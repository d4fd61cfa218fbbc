"""Pod status: all that the kubelet reports of one pod.

Models phase, conditions, containers, addresses and times, and that a pod never leaves a phase in which it has ended.
What is the same as it was reported last keeps its times.

Not modelled: dual stack, ephemeral containers, resizes, the status of static pods.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_pods.go
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from kcore.api.core.container import Container as ContainerSpec
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.podstatus import HostIP, PodIP, PodStatus
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.resources import is_sidecar
from kcore.client.view import View
from kcore.kubelet.conditions import conditions, disruption
from kcore.kubelet.containers import CREATING, INITIALIZING, container_status, ended, tried
from kcore.kubelet.downward import host_ip as address_of
from kcore.kubelet.health import Health, health_of, is_probed
from kcore.kubelet.phase import FAILED, TERMINAL, phase_of, tally_of
from kcore.kubelet.prober import has_probes
from kcore.kubelet.restart import go_duration
from kcore.world.sandbox import Cause, Sandbox

_REPORTED = attrgetter(
    "observed_generation", "phase", "conditions", "message", "reason", "nominated_node_name",
    "host_ip", "host_ips", "pod_ip", "pod_ips", "start_time", "init_container_statuses", "container_statuses",
)  # fmt: skip
"""What the kubelet reports in a status."""


def pod_status(
    pod: Pod,
    sandbox: Sandbox | None,
    node: Node | None,
    view: View,
    *,
    held: FrozenMap[int] = EMPTY,
    terminal: bool = False,
    cause: Cause | None = None,
) -> PodStatus:
    """Return the status of `pod`, of which `sandbox` runs on `node`; the very one that it has if nothing changed.

    `held` are the back-offs (ms) that hold restarts back, by container; `terminal` tells that the pod will run no more,
    and the `cause` who ended it before its time, so that it has failed whatever its containers say.
    """
    old = pod.status
    init = _statuses(pod, sandbox, pod.spec.init_containers, old.init_container_statuses, held, view)
    regular = _statuses(pod, sandbox, pod.spec.containers, old.container_statuses, held, view)
    regular = tuple(sorted(regular, key=lambda one: one.name))
    phase = old.phase
    if phase not in TERMINAL:
        phase = phase_of(tally_of(pod.spec, (*init, *regular)), pod.spec.restart_policy, terminal=terminal)
    if terminal:
        init, regular = _ended(pod, init, regular)
        phase = phase if phase in TERMINAL and (cause is None or old.phase in TERMINAL) else FAILED
    network = sandbox is not None and sandbox.up and not sandbox.stopped
    host_ip = address_of(node) or old.host_ip
    pod_ip = _pod_ip(pod, sandbox, host_ip)
    told = old if phase == old.phase else cause
    found: dict[str, Any] = {
        "observed_generation": pod.metadata.generation,
        "phase": phase,
        "conditions": conditions(pod, phase, (*init, *regular), view.timestamp, network=network),
        "message": "" if told is None else told.message,
        "reason": "" if told is None else told.reason,
        "nominated_node_name": "",
        "host_ip": host_ip,
        "host_ips": (HostIP(ip=host_ip),) if host_ip else (),
        "pod_ip": pod_ip,
        "pod_ips": (PodIP(ip=pod_ip),) if pod_ip else (),
        "start_time": view.timestamp() if old.start_time is None else old.start_time,
        "init_container_statuses": init,
        "container_statuses": regular,
    }
    if cause is not None and told is cause and cause.disruption:
        found["conditions"] += (disruption(pod, cause, view.timestamp()),)
    both = zip(found.items(), _REPORTED(old), strict=True)
    changed = {name: value for (name, value), was in both if value is not was and value != was}
    return evolve(old, **changed) if changed else old


def _statuses(
    pod: Pod,
    sandbox: Sandbox | None,
    specs: Sequence[ContainerSpec],
    reported: Sequence[ContainerStatus],
    held: FrozenMap[int],
    view: View,
) -> tuple[ContainerStatus, ...]:
    """Return the statuses of the containers `specs`, of which `reported` are the last."""
    if not specs:
        return ()
    idle = INITIALIZING if pod.spec.init_containers else CREATING
    old = {one.name: one for one in reported}
    probed = has_probes(pod.spec)
    return tuple(
        container_status(
            spec,
            sandbox.container(spec.name) if sandbox else None,
            old.get(spec.name),
            idle=idle,
            crash_loop=_crash_loop(pod, spec.name, held),
            init=specs is pod.spec.init_containers and not is_sidecar(spec),
            health=_health(spec, sandbox, old.get(spec.name), view) if probed else None,
        )
        for spec in specs
    )


def _health(spec: ContainerSpec, sandbox: Sandbox | None, old: ContainerStatus | None, view: View) -> Health | None:
    """Return what the probes of a container have found, None for one that has none or does not run."""
    container = sandbox.container(spec.name) if sandbox else None
    if container is None or not container.has_process or not is_probed(spec):
        return None
    return health_of(spec, container, old, view.now())


def _crash_loop(pod: Pod, container: str, held: FrozenMap[int]) -> str:
    """Return the message of a container whose restart is held back, "" for any other."""
    if container not in held:
        return ""
    meta = pod.metadata
    delay = go_duration(held[container])
    return f"back-off {delay} restarting failed container={container} pod={meta.name}_{meta.namespace}({meta.uid})"


def _ended(
    pod: Pod, init: tuple[ContainerStatus, ...], regular: tuple[ContainerStatus, ...]
) -> tuple[tuple[ContainerStatus, ...], tuple[ContainerStatus, ...]]:
    """Return the last word on all containers; what was never tried for want of an init container goes on waiting."""
    through = tried(init)
    last = init[-1] if init else None
    initialized = (
        last is None
        or any(one.state.waiting is None or one.last_state.terminated is not None for one in regular)
        or any(
            state.terminated is not None and not state.terminated.exit_code for state in (last.state, last.last_state)
        )
    )
    return ended(init[:through]) + init[through:], ended(regular) if initialized else regular


def _pod_ip(pod: Pod, sandbox: Sandbox | None, host_ip: str) -> str:
    """Return the pod's address: the node's, that of a sandbox that is up, or the one it had."""
    if pod.spec.host_network:
        return host_ip
    return sandbox.address if sandbox is not None and sandbox.up else pod.status.pod_ip
