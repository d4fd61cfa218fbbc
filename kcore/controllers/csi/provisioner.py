"""The external provisioner: it makes volumes for claims that were handed to its driver, and deletes them afterwards.

Models both binding modes, topology, the reclaim policy of the class, and that a volume that is still attached is not
deleted. A claim whose node is gone is handed back, so that its pod is placed anew.

Not modelled: snapshots and clones as sources, a driver that runs out of room, and the time that it all takes.

Upstream: https://github.com/kubernetes-csi/external-provisioner/blob/v6.0.0/pkg/controller/controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.persistentvolume import (
    CSIPersistentVolumeSource,
    PersistentVolume,
    PersistentVolumeSpec,
    VolumeNodeAffinity,
)
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.api.storage.storageclass import StorageClass
from kcore.api.storage.volumeattachment import VolumeAttachment
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.controllers.csi.driver import is_installed
from kcore.controllers.csi.topology import affinity_for
from kcore.machine import Note
from kcore.reconcile.attachment import attachments, disk_of
from kcore.reconcile.volumes import (
    PROVISIONED_BY,
    RELEASED,
    SELECTED_NODE,
    STORAGE_PROVISIONER,
    claim_class,
    claim_reference,
    size,
    waits_for_consumer,
)
from kcore.world.disk import DeleteDisk

DELETE = "Delete"


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Make a volume for the claim at `key`, or delete the volume there if that is released."""
    found = view.get(ObjectKey(*key))
    if isinstance(found, PersistentVolumeClaim):
        return _provision(view, found)
    return _delete(view, found) if isinstance(found, PersistentVolume) else Turn()


def _provision(view: View, claim: PersistentVolumeClaim) -> Turn:
    driver = claim.metadata.annotations.get(STORAGE_PROVISIONER, "")
    found = view.get(ObjectKey("StorageClass", "", claim_class(claim)))
    waits = waits_for_consumer(found)
    if claim.spec.volume_name or claim.metadata.deletion_timestamp is not None or not isinstance(found, StorageClass):
        return Turn()
    if not is_installed(view, driver) or (waits and SELECTED_NODE not in claim.metadata.annotations):
        return Turn()
    node = claim.metadata.annotations.get(SELECTED_NODE, "")
    if node and view.get(ObjectKey("Node", "", node)) is None:
        return _handed_back(claim)
    volume = _volume(claim, found, driver, affinity_for(view, claim, found))
    if view.get(key_of(volume)) is not None:
        return Turn()
    call = Call(
        request=Request(verb=Verb.CREATE, key=key_of(volume), body=volume), accepts=frozenset({"AlreadyExists"})
    )
    note = Note("csi.ProvisioningSucceeded", claim=str(key_of(claim)), volume=volume.metadata.name)
    return Turn(requests=(call,), notes=(note,))


def _handed_back(claim: PersistentVolumeClaim) -> Turn:
    """Return the turn that takes the promise to a node from a claim."""
    annotations = claim.metadata.annotations.remove(SELECTED_NODE)
    body = evolve(claim, metadata=evolve(claim.metadata, annotations=annotations))
    return Turn(requests=(Call(request=Request(verb=Verb.UPDATE, key=key_of(claim), body=body)),))


def _volume(
    claim: PersistentVolumeClaim, found: StorageClass, driver: str, affinity: VolumeNodeAffinity | None
) -> PersistentVolume:
    """Return the volume for a claim, reserved for it."""
    name = f"pvc-{claim.metadata.uid}"
    return PersistentVolume(
        metadata=ObjectMeta(name=name, annotations=FrozenMap({PROVISIONED_BY: driver})),
        spec=PersistentVolumeSpec(
            capacity=FrozenMap({"storage": size(claim.spec.resources.requests)}),
            csi=CSIPersistentVolumeSource(driver=driver, volume_handle=name),
            access_modes=claim.spec.access_modes,
            claim_ref=claim_reference(claim),
            persistent_volume_reclaim_policy=found.reclaim_policy or DELETE,
            storage_class_name=found.metadata.name,
            mount_options=found.mount_options,
            volume_mode=claim.spec.volume_mode,
            node_affinity=affinity,
        ),
    )


def _delete(view: View, volume: PersistentVolume) -> Turn:
    """Delete a released volume that this driver made, with its disk, once it is attached nowhere."""
    driver = volume.metadata.annotations.get(PROVISIONED_BY, "")
    policy, phase = volume.spec.persistent_volume_reclaim_policy, volume.status.phase
    disk = disk_of(volume, "")
    if policy != DELETE or phase != RELEASED or disk is None or not is_installed(view, driver):
        return Turn()
    if volume.metadata.deletion_timestamp is not None or attachments(view, volume.metadata.name):
        return Turn()
    call = Call(request=Request(verb=Verb.DELETE, key=key_of(volume)), accepts=frozenset({"NotFound"}))
    return Turn(requests=(call,), actions=(DeleteDisk(disk=disk),))


def object_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a claim or a volume."""
    if change.new is not None:
        yield Work(LEADER, change.key)


def attachment_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield the volume of an attachment that is gone."""
    if change.new is None and isinstance(change.old, VolumeAttachment):
        yield Work(LEADER, ObjectKey("PersistentVolume", "", change.old.spec.source.persistent_volume_name or ""))


def driver_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the claims and volumes that may wait for a driver that is new."""
    if change.old is None:
        for kind in ("PersistentVolume", "PersistentVolumeClaim"):
            yield from (Work(LEADER, key_of(one)) for one in store.list(kind))


CSI_PROVISIONER = Component(
    family="csi-provisioner",
    watches={
        "PersistentVolumeClaim": object_changed,
        "PersistentVolume": object_changed,
        "VolumeAttachment": attachment_changed,
        "CSIDriver": driver_changed,
        "StorageClass": lambda _, __: (),
        "CSINode": lambda _, __: (),
        "Node": lambda _, __: (),
    },
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.CREATE, "PersistentVolume"),
            Write(Verb.DELETE, "PersistentVolume"),
            Write(Verb.UPDATE, "PersistentVolumeClaim"),
        }
    ),
)
