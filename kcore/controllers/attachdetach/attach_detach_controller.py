"""The attach/detach controller as a component: it looks at one volume and at all who want or have it.

Models the controller's part in attaching: it writes and deletes VolumeAttachments, which the driver acts on, and says
in the status of a node what is safely attached there. Before it attaches a volume that only one node may have, it asks
the API server whether that is attached elsewhere, as its cache may be late.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/attachdetach/attach_detach_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from kcore.api.core.node import AttachedVolume, Node
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.api.storage.volumeattachment import VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.instant import Instant
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.attachdetach.reconciler import MAX_WAIT_FOR_UNMOUNT, Attached, Plan, plan_of
from kcore.machine import Note
from kcore.reconcile.attachment import (
    attachment_name,
    attachments,
    attachments_on,
    disk_of,
    is_attachable,
    may_be_shared,
    unique_name,
)
from kcore.reconcile.podutil import is_pod_terminal
from kcore.reconcile.program import Program, ask, play
from kcore.reconcile.storage import users
from kcore.reconcile.volumes import claims_of, is_fully_bound
from kcore.world.disk import DiskId

RETRY = 1000
"""How long (ms) until what failed is tried again."""


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of a volume: since when each node is asked to let it go."""

    since: FrozenMap[Instant] = EMPTY


NO_MEMORY = Memory()


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Bring the volume at `key` to the nodes whose pods use it, and take it from all others."""
    volume = view.get(ObjectKey(*key))
    disk = disk_of(volume, "") if isinstance(volume, PersistentVolume) else None
    if not isinstance(volume, PersistentVolume) or disk is None or not is_attachable(view, volume):
        return Turn()
    found = attachments(view, volume.metadata.name)
    actual = tuple(_attached(view, one) for one in found)
    wanted = _wanted(view, volume)
    since = (memory or NO_MEMORY).since
    plan = plan_of(disk, wanted, actual, since, view.now(), shared=may_be_shared(volume))
    return play(_carry_out(view, volume, disk, plan, actual), view.answers)


def _attached(view: View, found: VolumeAttachment) -> Attached:
    name = found.spec.node_name
    node = view.get(ObjectKey("Node", "", name))
    leaving = found.metadata.deletion_timestamp is not None
    there = node if isinstance(node, Node) else None
    return Attached(name=name, node=there, attached=found.status.attached, leaving=leaving)


def _wanted(view: View, volume: PersistentVolume) -> tuple[str, ...]:
    """Return the nodes with pods that use the volume and have not ended, in order."""
    ref = volume.spec.claim_ref
    claim = view.get(ObjectKey("PersistentVolumeClaim", ref.namespace, ref.name)) if ref else None
    if not isinstance(claim, PersistentVolumeClaim) or ref is None or ref.uid != claim.metadata.uid:
        return ()
    if not is_fully_bound(claim) or claim.spec.volume_name != volume.metadata.name:
        return ()
    pods = users(view, ref.namespace, ref.name)
    names = {one.spec.node_name for one in pods if one.spec.node_name and not is_pod_terminal(one)}
    return tuple(name for name in sorted(names) if view.get(ObjectKey("Node", "", name)) is not None)


def _carry_out(
    view: View, volume: PersistentVolume, disk: DiskId, plan: Plan, actual: tuple[Attached, ...]
) -> Program[Turn]:
    """Detach, say what is attached, attach; come back when a node's time is up, or soon if something failed."""
    well = True
    for one in actual:
        there = one.attached and not one.leaving and one.name not in plan.detach
        well &= yield from _report(one.node, disk, there=there)
        if one.name in plan.detach and well:
            key = ObjectKey("VolumeAttachment", "", attachment_name(disk, one.name))
            answer = yield from ask(Request(verb=Verb.DELETE, key=key))
            well &= answer.ok or answer.reason == "NotFound"
    if plan.attach and not may_be_shared(volume):
        listed = yield from ask(Request(verb=Verb.LIST, key=ObjectKey("VolumeAttachment", "", "")))
        if not listed.ok or _is_attached(listed.items, volume):
            return Turn(memory=_remember(plan), wake_at=view.now() + RETRY)
    for name in plan.attach:
        answer = yield from ask(_attach(volume, disk, name))
        well &= answer.ok or answer.reason == "AlreadyExists"
    wakes = [int(begun) + MAX_WAIT_FOR_UNMOUNT for begun in plan.since.values()]
    wakes = [at for at in wakes if at > view.now()] if well else [view.now() + RETRY]
    return Turn(memory=_remember(plan), notes=_notes(volume, plan), wake_at=min(wakes, default=None))


def _remember(plan: Plan) -> Memory | None:
    return Memory(since=plan.since) if plan.since else None


def _notes(volume: PersistentVolume, plan: Plan) -> tuple[Note, ...]:
    name = volume.metadata.name
    return tuple(
        Note(
            "attachdetach.FailedAttachVolume", volume=name, node=node, message=f'Multi-Attach error for volume "{name}"'
        )
        for node in plan.refused
    )


def _is_attached(found: Iterable[object], volume: PersistentVolume) -> bool:
    """Tell whether one of the attachments that were found is of the volume."""
    name = volume.metadata.name
    return any(isinstance(one, VolumeAttachment) and one.spec.source.persistent_volume_name == name for one in found)


def _attach(volume: PersistentVolume, disk: DiskId, node: str) -> Request:
    source = VolumeAttachmentSource(persistent_volume_name=volume.metadata.name)
    body = VolumeAttachment(
        metadata=ObjectMeta(name=attachment_name(disk, node)),
        spec=VolumeAttachmentSpec(attacher=disk.driver, source=source, node_name=node),
    )
    return Request(verb=Verb.CREATE, key=key_of(body), body=body)


def _report(node: Node | None, disk: DiskId, *, there: bool) -> Program[bool]:
    """Write into the node's status whether the volume is safely attached; tell whether that went well."""
    name = unique_name(disk)
    reported = () if node is None else node.status.volumes_attached
    if node is None or any(one.name == name for one in reported) == there:
        return True
    kept = tuple(one for one in reported if one.name != name)
    volumes = (*kept, AttachedVolume(name=name)) if there else kept
    body = evolve(node, status=evolve(node.status, volumes_attached=volumes))
    answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(node), subresource="status", body=body))
    return answer.ok


def pod_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the volumes of a pod that came to a node, left it or ended."""
    for pod in (change.old, change.new):
        if isinstance(pod, Pod) and pod.spec.volumes and pod.spec.node_name:
            for name in claims_of(pod):
                yield from _volume_of(store, ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name))


def claim_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the volume of a claim."""
    yield from _volume_of(store, change.key)


def volume_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield the volume."""
    if change.new is not None:
        yield Work(LEADER, change.key)


def attachment_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield the volume of an attachment."""
    found = change.new or change.old
    if isinstance(found, VolumeAttachment) and found.spec.source.persistent_volume_name:
        yield Work(LEADER, ObjectKey("PersistentVolume", "", found.spec.source.persistent_volume_name))


def node_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the volumes that are attached to a node that is gone, is ready or not, or says that it uses other ones."""
    if change.old is not None and change.new is not None and _read(change.old) == _read(change.new):
        return
    for key in attachments_on(store, change.key.name):
        found = store.get(key)
        if isinstance(found, VolumeAttachment) and found.spec.source.persistent_volume_name:
            yield Work(LEADER, ObjectKey("PersistentVolume", "", found.spec.source.persistent_volume_name))


def _read(node: object) -> object:
    """Return what is read of a node."""
    if not isinstance(node, Node):
        return None
    ready = [one.status for one in node.status.conditions if one.type == "Ready"]
    return node.status.volumes_in_use, node.status.volumes_attached, node.spec.taints, ready


def _volume_of(store: Store, key: ObjectKey) -> Iterator[Work]:
    claim = store.get(key)
    if isinstance(claim, PersistentVolumeClaim) and claim.spec.volume_name:
        yield Work(LEADER, ObjectKey("PersistentVolume", "", claim.spec.volume_name))


ATTACHDETACH = Component(
    family="persistentvolume-attach-detach-controller",
    watches={
        "Pod": Heeding(pod_changed, News.VOLUMES),
        "PersistentVolumeClaim": claim_changed,
        "PersistentVolume": volume_changed,
        "VolumeAttachment": attachment_changed,
        "Node": node_changed,
        "CSIDriver": lambda _, __: (),
    },
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.CREATE, "VolumeAttachment"),
            Write(Verb.DELETE, "VolumeAttachment"),
            Write(Verb.UPDATE, "Node", "status"),
        }
    ),
)
