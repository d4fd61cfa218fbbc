"""Compute: what each metric of an autoscaler asks for, and what its status says of it.

Models the five sources with their targets, and what they come to together: the one that asks for most decides; when
some say nothing the size does not shrink, and when none says anything it stays.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/horizontal.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscalerSpec, HPAScalingRules
from kcore.api.autoscaling.metrics import (
    ContainerResourceMetricStatus,
    ExternalMetricStatus,
    MetricIdentifier,
    MetricSpec,
    MetricStatus,
    MetricTarget,
    MetricValueStatus,
    ObjectMetricStatus,
    PodsMetricStatus,
    ResourceMetricStatus,
)
from kcore.api.quantity import Quantity
from kcore.api.selectors.label import Selector, everything, from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.controllers.podautoscaler.replica_calculator import (
    MetricsError,
    Proposal,
    Scaled,
    Tolerances,
    average_replicas,
    plain_replicas,
    resource_replicas,
    total,
    value_replicas,
)
from kcore.world.metrics import Answer, Question

TOLERANCE = 0.1
"""By how much the use may differ where no behavior says otherwise."""

VALUE, AVERAGE = "Value", "AverageValue"
NO_STATUS = MetricStatus()
_BILLION = 1_000_000_000


@attrs.frozen(kw_only=True)
class Found:
    """What there is to decide on: what is scaled, its size as observed, and the metrics API, which is asked."""

    namespace: str
    of: Scaled
    status_replicas: int
    ask: Callable[[Question], Answer]


@attrs.frozen(kw_only=True)
class Measured:
    """What one metric asks for, as it is called, and what the status says of it."""

    replicas: int
    name: str
    status: MetricStatus


@attrs.frozen(kw_only=True)
class Failure:
    """A metric that says nothing: the reason that the condition gives, its own `problem`, and how it is reported."""

    reason: str
    problem: str
    message: str


@attrs.frozen(kw_only=True)
class Computed:
    """What all metrics ask for and which of them decides; None when they say too little. `failures` are in order.

    A `flaw` is why they were not asked at all.
    """

    replicas: int | None = None
    name: str = ""
    statuses: tuple[MetricStatus, ...] = ()
    failures: tuple[Failure, ...] = ()
    flaw: str = ""

    @property
    def problem(self) -> str:
        """The error of upstream, "" for none."""
        if not self.failures:
            return self.flaw
        counts = f"{len(self.failures)} invalid out of {len(self.statuses)}"
        return f"invalid metrics ({counts}), first error is: {self.failures[0].message}"


def compute_replicas(metrics: tuple[MetricSpec, ...], found: Found) -> Computed:
    """Return what `metrics` ask for together."""
    results = [_measure(one, found) for one in metrics]
    failures = tuple(one for one in results if isinstance(one, Failure))
    replicas, name = 0, ""
    for one in results:
        if isinstance(one, Measured) and (not replicas or one.replicas > replicas):
            replicas, name = one.replicas, one.name
    silent = len(failures) == len(metrics) or (failures and replicas < found.of.current)
    return Computed(
        replicas=None if silent else replicas,
        name=name,
        statuses=tuple(one.status if isinstance(one, Measured) else NO_STATUS for one in results),
        failures=failures,
    )


def tolerances_of(spec: HorizontalPodAutoscalerSpec) -> Tolerances:
    """Return by how much the use may differ, either way."""
    behavior = spec.behavior
    if behavior is None:
        return Tolerances(down=TOLERANCE, up=TOLERANCE)
    return Tolerances(down=_tolerance(behavior.scale_down), up=_tolerance(behavior.scale_up))


def _tolerance(rules: HPAScalingRules | None) -> float:
    return TOLERANCE if rules is None or rules.tolerance is None else rules.tolerance.nano / _BILLION


def _measure(metric: MetricSpec, found: Found) -> Measured | Failure:
    known = _SOURCES.get(metric.type)
    if known is None:
        problem = f'unknown metric source type "{metric.type}"'
        return Failure(reason="InvalidMetricSourceType", problem=problem, message=problem)
    try:
        return known.measure(metric, found)
    except (MetricsError, SelectorError) as error:
        return Failure(reason=known.reason, problem=str(error), message=f"{known.prefix(metric)}: {error}")


def _resource(metric: MetricSpec, found: Found) -> Measured:
    source = metric.resource
    if source is None:
        raise MetricsError("no resource metric source was set")
    current, name = _use(found, source.name, "", source.target)
    status = MetricStatus(type="Resource", resource=ResourceMetricStatus(name=source.name, current=current.status))
    return Measured(replicas=current.replicas, name=name, status=status)


def _container_resource(metric: MetricSpec, found: Found) -> Measured:
    source = metric.container_resource
    if source is None:
        raise MetricsError("no container resource metric source was set")
    current, name = _use(found, source.name, source.container, source.target)
    inner = ContainerResourceMetricStatus(name=source.name, container=source.container, current=current.status)
    status = MetricStatus(type="ContainerResource", container_resource=inner)
    return Measured(replicas=current.replicas, name=name, status=status)


@attrs.frozen(kw_only=True)
class _Current:
    """What the use of a resource asks for, and what it is."""

    replicas: int
    status: MetricValueStatus


def _use(found: Found, resource: str, container: str, target: MetricTarget) -> tuple[_Current, str]:
    """Return what the use of `resource` asks for, and as what it counts."""
    if target.average_value is None and target.average_utilization is None:
        raise MetricsError(
            "invalid resource metric source: neither an average utilization target"
            " nor an average value (usage) target was set"
        )
    what = "usage" if target.average_value is not None else "utilization"
    try:
        proposal = _used(found, resource, container, target)
    except MetricsError as error:
        raise MetricsError(f"failed to get {resource} {what}: {error}") from None
    if target.average_value is not None:
        status, name = MetricValueStatus(average_value=Quantity.of_milli(proposal.usage)), f"{resource} resource"
    else:
        average = Quantity.of_milli(proposal.usage)
        status = MetricValueStatus(average_utilization=proposal.utilization, average_value=average)
        kind = "container resource" if container else "resource"
        name = f"{resource} {kind} utilization (percentage of request)"
    return _Current(replicas=proposal.replicas, status=status), name


def _used(found: Found, resource: str, container: str, target: MetricTarget) -> Proposal:
    question = Question(
        metric=resource, namespace=found.namespace, pods=tuple(found.of.pods), container=container, resource=True
    )
    samples = found.ask(question).pods
    if not samples:
        problem = "no metrics returned from resource metrics API"
        raise MetricsError(f"unable to get metrics for resource {resource}: {problem}")
    if target.average_value is not None:
        return plain_replicas(found.of, samples, target.average_value.milli_value, resource)
    return resource_replicas(found.of, samples, target.average_utilization or 0, resource, container)


def _pods(metric: MetricSpec, found: Found) -> Measured:
    source = metric.pods
    if source is None:
        raise MetricsError("no pods metric source was set")
    question = Question(
        metric=source.metric.name,
        namespace=found.namespace,
        pods=tuple(found.of.pods),
        matches=_selector(source.metric),
    )
    samples = found.ask(question).pods
    if not samples:
        problem = "no metrics returned from custom metrics API"
        raise MetricsError(f"unable to get metric {source.metric.name}: {problem}")
    wanted = source.target.average_value.milli_value if source.target.average_value else 0
    proposal = plain_replicas(found.of, samples, wanted)
    current = MetricValueStatus(average_value=Quantity.of_milli(proposal.usage))
    status = MetricStatus(type="Pods", pods=PodsMetricStatus(metric=source.metric, current=current))
    return Measured(replicas=proposal.replicas, name=f"pods metric {source.metric.name}", status=status)


def _object(metric: MetricSpec, found: Found) -> Measured:
    source = metric.object
    if source is None:
        raise MetricsError("no object metric source was set")
    of, name, target = source.described_object, source.metric.name, source.target
    if (target.value if target.type == VALUE else target.average_value if target.type == AVERAGE else None) is None:
        raise MetricsError("invalid object metric source: neither a value target nor an average value target was set")
    question = Question(
        metric=name, namespace=found.namespace, of=f"{of.kind}/{of.name}", matches=_selector(source.metric)
    )
    values = found.ask(question).values
    if not values:
        where, problem = f"{of.kind} {found.namespace}/{of.name}", "no metrics returned from custom metrics API"
        raise MetricsError(f"unable to get metric {name}: {problem} on {where}")
    proposal, current = _of_number(found, values[0], target, by_value=target.type == VALUE)
    status = MetricStatus(
        type="Object",
        object=ObjectMetricStatus(metric=source.metric, current=current, described_object=source.described_object),
    )
    return Measured(replicas=proposal.replicas, name=f"{of.kind} metric {name}", status=status)


def _external(metric: MetricSpec, found: Found) -> Measured:
    source = metric.external
    if source is None:
        raise MetricsError("no external metric source was set")
    name, target = source.metric.name, source.target
    if target.average_value is None and target.value is None:
        raise MetricsError("invalid external metric source: neither a value target nor an average value target was set")
    question = Question(metric=name, namespace=found.namespace, of="", matches=_selector(source.metric))
    values = found.ask(question).values
    if not values:
        where, problem = f"{found.namespace}/{name}", "no metrics returned from external metrics API"
        raise MetricsError(f"unable to get external metric {where}: {problem}")
    proposal, current = _of_number(found, total(values), target, by_value=target.average_value is None)
    status = MetricStatus(type="External", external=ExternalMetricStatus(metric=source.metric, current=current))
    return Measured(replicas=proposal.replicas, name=f"external metric {name}", status=status)


def _of_number(found: Found, usage: int, target: MetricTarget, *, by_value: bool) -> tuple[Proposal, MetricValueStatus]:
    """Return what one number asks for, in all or a pod, and what the status says of it."""
    if by_value:
        wanted = target.value.milli_value if target.value else 0
        proposal = value_replicas(found.of, usage, wanted)
        return proposal, MetricValueStatus(value=Quantity.of_milli(proposal.usage))
    wanted = target.average_value.milli_value if target.average_value else 0
    proposal = average_replicas(usage, found.status_replicas, wanted, found.of.tolerances)
    return proposal, MetricValueStatus(average_value=Quantity.of_milli(proposal.usage))


def _selector(metric: MetricIdentifier) -> Selector:
    """Return the selector by which a metric is narrowed down; SelectorError when it is none."""
    return everything() if metric.selector is None else from_label_selector(metric.selector)


@attrs.frozen(kw_only=True)
class _Source:
    """How a source is measured, the reason when it can't be, and what precedes the problem when that is reported."""

    measure: Callable[[MetricSpec, Found], Measured]
    reason: str
    prefix: Callable[[MetricSpec], str]


_SOURCES: Mapping[str, _Source] = {
    "Resource": _Source(
        measure=_resource,
        reason="FailedGetResourceMetric",
        prefix=lambda one: f"failed to get {one.resource.name if one.resource else ''} resource metric value",
    ),
    "ContainerResource": _Source(
        measure=_container_resource,
        reason="FailedGetContainerResourceMetric",
        prefix=lambda one: (
            f"failed to get {one.container_resource.container if one.container_resource else ''} container metric value"
        ),
    ),
    "Pods": _Source(measure=_pods, reason="FailedGetPodsMetric", prefix=lambda _: "failed to get pods metric value"),
    "Object": _Source(
        measure=_object, reason="FailedGetObjectMetric", prefix=lambda _: "failed to get object metric value"
    ),
    "External": _Source(
        measure=_external,
        reason="FailedGetExternalMetric",
        prefix=lambda one: f"failed to get {one.external.metric.name if one.external else ''} external metric value",
    ),
}
"""The sources by their type."""
