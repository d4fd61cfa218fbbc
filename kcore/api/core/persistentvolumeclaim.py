"""PersistentVolumeClaim: a wish for storage, and the volume that answers it.

Models all fields but the state of an expansion or modification, which rides along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.references import TypedLocalObjectReference, TypedObjectReference
from kcore.api.core.resourcerequirements import NO_VOLUME_RESOURCES, ResourceList, VolumeResourceRequirements
from kcore.api.frozenmap import EMPTY
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ApiObject
from kcore.api.struct import Struct


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolumeClaimSpec(Struct):
    """What is asked for; a `storage_class_name` of None means the default class, "" none at all."""

    access_modes: tuple[str, ...] = ()
    selector: LabelSelector | None = None
    resources: VolumeResourceRequirements = NO_VOLUME_RESOURCES
    volume_name: str = ""
    storage_class_name: str | None = None
    volume_mode: str | None = None
    data_source: TypedLocalObjectReference | None = None
    data_source_ref: TypedObjectReference | None = None
    volume_attributes_class_name: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolumeClaimStatus(Struct):
    """`phase` is Pending, Bound or Lost; `capacity` is that of the bound volume."""

    phase: str = ""
    access_modes: tuple[str, ...] = ()
    capacity: ResourceList = EMPTY
    conditions: tuple[Condition, ...] = ()
    allocated_resources: ResourceList = EMPTY


NO_CLAIM_SPEC = PersistentVolumeClaimSpec()
_NO_STATUS = PersistentVolumeClaimStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class PersistentVolumeClaim(ApiObject):
    """A claim, desired and observed."""

    spec: PersistentVolumeClaimSpec = NO_CLAIM_SPEC
    status: PersistentVolumeClaimStatus = _NO_STATUS
