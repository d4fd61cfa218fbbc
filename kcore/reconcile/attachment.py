"""Attachment: which disk a volume is, whether it has to be attached to be mounted, and under which name it is known.

Models volumes of CSI drivers, which have to be attached unless the driver says otherwise, and host paths, local disks
and NFS, which have not.

Not modelled: Fibre Channel and iSCSI, and volumes of vendors that were never moved to CSI.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/volume/csi/csi_plugin.go
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TypeAlias

from pyrsistent import PMap, pmap

from kcore.api.core.node import Node
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.storage.csidriver import CSIDriver
from kcore.api.storage.volumeattachment import VolumeAttachment
from kcore.apiserver.sortedset import EMPTY as NONE
from kcore.apiserver.sortedset import SortedSet
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.reconcile.derived import Derived
from kcore.reconcile.volumes import READ_WRITE_ONCE, READ_WRITE_ONCE_POD
from kcore.world.disk import HOST_PATH, DiskId, Mount

_SHARED = frozenset({"ReadWriteMany", "ReadOnlyMany"})
_ONE_NODE = frozenset({READ_WRITE_ONCE, READ_WRITE_ONCE_POD})

Index: TypeAlias = PMap[tuple[str, str], SortedSet[ObjectKey]]


def is_attachable(view: View, volume: PersistentVolume) -> bool:
    """Tell whether the volume has to be attached to a node before it can be mounted there."""
    if volume.spec.csi is None:
        return False
    driver = view.get(ObjectKey("CSIDriver", "", volume.spec.csi.driver))
    return not isinstance(driver, CSIDriver) or driver.spec.attach_required is not False


def unique_name(disk: DiskId) -> str:
    """Return the name under which nodes report a volume of a CSI driver."""
    return f"kubernetes.io/csi/{disk.driver}^{disk.handle}"


def attachment_name(disk: DiskId, node: str) -> str:
    """Return the name of the VolumeAttachment that stands for a disk on a node."""
    return f"csi-{sha256(f'{disk.handle}{disk.driver}{node}'.encode()).hexdigest()}"


def disk_of(volume: PersistentVolume, node: str) -> DiskId | None:
    """Return the disk that the volume is, seen from `node`; None for a kind of volume that is not modelled."""
    spec = volume.spec
    if spec.csi is not None:
        return DiskId(spec.csi.driver, spec.csi.volume_handle)
    if spec.nfs is not None:
        return DiskId("nfs", f"{spec.nfs.server}:{spec.nfs.path}")
    if spec.host_path is not None:
        return DiskId(HOST_PATH, spec.host_path.path, node)
    return DiskId(HOST_PATH, spec.local.path, node) if spec.local is not None else None


def mount_of(
    claim: PersistentVolumeClaim, volume: PersistentVolume, node: str, *, attach: bool, read_only: bool
) -> Mount | None:
    """Return how the volume of a claim is mounted on `node`; None for a kind of volume that is not modelled."""
    disk = disk_of(volume, node)
    if disk is None:
        return None
    single = set(claim.spec.access_modes) <= _ONE_NODE
    return Mount(disk, claim.metadata.uid, attach=attach, single=single, read_only=read_only)


def may_be_shared(volume: PersistentVolume) -> bool:
    """Tell whether a volume may be attached to several nodes at once."""
    modes = set(volume.spec.access_modes)
    return not modes or bool(modes & _SHARED)


def is_reported(node: Node, disk: DiskId) -> bool:
    """Tell whether the node's status says that the volume is attached."""
    return any(one.name == unique_name(disk) for one in node.status.volumes_attached)


def attachments_of(store: Store, volume: str) -> Iterable[ObjectKey]:
    """Return the keys of the attachments of a volume."""
    found: SortedSet[ObjectKey] = _ATTACHMENTS(store).get(("volume", volume), NONE)
    return found


def attachments_on(store: Store, node: str) -> Iterable[ObjectKey]:
    """Return the keys of the attachments to a node."""
    found: SortedSet[ObjectKey] = _ATTACHMENTS(store).get(("node", node), NONE)
    return found


def attachments(view: View, volume: str) -> tuple[VolumeAttachment, ...]:
    """Return the attachments of a volume, sorted by name."""
    keys = view.derive(f"attachments of {volume}", lambda store: tuple(attachments_of(store, volume)))
    return tuple(one for one in map(view.get, keys) if isinstance(one, VolumeAttachment))


def _terms(found: ApiObject | None) -> tuple[tuple[str, str], ...]:
    if not isinstance(found, VolumeAttachment):
        return ()
    return ("volume", found.spec.source.persistent_volume_name or ""), ("node", found.spec.node_name)


def _after(index: Index, old: ApiObject | None, new: ApiObject | None) -> Index:
    left, come = _terms(old), _terms(new)
    if left == come:
        return index
    key = key_of(new or old)  # type: ignore[arg-type]  # one of the two is there
    for term in left:
        rest = index[term].discard(key)
        index = index.set(term, rest) if rest else index.discard(term)
    for term in come:
        index = index.set(term, index.get(term, NONE).add(key))
    return index


_NOTHING: Index = pmap()
_ATTACHMENTS: Derived[Index] = Derived(_NOTHING, _after, ("VolumeAttachment",))
