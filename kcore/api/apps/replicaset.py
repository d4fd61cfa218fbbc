"""ReplicaSet: so many pods of one template.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/apps/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.pod import NO_TEMPLATE, PodTemplateSpec
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ReplicaSetSpec(Struct):
    """The desired pods; a pod counts as available when it has been ready for `min_ready_seconds`."""

    replicas: int | None = None
    min_ready_seconds: int = 0
    selector: LabelSelector | None = None
    template: PodTemplateSpec = NO_TEMPLATE


@attrs.frozen(kw_only=True, cache_hash=True)
class ReplicaSetStatus(Struct):
    """The observed pods, as counts."""

    replicas: int = wire(default=0, always=True)
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    terminating_replicas: int | None = None
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


_NO_SPEC = ReplicaSetSpec()
_NO_STATUS = ReplicaSetStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class ReplicaSet(ApiObject):
    """A set of pods, desired and observed."""

    spec: ReplicaSetSpec = _NO_SPEC
    status: ReplicaSetStatus = _NO_STATUS
