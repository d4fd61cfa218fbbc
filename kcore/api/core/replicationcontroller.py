"""ReplicationController: so many pods of one template, as there was before ReplicaSets.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.pod import PodTemplateSpec
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ReplicationControllerSpec(Struct):
    """The desired pods, which have the labels of `selector`."""

    replicas: int | None = None
    min_ready_seconds: int = 0
    selector: FrozenMap[str] = EMPTY
    template: PodTemplateSpec | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ReplicationControllerStatus(Struct):
    """The observed pods, as counts."""

    replicas: int = wire(default=0, always=True)
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


_NO_SPEC = ReplicationControllerSpec()
_NO_STATUS = ReplicationControllerStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class ReplicationController(ApiObject):
    """A set of pods, desired and observed."""

    spec: ReplicationControllerSpec = _NO_SPEC
    status: ReplicationControllerStatus = _NO_STATUS
