"""A scheduler and a kubelet of a few lines: enough to run bare pods, and small enough to search everything.

The real ones grow with the model, and so would every number of states; these stay as they are.
"""

from __future__ import annotations

import attrs

from kcore.api.core.binding import Binding
from kcore.api.core.references import ObjectReference
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Turn
from kcore.machine import Note
from kcore.world.actions import CreateSandbox, StartContainer
from kcore.world.sandbox import SandboxId


def unbound(change, store):
    """A pod without a node is the scheduler's."""
    if change.new is not None and not change.new.spec.node_name:
        yield Work(LEADER, change.key)


def bound(change, store):
    """A pod with a node is its kubelet's."""
    if change.new is not None and change.new.spec.node_name:
        yield Work(change.new.spec.node_name, change.key)


def bind(memory, view, key):
    """Bind a pod to the node with the fewest."""
    pod, nodes = view.get(ObjectKey(*key)), view.list("Node")
    if pod is None or pod.spec.node_name or not nodes:
        return Turn()
    node = min((len(view.on_node(one.metadata.name)), one.metadata.name) for one in nodes)[1]
    metadata = ObjectMeta(name=key[2], namespace=key[1], uid=pod.metadata.uid)
    body = Binding(metadata=metadata, target=ObjectReference(kind="Node", name=node))
    request = Request(verb=Verb.CREATE, key=ObjectKey(*key), subresource="binding", body=body)
    return Turn(requests=(Call(request=request),), notes=(Note("pod.bound", pod=key[2], node=node),))


def run(memory, view, key):
    """Start the container of a pod, and report that it runs."""
    pod, node = view.get(ObjectKey(*key)), view.machine().name
    if pod is None or pod.spec.node_name != node:
        return Turn()
    id_, sandbox = SandboxId(node, pod.metadata.uid), view.sandbox(pod.metadata.uid)
    if sandbox is None:
        container = pod.spec.containers[0]
        create = CreateSandbox(id=id_, pod=ObjectKey(*key), grace=30)
        return Turn(actions=(create, StartContainer(id=id_, name=container.name, image=container.image)))
    if not sandbox.running or pod.status.phase == "Running":
        return Turn()
    status = attrs.evolve(pod.status, phase="Running", observed_generation=pod.metadata.generation)
    body = attrs.evolve(pod, status=status)
    return Turn(
        requests=(Call(request=Request(verb=Verb.UPDATE, key=ObjectKey(*key), subresource="status", body=body)),)
    )


BARE = (
    Component(
        family="scheduler",
        watches={"Pod": unbound},
        reconcile=bind,
        writes=frozenset({Write(Verb.CREATE, "Pod", "binding")}),
    ),
    Component(
        family="kubelet",
        watches={"Pod": bound},
        reconcile=run,
        writes=frozenset({Write(Verb.UPDATE, "Pod", "status")}),
        per_node=True,
    ),
)
