"""VolumeAttachment: that a volume is to be attached to a node, and whether it is.

Models all fields but inline volumes, which ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/storage/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeAttachmentSource(Struct):
    """The volume."""

    persistent_volume_name: str | None = None


NO_SOURCE = VolumeAttachmentSource()


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeAttachmentSpec(Struct):
    """Which driver is to attach which volume to which node."""

    attacher: str = wire(default="", always=True)
    source: VolumeAttachmentSource = NO_SOURCE
    node_name: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeError(Struct):
    """What went wrong the last time."""

    time: Time | None = None
    message: str = ""
    error_code: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeAttachmentStatus(Struct):
    """Whether the volume is attached."""

    attached: bool = wire(default=False, always=True)
    attachment_metadata: FrozenMap[str] = EMPTY
    attach_error: VolumeError | None = None
    detach_error: VolumeError | None = None


_NO_SPEC = VolumeAttachmentSpec()
_NO_STATUS = VolumeAttachmentStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeAttachment(ApiObject):
    """An attachment, desired and observed."""

    spec: VolumeAttachmentSpec = _NO_SPEC
    status: VolumeAttachmentStatus = _NO_STATUS
