"""Pod: containers that run together on one node.

Models the parts in `podspec` and `podstatus`.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.podspec import NO_POD_SPEC, PodSpec
from kcore.api.core.podstatus import NO_POD_STATUS, PodStatus
from kcore.api.meta.objectmeta import EMPTY_META, ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.struct import Struct


@attrs.frozen(kw_only=True, cache_hash=True)
class Pod(ApiObject):
    """A pod, desired and observed."""

    spec: PodSpec = NO_POD_SPEC
    status: PodStatus = NO_POD_STATUS


@attrs.frozen(kw_only=True, cache_hash=True)
class PodTemplateSpec(Struct):
    """What the pods that a controller makes look like."""

    metadata: ObjectMeta = EMPTY_META
    spec: PodSpec = NO_POD_SPEC


NO_TEMPLATE = PodTemplateSpec()
