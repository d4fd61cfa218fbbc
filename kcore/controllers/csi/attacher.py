"""The external attacher: it attaches and detaches disks as VolumeAttachments say, and tells when that is done.

Models the finalizer that keeps an attachment until the disk is detached. Attaching and detaching take no time and do
not fail, unless the driver does not answer at all: see `faults.volume_stuck`.

Upstream: https://github.com/kubernetes-csi/external-attacher/blob/v4.10.0/pkg/controller/csi_handler.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.api.storage.volumeattachment import VolumeAttachment
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.controllers.csi.driver import is_installed
from kcore.reconcile.attachment import disk_of, may_be_shared
from kcore.reconcile.protection import with_finalizer, without_finalizer
from kcore.world.disk import AttachDisk, DetachDisk

DONE = "done"
"""What is remembered of an attachment whose disk has been attached, or detached, but not yet said to be."""


def finalizer_of(found: VolumeAttachment) -> str:
    """Return the finalizer that the driver puts on an attachment."""
    return f"external-attacher/{found.spec.attacher.replace('.', '-')}"


def reconcile(memory: Any, view: View, key: Key) -> Turn:
    """Attach or detach the disk of the attachment at `key`, then say so."""
    found = view.get(ObjectKey(*key))
    if not isinstance(found, VolumeAttachment) or not is_installed(view, found.spec.attacher):
        return Turn()
    volume = view.get(ObjectKey("PersistentVolume", "", found.spec.source.persistent_volume_name or ""))
    disk = disk_of(volume, found.spec.node_name) if isinstance(volume, PersistentVolume) else None
    finalizer, node = finalizer_of(found), found.spec.node_name
    held = finalizer in found.metadata.finalizers
    if found.metadata.deletion_timestamp is not None:
        if not held:
            return Turn()
        if memory != (DONE, "detached") and disk is not None:
            detach = DetachDisk(disk=disk, node=node)
            return Turn(memory=(DONE, "detached"), actions=(detach,), wake_at=view.now())
        return Turn(requests=(Call(request=without_finalizer(found, finalizer)),))
    if found.status.attached or not isinstance(volume, PersistentVolume) or disk is None:
        return Turn()
    if not held:
        return Turn(requests=(Call(request=with_finalizer(found, finalizer)),))
    if memory != (DONE, "attached"):
        attach = AttachDisk(disk=disk, node=node, single=not may_be_shared(volume))
        return Turn(memory=(DONE, "attached"), actions=(attach,), wake_at=view.now())
    return Turn(requests=(_said(found),))


def _said(found: VolumeAttachment) -> Call:
    body = evolve(found, status=evolve(found.status, attached=True))
    return Call(request=Request(verb=Verb.UPDATE, key=key_of(found), subresource="status", body=body))


def attachment_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield an attachment."""
    if change.new is not None:
        yield Work(LEADER, change.key)


def driver_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the attachments of a driver that is new."""
    if change.old is None:
        for found in store.list("VolumeAttachment"):
            if isinstance(found, VolumeAttachment) and found.spec.attacher == change.key.name:
                yield Work(LEADER, key_of(found))


CSI_ATTACHER = Component(
    family="csi-attacher",
    watches={
        "VolumeAttachment": attachment_changed,
        "CSIDriver": driver_changed,
        "PersistentVolume": lambda _, __: (),
    },
    reconcile=reconcile,
    writes=frozenset({Write(Verb.UPDATE, "VolumeAttachment"), Write(Verb.UPDATE, "VolumeAttachment", "status")}),
)
