"""Replica calculator: how many pods a metric asks for, given what each of them uses.

Models the sums of upstream, in the whole numbers and the floats in which it makes them. Pods that are being deleted or
have failed count for nothing. Pods that are pending, or whose CPU says nothing yet, use nothing when more are asked
for; pods without a sample use what is aimed for when fewer are, and nothing when more are. A change of less than the
tolerance is none, nor is one that turns around once those pods are counted.

Not modelled: sums beyond 64 bits.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/replica_calculator.go
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import attrs

from kcore.api.core.container import Container
from kcore.api.core.pod import Pod
from kcore.api.resources import is_pod_level_resource, is_sidecar, pod_requests
from kcore.errors import KcoreError
from kcore.reconcile.podutil import Elapsed, is_pod_ready, ready_condition
from kcore.world.metrics import PodMetrics

CPU = "cpu"
CPU_INITIALIZATION_PERIOD = 300_000
"""So many ms after its start the CPU of a pod counts only if it was ready for a whole sample."""

INITIAL_READINESS_DELAY = 30_000
"""A pod that turned unready within so many ms of its start has never been ready."""

MAX_INT32 = 2**31 - 1
MAX_INT64 = 2**63 - 1
NOT_A_NUMBER = -(2**63)
"""What 64 bits hold of an average over no pods."""


class MetricsError(KcoreError, ValueError):
    """A reason for which a metric says nothing; the message is the real one."""


@attrs.frozen(kw_only=True)
class Tolerances:
    """By how much the use may differ from what is aimed for, below and above, as parts of one."""

    down: float
    up: float

    def within(self, ratio: float) -> bool:
        """Tell whether a use of `ratio` times what is aimed for is close enough."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


@attrs.frozen(kw_only=True)
class Proposal:
    """How many pods a metric asks for, and what was found: `usage` in thousandths, `utilization` in percent."""

    replicas: int
    usage: int
    utilization: int | None = None


@attrs.frozen(kw_only=True)
class Groups:
    """The names of pods by what their samples are worth, and how many are `ready`, with a sample that counts."""

    ready: int
    unready: frozenset[str]
    missing: frozenset[str]
    ignored: frozenset[str]


@attrs.frozen(kw_only=True)
class Scaled:
    """What is scaled: its pods, its `current` size, how far off the use may be, and how to tell the time."""

    pods: Sequence[Pod]
    current: int
    tolerances: Tolerances
    elapsed: Elapsed


def resource_replicas(of: Scaled, metrics: PodMetrics, target: int, resource: str, container: str = "") -> Proposal:
    """Return what a use of `target` percent of the requests of `resource` asks for; MetricsError when nothing can."""
    groups, samples = _sampled(of, metrics, resource)
    requests = calculate_requests(of.pods, container, resource)
    ratio, utilization, usage = _resource_ratio(samples, requests, target)
    fallback = max(100, target)
    lacking = {name: requests[name] * fallback // 100 for name in groups.missing}
    full = _rebalanced(samples, groups, ratio, lacking)
    if full is None:
        replicas = of.current if of.tolerances.within(ratio) else math.ceil(ratio * groups.ready)
    else:
        again = _resource_ratio(full, requests, target)[0]
        replicas = _reconsidered(of, ratio, again, len(full))
    return Proposal(replicas=replicas, usage=usage, utilization=utilization)


def plain_replicas(of: Scaled, metrics: PodMetrics, target: int, resource: str = "") -> Proposal:
    """Return what an average of `target` thousandths asks for; `resource` is "" for a metric that is of none."""
    groups, samples = _sampled(of, metrics, resource)
    ratio, usage = _plain_ratio(samples, target)
    full = _rebalanced(samples, groups, ratio, dict.fromkeys(groups.missing, target))
    if full is None:
        replicas = of.current if of.tolerances.within(ratio) else math.ceil(ratio * groups.ready)
    else:
        replicas = _reconsidered(of, ratio, _plain_ratio(full, target)[0], len(full))
    return Proposal(replicas=replicas, usage=usage)


def value_replicas(of: Scaled, usage: int, target: int) -> Proposal:
    """Return what one number of `usage` thousandths, where `target` are aimed for, asks for."""
    ratio = usage / target
    if not of.current:
        return Proposal(replicas=math.ceil(ratio), usage=usage)
    if of.tolerances.within(ratio):
        return Proposal(replicas=of.current, usage=usage)
    if not of.pods:
        raise MetricsError(
            "unable to calculate ready pods: no pods returned by selector while calculating replica count"
        )
    ready = sum(pod.status.phase == "Running" and is_pod_ready(pod) for pod in of.pods)
    return Proposal(replicas=min(math.ceil(ratio * ready), MAX_INT32), usage=usage)


def average_replicas(usage: int, observed: int, target: int, tolerances: Tolerances) -> Proposal:
    """Return what one number of `usage` thousandths over `observed` pods, `target` a pod being aimed for, asks for."""
    close = tolerances.within(usage / (target * observed)) if observed else False
    replicas = observed if close else min(math.ceil(usage / target), MAX_INT32)
    if usage >= MAX_INT64:
        return Proposal(replicas=replicas, usage=MAX_INT64)
    return Proposal(replicas=replicas, usage=math.ceil(usage / observed) if observed else NOT_A_NUMBER)


def total(values: Sequence[int]) -> int:
    """Return the sum of an external metric, at most what 64 bits hold."""
    return min(sum(values), MAX_INT64)


def group_pods(pods: Sequence[Pod], metrics: PodMetrics, resource: str, elapsed: Elapsed) -> Groups:
    """Sort the pods by what their samples of `resource` are worth."""
    ready, unready, missing, ignored = 0, set(), set(), set()
    for pod in pods:
        name = pod.metadata.name
        if pod.metadata.deletion_timestamp is not None or pod.status.phase == "Failed":
            ignored.add(name)
        elif pod.status.phase == "Pending":
            unready.add(name)
        elif name not in metrics:
            missing.add(name)
        elif resource == CPU and _says_nothing_yet(pod, metrics, elapsed):
            unready.add(name)
        else:
            ready += 1
    return Groups(ready=ready, unready=frozenset(unready), missing=frozenset(missing), ignored=frozenset(ignored))


def calculate_requests(pods: Sequence[Pod], container: str, resource: str) -> dict[str, int]:
    """Return what each pod, or its `container`, asks for in thousandths, by name; MetricsError if one does not say."""
    return {pod.metadata.name: _request(pod, container, resource) for pod in pods}


def _sampled(of: Scaled, metrics: PodMetrics, resource: str) -> tuple[Groups, dict[str, int]]:
    """Return the groups of the pods, and the samples that count."""
    if not of.pods:
        raise MetricsError("no pods returned by selector while calculating replica count")
    groups = group_pods(of.pods, metrics, resource, of.elapsed)
    skipped = groups.ignored | groups.unready
    samples = {name: sample.value for name, sample in metrics.items() if name not in skipped}
    if not samples:
        raise MetricsError("did not receive metrics for targeted pods (pods might be unready)")
    return groups, samples


def _says_nothing_yet(pod: Pod, metrics: PodMetrics, elapsed: Elapsed) -> bool:
    """Tell whether the CPU of a pod is that of its start."""
    condition, started = ready_condition(pod), pod.status.start_time
    if condition is None or started is None:
        return True
    since = (condition.last_transition_time or 0) * 1000
    if elapsed(started * 1000, CPU_INITIALIZATION_PERIOD):
        return condition.status == "False" and started * 1000 + INITIAL_READINESS_DELAY > since
    sample = metrics[pod.metadata.name]
    return condition.status == "False" or sample.timestamp < since + sample.window


def _request(pod: Pod, container: str, resource: str) -> int:
    own = pod.spec.resources
    if not container and own is not None and any(map(is_pod_level_resource, own.requests)):
        found = pod_requests(pod).get(resource)
        if found is None:
            raise MetricsError(f"missing pod-level request for {resource} in Pod {pod.metadata.name}")
        return found.milli_value
    return _request_of_containers(pod, container, resource)


def _request_of_containers(pod: Pod, container: str, resource: str) -> int:
    every: tuple[Container, ...] = (*pod.spec.containers, *filter(is_sidecar, pod.spec.init_containers))
    asked = [one for one in every if container in ("", one.name)]
    for one in asked:
        if resource not in one.resources.requests:
            name = pod.metadata.name
            raise MetricsError(f"missing request for {resource} in container {one.name} of Pod {name}")
    if container and not asked:
        raise MetricsError(f"container {container} not found in Pod {pod.metadata.name}")
    return sum(one.resources.requests[resource].milli_value for one in asked)


def _resource_ratio(samples: Mapping[str, int], requests: Mapping[str, int], target: int) -> tuple[float, int, int]:
    """Return the use as a ratio of `target`, in percent of the requests, and on average in thousandths."""
    known = [name for name in samples if name in requests]
    used, requested = sum(samples[name] for name in known), sum(requests[name] for name in known)
    if not requested:
        raise MetricsError("no metrics returned matched known pods")
    utilization = used * 100 // requested
    return utilization / target, utilization, used // len(known)


def _plain_ratio(samples: Mapping[str, int], target: int) -> tuple[float, int]:
    """Return the average as a ratio of `target`, and in thousandths."""
    usage = sum(samples.values()) // len(samples)
    return usage / target, usage


def _rebalanced(
    samples: Mapping[str, int], groups: Groups, ratio: float, lacking: Mapping[str, int]
) -> dict[str, int] | None:
    """Return the samples with those that stand in for what is not known; None when all that counts is known."""
    rising = bool(groups.unready) and ratio > 1.0
    if not rising and not groups.missing:
        return None
    full = dict(samples)
    if ratio < 1.0:
        full |= lacking
    elif ratio > 1.0:
        full |= dict.fromkeys(groups.missing, 0)
    if rising:
        full |= dict.fromkeys(groups.unready, 0)
    return full


def _reconsidered(of: Scaled, ratio: float, again: float, counted: int) -> int:
    """Return what the use `again`, over all `counted` pods, asks for: no change if it is for the other direction."""
    turned = (ratio < 1.0 < again) or (again < 1.0 < ratio)
    if turned or of.tolerances.within(again):
        return of.current
    replicas = math.ceil(again * counted)
    if (again < 1.0 and replicas > of.current) or (again > 1.0 and replicas < of.current):
        return of.current
    return replicas
