"""Disturbances: what is done to a settled cluster to see what it survives, as trials by the kind of disturbance.

Models one thing at a time: each node and each zone lost, each node drained, each workload rolled out to an image that
works, that never becomes ready, or that does not work where nobody probes, and each part of the control plane and the
nodes restarted. Also the objects that such questions are about.

Not modelled: two disturbances at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.apps.deployment import Deployment
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.container import Container
from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import from_set
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.faults.api_server_down import ApiServerStarted, ApiServerStopped
from kcore.faults.component_restarted import ComponentRestarted
from kcore.faults.etcd_member_lost import EtcdMemberBack, EtcdMemberLost
from kcore.faults.machine_lost import MachineLost
from kcore.faults.zone_lost import ZoneLost, zones
from kcore.model.model import Event
from kcore.users.drain import Drain
from kcore.users.rollout import SetImage
from kcore.verify.conditions import BROKEN, DRAINING, STUCK_IMAGE
from kcore.verify.trials import Trial
from kcore.world.world import Behavior

BEHAVIORS = (Behavior(image=STUCK_IMAGE, ready=False),)
"""What the images of the standing questions do besides working."""

NEXT = "kcore.invalid/next:v2"
"""The image of a rollout that works."""

LOSS = 420_000
"""How long (ms) a loss is watched: until it is noticed, until its pods are evicted, and until others run."""

DOWN = 20_000
"""How long (ms) an API server or a member of etcd takes to restart."""

Workload = Deployment | StatefulSet | DaemonSet

NODE_PARTS = frozenset({"kubelet", "kube-proxy"})
ALONE = {
    "kube-scheduler": "kube-scheduler",
    "coredns": "coredns",
    "service-lb-controller": "cloud-controller-manager",
    "cloud-load-balancer": "",
    "kubectl-drain": "",
    "crd-finalizer": "",
}
MANAGER = "kube-controller-manager"


def services(state: ClusterState) -> list[str]:
    """Return the Services that select pods, "Service/default/web", sorted."""
    found = (one for one in state.store.list("Service") if isinstance(one, Service) and one.spec.selector)
    return [name_of(key_of(one)) for one in found]


def workloads(state: ClusterState, *kinds: str) -> list[str]:
    """Return the workloads of these kinds (none named: of all three) that are rolled out, sorted by kind and name."""
    wanted = kinds or ("Deployment", "StatefulSet", "DaemonSet")
    return [name_of(key_of(one)) for kind in wanted for one in state.store.list(kind)]


def name_of(key: ObjectKey) -> str:
    """Return "Service/default/web", or "Node/n1"."""
    return "/".join(part for part in key if part)


def _workload(state: ClusterState, about: str) -> Workload:
    kind, namespace, name = about.split("/")
    found = state.store.objects[ObjectKey(kind, namespace, name)]
    assert isinstance(found, Workload)  # noqa: S101 - `workloads` named it
    return found


def selected(state: ClusterState, service: ObjectKey) -> tuple[Pod, ...]:
    """Return the pods that a Service selects."""
    found = state.store.get(service)
    if not isinstance(found, Service):
        return ()
    pods = state.store.select("Pod", service.namespace, from_set(found.spec.selector))
    return tuple(pod for pod in pods if isinstance(pod, Pod))


def _node_losses(state: ClusterState) -> Iterator[Trial]:
    for node in sorted(state.world.machines):
        yield Trial(name=f"the loss of node {node}", events=(MachineLost(node),), lasts=LOSS)


def _zone_losses(state: ClusterState) -> Iterator[Trial]:
    for zone in zones(state):
        yield Trial(name=f"the loss of zone {zone}", events=(ZoneLost(zone),), lasts=LOSS)


def _drains(state: ClusterState) -> Iterator[Trial]:
    for node in sorted(state.world.machines):
        event = Drain(node=node, overrides=DRAINING)
        yield Trial(name=f"the drain of node {node}", events=(event,), quiet=_patience(state))


def _rollouts(image: str, words: str, *, unprobed: bool = False) -> Callable[[ClusterState], Iterator[Trial]]:
    def rollouts(state: ClusterState) -> Iterator[Trial]:
        for about in workloads(state):
            workload = _workload(state, about)
            container = workload.spec.template.spec.containers[0]
            manual = not isinstance(workload, Deployment) and workload.spec.update_strategy.type == "OnDelete"
            if manual or (unprobed and _probed(container)):
                continue
            key = key_of(workload)
            target = Target(kind=key.kind, namespace=key.namespace, name=key.name)
            event = SetImage(target=target, image=image, container=container.name)
            yield Trial(name=f"{words} of {about}", events=(event,), quiet=_patience(state))

    return rollouts


def _probed(container: Container) -> bool:
    return "readinessProbe" in container.extra.value or getattr(container, "readiness_probe", None) is not None


def _restarts(state: ClusterState) -> Iterator[Trial]:
    parts: dict[str, list[Event]] = {}
    for process in sorted(state.processes):
        alone = process.family in NODE_PARTS
        part = f"{process.family} on {process.instance}" if alone else ALONE.get(process.family, MANAGER)
        if part:
            parts.setdefault(part, []).append(ComponentRestarted(process.family, process.instance))
    for part, events in parts.items():
        yield Trial(name=f"a restart of {part}", events=tuple(events), quiet=_patience(state))
    for master in state.control_plane.masters():
        down: dict[str, tuple[Event, ...]] = {
            "kube-apiserver": (ApiServerStopped(master), ApiServerStarted(master)),
            "etcd": (EtcdMemberLost(master), EtcdMemberBack(master)),
        }
        for part, pair in down.items():
            yield Trial(name=f"a restart of {part} on {master}", events=pair, apart=DOWN, quiet=_patience(state))


def _patience(state: ClusterState) -> int:
    """Return how long (ms) nothing changes once a run has come to rest: longer than any pod takes to go or count."""
    pods = [pod for pod in state.store.list("Pod") if isinstance(pod, Pod)]
    grace = max((pod.spec.termination_grace_period_seconds or 0 for pod in pods), default=0)
    ready = max((_workload(state, one).spec.min_ready_seconds or 0 for one in workloads(state)), default=0)
    return 30_000 + 1000 * (grace + ready)


DISTURBANCES: dict[str, Callable[[ClusterState], Iterator[Trial]]] = {
    "node": _node_losses,
    "zone": _zone_losses,
    "drain": _drains,
    "rollout": _rollouts(NEXT, "a rollout"),
    "stuck": _rollouts(STUCK_IMAGE, "a rollout to an image that never gets ready"),
    "broken": _rollouts(BROKEN, "a rollout to an image that starts and does not work", unprobed=True),
    "restart": _restarts,
}
