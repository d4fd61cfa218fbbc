"""Static pods: the kubelet runs what lies on its machine, and keeps a mirror of it in the API.

Models that a static pod runs without any API server and whatever becomes of its mirror: one that is deleted, or is no
mirror of this very pod, is deleted for good and made again; the status is reported in the mirror. A static pod is
never stopped by a deletion.

Not modelled: a file that is taken away, and the mirror that goes with it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/pod/mirror_client.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.podstatus import NO_POD_STATUS
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, Request, Verb
from kcore.client.turn import Call, OnFailure, Turn
from kcore.world.machine import Machine
from kcore.world.sandbox import MIRROR


def static_pod(machine: Machine, name: ObjectKey) -> Pod | None:
    """Return the static pod of this name on the machine, None when there is none."""
    return next((one for one in machine.static_pods if key_of(one) == name), None)


def is_mirror(found: Pod | None, static: Pod) -> bool:
    """Tell whether what the API has under the name of a static pod is its mirror."""
    return found is not None and found.metadata.annotations.get(MIRROR) == static.metadata.uid


def as_reported(static: Pod, found: Pod | None) -> Pod:
    """Return the static pod with the status that its mirror has."""
    return evolve(static, status=found.status) if found is not None and is_mirror(found, static) else static


def with_mirror(turn: Turn, static: Pod, found: Pod | None, node: Node | None) -> Turn:
    """Return the turn of a static pod whose status is that of its mirror, of which `found` is what the API has.

    Nothing is deleted but a mirror that is to go, and nothing is made without a node to belong to.
    """
    calls: tuple[Call, ...] = ()
    if found is None:
        calls = () if node is None else (_creation(static, node),)
    elif found.metadata.deletion_timestamp is not None or not is_mirror(found, static):
        calls = (_deletion(found),)
    else:
        calls = tuple(_reports(turn, found))
    return evolve(turn, requests=calls, notes=turn.notes if found is not None else ())


def _reports(turn: Turn, found: Pod) -> Iterator[Call]:
    """Yield what reports the status of a static pod, as a report on its mirror."""
    for call in turn.requests:
        body = call.request.body
        if call.request.subresource == "status" and isinstance(body, Pod):
            yield evolve(call, request=evolve(call.request, body=evolve(found, status=body.status)))


def _creation(static: Pod, node: Node) -> Call:
    """Return the call that makes the mirror."""
    name, meta = node.metadata.name, static.metadata
    owner = OwnerReference(api_version="v1", kind="Node", name=name, uid=node.metadata.uid, controller=True)
    annotations = meta.annotations.set(MIRROR, meta.uid)
    metadata = evolve(meta, uid="", generation=0, annotations=annotations, owner_references=(owner,))
    body = evolve(static, metadata=metadata, status=NO_POD_STATUS)
    request = Request(verb=Verb.CREATE, key=key_of(static), body=body)
    return Call(request=request, on_failure=OnFailure.GO_ON)


def _deletion(found: Pod) -> Call:
    """Return the call that deletes a mirror for good."""
    options = Options(grace_period_seconds=0, uid=found.metadata.uid)
    request = Request(verb=Verb.DELETE, key=key_of(found), options=options)
    return Call(request=request, on_failure=OnFailure.GO_ON, accepts=frozenset({"NotFound", "Conflict"}))
