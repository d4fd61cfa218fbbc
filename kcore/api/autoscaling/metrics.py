"""Metrics of a HorizontalPodAutoscaler: what it looks at and aims for, and what it found.

Models all fields of the five sources.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/autoscaling/v2/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.meta.labelselector import LabelSelector
from kcore.api.quantity import Quantity
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class CrossVersionObjectReference(Struct):
    """An object of the same namespace."""

    kind: str = wire(default="", always=True)
    name: str = wire(default="", always=True)
    api_version: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class MetricIdentifier(Struct):
    """The name of a metric, and the labels by which it is narrowed down."""

    name: str = wire(default="", always=True)
    selector: LabelSelector | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class MetricTarget(Struct):
    """What is aimed for: Utilization in percent of the request, Value, or AverageValue a pod, as `type` says."""

    type: str = wire(default="", always=True)
    value: Quantity | None = None
    average_value: Quantity | None = None
    average_utilization: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class MetricValueStatus(Struct):
    """What was found, in the terms of the target."""

    value: Quantity | None = None
    average_value: Quantity | None = None
    average_utilization: int | None = None


NO_OBJECT = CrossVersionObjectReference()
NO_METRIC = MetricIdentifier()
NO_METRIC_TARGET = MetricTarget()
NO_VALUE = MetricValueStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class ObjectMetricSource(Struct):
    """A metric of one object."""

    described_object: CrossVersionObjectReference = NO_OBJECT
    target: MetricTarget = NO_METRIC_TARGET
    metric: MetricIdentifier = NO_METRIC


@attrs.frozen(kw_only=True, cache_hash=True)
class PodsMetricSource(Struct):
    """A metric of each pod."""

    metric: MetricIdentifier = NO_METRIC
    target: MetricTarget = NO_METRIC_TARGET


@attrs.frozen(kw_only=True, cache_hash=True)
class ResourceMetricSource(Struct):
    """The use of a resource by each pod."""

    name: str = wire(default="", always=True)
    target: MetricTarget = NO_METRIC_TARGET


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerResourceMetricSource(Struct):
    """The use of a resource by one container of each pod."""

    name: str = wire(default="", always=True)
    target: MetricTarget = NO_METRIC_TARGET
    container: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class ExternalMetricSource(Struct):
    """A metric of nothing in the cluster."""

    metric: MetricIdentifier = NO_METRIC
    target: MetricTarget = NO_METRIC_TARGET


@attrs.frozen(kw_only=True, cache_hash=True)
class MetricSpec(Struct):
    """One of the sources, which `type` names."""

    type: str = wire(default="", always=True)
    object: ObjectMetricSource | None = None
    pods: PodsMetricSource | None = None
    resource: ResourceMetricSource | None = None
    container_resource: ContainerResourceMetricSource | None = None
    external: ExternalMetricSource | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ObjectMetricStatus(Struct):
    """What was found of a metric of one object."""

    metric: MetricIdentifier = NO_METRIC
    current: MetricValueStatus = NO_VALUE
    described_object: CrossVersionObjectReference = NO_OBJECT


@attrs.frozen(kw_only=True, cache_hash=True)
class PodsMetricStatus(Struct):
    """What was found of a metric of the pods."""

    metric: MetricIdentifier = NO_METRIC
    current: MetricValueStatus = NO_VALUE


@attrs.frozen(kw_only=True, cache_hash=True)
class ResourceMetricStatus(Struct):
    """What the pods use of a resource."""

    name: str = wire(default="", always=True)
    current: MetricValueStatus = NO_VALUE


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerResourceMetricStatus(Struct):
    """What one container of the pods uses of a resource."""

    name: str = wire(default="", always=True)
    current: MetricValueStatus = NO_VALUE
    container: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class ExternalMetricStatus(Struct):
    """What was found of an external metric."""

    metric: MetricIdentifier = NO_METRIC
    current: MetricValueStatus = NO_VALUE


@attrs.frozen(kw_only=True, cache_hash=True)
class MetricStatus(Struct):
    """What was found of one of the sources; nothing was if `type` is ""."""

    type: str = wire(default="", always=True)
    object: ObjectMetricStatus | None = None
    pods: PodsMetricStatus | None = None
    resource: ResourceMetricStatus | None = None
    container_resource: ContainerResourceMetricStatus | None = None
    external: ExternalMetricStatus | None = None
