"""HorizontalPodAutoscaler (v2): a size that follows metrics, within bounds and at a pace.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/autoscaling/v2/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.autoscaling.metrics import CrossVersionObjectReference, MetricSpec, MetricStatus
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject
from kcore.api.quantity import Quantity
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class HPAScalingPolicy(Struct):
    """How much may change in a period: `value` is of pods or of percent, as `type` says (Pods, Percent)."""

    type: str = wire(default="", always=True)
    value: int = wire(default=0, always=True)
    period_seconds: int = wire(default=0, always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class HPAScalingRules(Struct):
    """The pace of one direction; `select_policy` is Max, Min or Disabled, `tolerance` a part of one.

    No `policies` at all (None) means the default ones, none in a list is a fault.
    """

    stabilization_window_seconds: int | None = None
    select_policy: str | None = None
    policies: tuple[HPAScalingPolicy, ...] | None = None
    tolerance: Quantity | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class HorizontalPodAutoscalerBehavior(Struct):
    """The pace of either direction."""

    scale_up: HPAScalingRules | None = None
    scale_down: HPAScalingRules | None = None


NO_TARGET = CrossVersionObjectReference()


@attrs.frozen(kw_only=True, cache_hash=True)
class HorizontalPodAutoscalerSpec(Struct):
    """What is scaled, within which bounds and by which metrics; the one that asks for most decides."""

    scale_target_ref: CrossVersionObjectReference = NO_TARGET
    min_replicas: int | None = None
    max_replicas: int = wire(default=0, always=True)
    metrics: tuple[MetricSpec, ...] = ()
    behavior: HorizontalPodAutoscalerBehavior | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class HorizontalPodAutoscalerStatus(Struct):
    """The size found and the size asked for at the last look."""

    observed_generation: int | None = None
    last_scale_time: Time | None = None
    current_replicas: int = 0
    desired_replicas: int = wire(default=0, always=True)
    current_metrics: tuple[MetricStatus, ...] = ()
    conditions: tuple[Condition, ...] = ()


_NO_SPEC = HorizontalPodAutoscalerSpec()
_NO_STATUS = HorizontalPodAutoscalerStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class HorizontalPodAutoscaler(ApiObject):
    """An autoscaler, desired and observed."""

    spec: HorizontalPodAutoscalerSpec = _NO_SPEC
    status: HorizontalPodAutoscalerStatus = _NO_STATUS
