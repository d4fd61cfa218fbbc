"""Scale: the size of a workload, as the scale subresource shows it.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/autoscaling/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ScaleSpec(Struct):
    """The desired number of pods."""

    replicas: int = 0


@attrs.frozen(kw_only=True, cache_hash=True)
class ScaleStatus(Struct):
    """The observed number of pods, and their selector as text."""

    replicas: int = wire(default=0, always=True)
    selector: str = ""


_NO_SPEC = ScaleSpec()
_NO_STATUS = ScaleStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class Scale(ApiObject):
    """The size of the workload that has the metadata's name."""

    spec: ScaleSpec = _NO_SPEC
    status: ScaleStatus = _NO_STATUS
