"""PersistentVolume: a piece of storage in the cluster, and the claim that has it.

Models capacity, access, class, reclaim policy and node affinity, and the sources hostPath, local, NFS and CSI. Those of
particular vendors ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.affinity import NodeSelector
from kcore.api.core.references import ObjectReference, SecretReference
from kcore.api.core.resourcerequirements import ResourceList
from kcore.api.core.volume import HostPathVolumeSource
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class LocalVolumeSource(Struct):
    """A disk of one node, which the volume's node affinity names."""

    path: str = wire(default="", always=True)
    fs_type: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class NFSVolumeSource(Struct):
    """A directory that an NFS server exports."""

    server: str = wire(default="", always=True)
    path: str = wire(default="", always=True)
    read_only: bool = False


@attrs.frozen(kw_only=True, cache_hash=True)
class CSIPersistentVolumeSource(Struct):
    """A volume of a CSI driver; secrets other than these two ride along."""

    driver: str = wire(default="", always=True)
    volume_handle: str = wire(default="", always=True)
    read_only: bool = False
    fs_type: str = ""
    volume_attributes: FrozenMap[str] = EMPTY
    controller_publish_secret_ref: SecretReference | None = None
    node_publish_secret_ref: SecretReference | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeNodeAffinity(Struct):
    """The nodes that can reach the volume."""

    required: NodeSelector | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolumeSpec(Struct):
    """The desired volume; `persistent_volume_reclaim_policy` is Retain, Delete or Recycle."""

    capacity: ResourceList = EMPTY
    host_path: HostPathVolumeSource | None = None
    nfs: NFSVolumeSource | None = None
    local: LocalVolumeSource | None = None
    csi: CSIPersistentVolumeSource | None = None
    access_modes: tuple[str, ...] = ()
    claim_ref: ObjectReference | None = None
    persistent_volume_reclaim_policy: str = ""
    storage_class_name: str = ""
    mount_options: tuple[str, ...] = ()
    volume_mode: str | None = None
    node_affinity: VolumeNodeAffinity | None = None
    volume_attributes_class_name: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolumeStatus(Struct):
    """`phase` is Pending, Available, Bound, Released or Failed; the time is in seconds since 1970."""

    phase: str = ""
    message: str = ""
    reason: str = ""
    last_phase_transition_time: Time | None = None


_NO_SPEC = PersistentVolumeSpec()
_NO_STATUS = PersistentVolumeStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolume(ApiObject):
    """A volume, desired and observed."""

    spec: PersistentVolumeSpec = _NO_SPEC
    status: PersistentVolumeStatus = _NO_STATUS
