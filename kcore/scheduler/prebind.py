"""PreBind: before a pod is bound, its claims get their volumes.

Models VolumeBinding's Reserve and PreBind: the volumes that were found name their claims, claims for which a volume is
to be made name the node, and the pod, promised to that node, waits until the controller has bound them all. Where the
provisioner gives up, the time is over or the node does not do any more, the pod is placed anew.

Not modelled: the room that the pod will take counts from its binding only. The node is looked at again before that.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/volumebinding/binder.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.instant import Instant
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile.program import Program, ask
from kcore.reconcile.volumes import SELECTED_NODE, bound_to
from kcore.scheduler.assume import Assumed, assume
from kcore.scheduler.framework import BIND_TIMEOUT, PodInfo, Profile
from kcore.scheduler.hypothesis import refusal
from kcore.scheduler.snapshot import Snapshot

RETRY = 1000
"""How long (ms) until a pod whose volumes could not be written is tried again."""


@attrs.frozen(kw_only=True)
class Reserved:
    """What is remembered of a pod that waits for its volumes or for permission: its node, and since when."""

    node: str
    since: Instant


def pre_bind(view: View, pod: Pod, info: PodInfo, name: str, timeout: int) -> Program[Turn]:
    """Promise `pod` to the node `name`, and have its claims bound for that node within `timeout` ms."""
    node = view.get(ObjectKey("Node", "", name))
    assumed = assume(info.volumes.wants, node) if isinstance(node, Node) else None
    if assumed is None or not (yield from _promise(pod, name)) or not (yield from _write(assumed, name)):
        return Turn(wake_at=view.now() + RETRY)
    since = Instant(view.now(), matters=timeout)
    note = Note("pod.waits_for_volumes", pod=str(key_of(pod)), node=name)
    return Turn(memory=Reserved(node=name, since=since), notes=(note,), wake_at=since + timeout)


def promise(view: View, pod: Pod, name: str) -> Program[Turn]:
    """Promise `pod` to the node `name`, and have it wait for the permission to go there."""
    if not (yield from _promise(pod, name)):
        return Turn(wake_at=view.now() + RETRY)
    since = Instant(view.now(), matters=BIND_TIMEOUT)
    note = Note("pod.waits_for_permission", pod=str(key_of(pod)), node=name)
    return Turn(memory=Reserved(node=name, since=since), notes=(note,), wake_at=view.now() + RETRY)


def _promise(pod: Pod, node: str) -> Program[bool]:
    status = evolve(pod.status, nominated_node_name=node)
    return (yield from _save(pod, evolve(pod, status=status), "status"))


def _write(assumed: Assumed, node: str) -> Program[bool]:
    for volume, claim in assumed.bindings:
        if not (yield from _save(volume, bound_to(volume, claim))):
            return False
    for claim in assumed.provisions:
        annotations = claim.metadata.annotations.set(SELECTED_NODE, node)
        if not (yield from _save(claim, evolve(claim, metadata=evolve(claim.metadata, annotations=annotations)))):
            return False
    return True


def _save(old: ApiObject, new: ApiObject, subresource: str = "") -> Program[bool]:
    if new == old:
        return True
    answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(new), subresource=subresource, body=new))
    return answer.ok


def is_bindable(info: PodInfo, memory: Reserved, snapshot: Snapshot, profile: Profile) -> bool:
    """Tell whether all claims of a pod are bound, and its node still does."""
    node = snapshot.node(memory.node)
    if node is None or info.volumes.refused is not None or info.volumes.wants:
        return False
    return refusal(info, snapshot, node, node, profile) is None


def still_waits(view: View, info: PodInfo, memory: Reserved, timeout: int) -> bool:
    """Tell whether there is something to wait for: claims to be bound for the pod's node, and time of `timeout` ms."""
    if info.volumes.refused is not None or view.elapsed(memory.since, timeout):
        return False
    node = view.get(ObjectKey("Node", "", memory.node))
    assumed = assume(info.volumes.wants, node) if isinstance(node, Node) else None
    if assumed is None or not info.volumes.wants:
        return False
    selected = all(SELECTED_NODE in claim.metadata.annotations for claim in assumed.provisions)
    return selected and all(volume.spec.claim_ref is not None for volume, _ in assumed.bindings)
