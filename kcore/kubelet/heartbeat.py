"""Heartbeats: the kubelet renews its node's Lease, and says that the node is ready when somebody doubts it.

Models the Lease in kube-node-lease, which is created with the first heartbeat, and the conditions of the node's status:
those that the control plane has set to Unknown while the node was cut off are reported anew. A heartbeat that fails is
made again when the next one is due.

Not modelled yet: pressure conditions, images, and the status that is reported every five minutes though nothing has
changed; the Lease alone keeps a quiet node alive.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/kubelet_node_status.go
"""

from __future__ import annotations

from kcore.api.coordination.lease import Lease, LeaseSpec
from kcore.api.core.node import Node
from kcore.api.evolve import evolve
from kcore.api.meta.condition import Condition
from kcore.api.meta.objectmeta import ObjectMeta, OwnerReference
from kcore.api.object import ObjectKey
from kcore.api.times import MicroTime, Time
from kcore.apiserver.request import Request, Verb
from kcore.client.turn import Call, OnFailure, Turn
from kcore.client.view import View
from kcore.machine import Note

NAMESPACE = "kube-node-lease"
RENEW_INTERVAL = 10_000
"""How often a Lease is renewed by default, ms: a quarter of its duration."""

LEASE_DURATION_SECONDS = 40

HEALTHY = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}
"""What a kubelet without troubles reports: status, reason and message by condition."""


def lease_key(node: str) -> ObjectKey:
    """Return the key of the Lease of `node`, which is also the work-queue key of its heartbeats."""
    return ObjectKey("Lease", NAMESPACE, node)


def heartbeat(view: View, name: str, interval: int) -> Turn:
    """Renew the Lease of the node `name`, report its conditions if they are doubted, and come back after `interval`."""
    node = view.get(ObjectKey("Node", "", name))
    if not isinstance(node, Node):
        return Turn()
    if not view.answers:
        asked = Request(verb=Verb.GET, key=lease_key(name))
        return Turn(requests=(Call(request=asked, on_failure=OnFailure.GO_ON),), more=True)
    calls = (_renewal(view, node, view.answers[0].object), *_report(node, Time(view.now() // 1000)))
    notes = () if len(calls) == 1 else (Note("node.ready_again", node=name),)
    return Turn(requests=calls, notes=notes, wake_at=view.now() + interval)


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


def _report(node: Node, now: Time) -> tuple[Call, ...]:
    """Return the call that reports the conditions, none while all are as the kubelet would have them."""
    conditions = tuple(_reported(one, now) for one in node.status.conditions)
    if conditions == node.status.conditions:
        return ()
    metadata = evolve(node.metadata, resource_version="")
    body = evolve(node, metadata=metadata, status=evolve(node.status, conditions=conditions))
    request = Request(verb=Verb.UPDATE, key=ObjectKey("Node", "", node.metadata.name), subresource="status", body=body)
    return (Call(request=request, on_failure=OnFailure.GO_ON),)


def _reported(condition: Condition, now: Time) -> Condition:
    """Return the condition as the kubelet reports it, the same one if nobody doubts it."""
    if condition.type not in HEALTHY:
        return condition
    status, reason, message = HEALTHY[condition.type]
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
