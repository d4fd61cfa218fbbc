"""StatefulSet: pods with names and claims of their own, made and replaced in order.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/apps/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import NO_TEMPLATE, PodTemplateSpec
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class RollingUpdateStatefulSetStrategy(Struct):
    """Pods with an ordinal below `partition` keep the old template."""

    partition: int | None = None
    max_unavailable: int | str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class StatefulSetUpdateStrategy(Struct):
    """`type` is RollingUpdate or OnDelete."""

    type: str = ""
    rolling_update: RollingUpdateStatefulSetStrategy | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class StatefulSetPersistentVolumeClaimRetentionPolicy(Struct):
    """Whether the claims stay (Retain) or go (Delete) with the set and with its size."""

    when_deleted: str = ""
    when_scaled: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class StatefulSetOrdinals(Struct):
    """The ordinal of the first pod."""

    start: int = wire(default=0, always=True)


_NO_STRATEGY = StatefulSetUpdateStrategy()


@attrs.frozen(kw_only=True, cache_hash=True)
class StatefulSetSpec(Struct):
    """The desired pods, their claims and their order; `pod_management_policy` is OrderedReady or Parallel."""

    replicas: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = NO_TEMPLATE
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()
    service_name: str = wire(default="", always=True)
    pod_management_policy: str = ""
    update_strategy: StatefulSetUpdateStrategy = _NO_STRATEGY
    revision_history_limit: int | None = None
    min_ready_seconds: int = 0
    persistent_volume_claim_retention_policy: StatefulSetPersistentVolumeClaimRetentionPolicy | None = None
    ordinals: StatefulSetOrdinals | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class StatefulSetStatus(Struct):
    """The observed pods, as counts, and the two revisions between which an update moves."""

    observed_generation: int = 0
    replicas: int = wire(default=0, always=True)
    ready_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()
    available_replicas: int = wire(default=0, always=True)


_NO_SPEC = StatefulSetSpec()
_NO_STATUS = StatefulSetStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class StatefulSet(ApiObject):
    """A stateful set, desired and observed."""

    spec: StatefulSetSpec = _NO_SPEC
    status: StatefulSetStatus = _NO_STATUS
