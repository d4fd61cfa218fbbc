"""CSIDriver: that a storage driver is installed, and what it wants.

Models whether volumes have to be attached and whether capacity counts in scheduling; the rest rides along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/storage/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.object import ApiObject
from kcore.api.struct import Struct


@attrs.frozen(kw_only=True, cache_hash=True)
class CSIDriverSpec(Struct):
    """What the driver wants; volumes have to be attached unless `attach_required` is False."""

    attach_required: bool | None = None
    storage_capacity: bool | None = None


_NO_SPEC = CSIDriverSpec()


@attrs.frozen(kw_only=True, cache_hash=True)
class CSIDriver(ApiObject):
    """A driver, under its own name."""

    spec: CSIDriverSpec = _NO_SPEC
