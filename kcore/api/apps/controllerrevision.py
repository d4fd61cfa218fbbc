"""ControllerRevision: one recorded state of a StatefulSet or DaemonSet, to go on with or back to.

Models all fields; the data is kept as it is, as only its controller knows how to read it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/apps/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.json import EMPTY, Json
from kcore.api.object import ApiObject
from kcore.api.struct import wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ControllerRevision(ApiObject):
    """The `data` of a recorded state; the latest has the highest number `revision`."""

    data: Json = EMPTY
    revision: int = wire(default=0, always=True)
