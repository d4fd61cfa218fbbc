"""Heartbeats: the kubelet renews its node's Lease, and says that the node is ready when somebody doubts it.

Models the Lease in kube-node-lease, which is created with the first heartbeat, and the conditions of the node's status:
those that the control plane has set to Unknown while the node was cut off are reported anew. A heartbeat that fails is
made again when the next one is due. Where memory or disk is used, each heartbeat is a look at how much, and the
conditions say what it comes to; the images are told whose size is known, which is those that a behavior gives one.

Not modelled: the status that is reported every five minutes though nothing has changed; the Lease alone keeps a quiet
node alive. Upstream looks every ten seconds by another clock, and its status follows in ten seconds more.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_node_status.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.coordination.lease import Lease, LeaseSpec
from kcore.api.core.node import ContainerImage, Node, NodeStatus
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY
from kcore.api.meta.condition import Condition
from kcore.api.meta.objectmeta import ObjectMeta, OwnerReference
from kcore.api.object import ObjectKey
from kcore.api.times import MicroTime, Time
from kcore.apiserver.request import Request, Verb
from kcore.client.turn import Call, OnFailure, Turn
from kcore.client.view import View
from kcore.kubelet.config import KubeletConfig
from kcore.kubelet.eviction import AT_EASE, look
from kcore.kubelet.shutdown import SHUTTING_DOWN
from kcore.machine import Note
from kcore.world.view import MachineView

NAMESPACE = "kube-node-lease"
LEASE_DURATION_SECONDS = 40

MOST_IMAGES = 50
"""How many images a kubelet tells of at most: upstream's nodeStatusMaxImages."""

HEALTHY = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}
"""What a kubelet without troubles reports: status, reason and message by condition."""


PRESSED = {
    "MemoryPressure": ("True", "KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
    "DiskPressure": ("True", "KubeletHasDiskPressure", "kubelet has disk pressure"),
    "PIDPressure": ("True", "KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
    "Ready": SHUTTING_DOWN,
}
"""What a kubelet reports that runs out of something, and one whose machine shuts down."""


def lease_key(node: str) -> ObjectKey:
    """Return the key of the Lease of `node`, which is also the work-queue key of its heartbeats."""
    return ObjectKey("Lease", NAMESPACE, node)


def heartbeat(memory: Any, view: MachineView, name: str, config: KubeletConfig) -> Turn:
    """Renew the Lease of the node `name`, look at what is in use there, and report its conditions where they differ."""
    machine = view.machine()
    if not machine.powered:
        return Turn()
    node = view.get(ObjectKey("Node", "", name))
    if not isinstance(node, Node):
        return Turn()
    if not view.answers:
        asked = Request(verb=Verb.GET, key=lease_key(name))
        return Turn(requests=(Call(request=asked, on_failure=OnFailure.GO_ON),), more=True)
    found, measured = AT_EASE, memory is not None or view.is_measured()
    if measured:
        found = look(memory or EMPTY, view, node, config)
    pressed = found.pressed if machine.shutdown is None else (*found.pressed, "Ready")
    status = _reported_status(node, pressed, Time(view.now() // 1000))
    status = _with_images(status, view) if measured else status
    calls = (_renewal(view, node, view.answers[0].object), *_report(node, status))
    notes = () if status.conditions == node.status.conditions else (_note(node, found.pressed),)
    return Turn(
        memory=found.memory or None,
        requests=calls,
        actions=found.actions,
        notes=notes + found.notes,
        wake_at=view.now() + config.renew_interval,
    )


def _note(node: Node, pressed: tuple[str, ...]) -> Note:
    """Return the note of a node whose conditions are reported."""
    name = node.metadata.name
    doubted = any(one.type == "Ready" and one.status != "True" for one in node.status.conditions)
    return Note("node.ready_again", node=name) if doubted else Note("node.pressures", node=name, now=" ".join(pressed))


def _renewal(view: View, node: Node, found: object) -> Call:
    """Return the call that renews the Lease that was found, or makes it."""
    name = node.metadata.name
    key = lease_key(name)
    now = MicroTime(view.now() * 1000)
    if isinstance(found, Lease):
        body = evolve(found, spec=evolve(found.spec, renew_time=now))
        return Call(request=Request(verb=Verb.UPDATE, key=key, body=body), on_failure=OnFailure.GO_ON)
    spec = LeaseSpec(holder_identity=name, lease_duration_seconds=LEASE_DURATION_SECONDS, renew_time=now)
    owner = OwnerReference(api_version="v1", kind="Node", name=name, uid=node.metadata.uid)
    lease = Lease(metadata=ObjectMeta(name=name, namespace=NAMESPACE, owner_references=(owner,)), spec=spec)
    return Call(request=Request(verb=Verb.CREATE, key=key, body=lease), on_failure=OnFailure.GO_ON)


def _reported_status(node: Node, pressed: tuple[str, ...], now: Time) -> NodeStatus:
    """Return the status with the conditions as the kubelet has them, the same one if nothing is to be said."""
    conditions = tuple(_reported(one, pressed, now) for one in node.status.conditions)
    return node.status if conditions == node.status.conditions else evolve(node.status, conditions=conditions)


def _with_images(status: NodeStatus, view: MachineView) -> NodeStatus:
    """Return the status with the images of which somebody has said how large they are; without any it is the same."""
    images = tuple(ContainerImage(names=(name,), size_bytes=size) for name, size in view.images()[:MOST_IMAGES])
    return evolve(status, images=images) if images and images != status.images else status


def _report(node: Node, status: NodeStatus) -> tuple[Call, ...]:
    """Return the call that reports the status, none while it is as the kubelet would have it."""
    if status is node.status:
        return ()
    body = evolve(node, metadata=evolve(node.metadata, resource_version=""), status=status)
    request = Request(verb=Verb.UPDATE, key=ObjectKey("Node", "", node.metadata.name), subresource="status", body=body)
    return (Call(request=request, on_failure=OnFailure.GO_ON),)


def _reported(condition: Condition, pressed: tuple[str, ...], now: Time) -> Condition:
    """Return the condition as the kubelet reports it, the same one if nobody doubts it."""
    if condition.type not in HEALTHY:
        return condition
    status, reason, message = (PRESSED if condition.type in pressed else HEALTHY)[condition.type]
    if condition.status == status:
        return condition
    return evolve(
        condition,
        status=status,
        reason=reason,
        message=message,
        last_heartbeat_time=now,
        last_transition_time=now,
    )
