"""What a pod asks for and is held to: the sum over its containers, with sidecars, init containers and overhead.

Models `PodRequests` and `PodLimits`: containers run together, so they add up; an init container runs alone but for the
sidecars (restart policy Always) started before it, so the highest of these stages counts; the pod's own resources,
where given, stand in place of the sum; overhead comes on top. While a resize is under way the highest of what is asked
for, set and allocated counts.

Does not model: shares of dynamically allocated devices; that upstream's sums share numbers with the pod, so that adding
overhead to a pod's own 0.5Gi changes the pod.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/component-helpers/resource/helpers.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from kcore.api.core.container import Container
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod
from kcore.api.core.resourcerequirements import ResourceList, ResourceRequirements
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.quantity import ZERO, Quantity

ALWAYS = "Always"
HUGEPAGES_PREFIX = "hugepages-"
POD_RESIZE_PENDING = "PodResizePending"
REASON_INFEASIBLE = "Infeasible"

_Amounts: TypeAlias = dict[str, Quantity]
_AmountOf: TypeAlias = Callable[[Container], Mapping[str, Quantity]]


@attrs.frozen(kw_only=True)
class PodResourcesOptions:
    """What counts.

    `use_status_resources`: also what the kubelet says it set and allocated; `pod_level_resize`: the same for the pod's
    own resources; `non_missing_container_requests`: what a container asks for that doesn't say.
    """

    use_status_resources: bool = False
    pod_level_resize: bool = False
    exclude_overhead: bool = False
    skip_pod_level_resources: bool = False
    skip_container_level_resources: bool = False
    non_missing_container_requests: ResourceList = EMPTY


DEFAULT = PodResourcesOptions()


def pod_requests(pod: Pod, options: PodResourcesOptions = DEFAULT) -> ResourceList:
    """Return what `pod` asks for, by resource name."""
    statuses = _statuses(pod, options)

    def requests(container: Container) -> Mapping[str, Quantity]:
        status = statuses.get(container.name)
        amounts: Mapping[str, Quantity] = container.resources.requests
        if status is not None and status.resources is not None:
            amounts = _effective(pod, amounts, status.resources.requests, status.allocated_resources)
        missing = {name: ZERO + amount for name, amount in options.non_missing_container_requests.items()}
        return {**missing, **amounts}

    total = {} if options.skip_container_level_resources else _highest(pod, requests)
    if pod.spec.resources is not None and not options.skip_pod_level_resources:
        spec, observed = pod.spec.resources.requests, _observed(pod, options)
        allocated = pod.status.allocated_resources
        _stand_in(total, spec, _effective(pod, spec, observed.requests, allocated) if observed else spec)
    return FrozenMap(total if options.exclude_overhead else _sum(total, pod.spec.overhead))


def pod_limits(pod: Pod, options: PodResourcesOptions = DEFAULT) -> ResourceList:
    """Return what `pod` is held to, by resource name; overhead comes on top of limits other than 0."""
    statuses = _statuses(pod, options)

    def limits(container: Container) -> Mapping[str, Quantity]:
        status = statuses.get(container.name)
        amounts = container.resources.limits
        if status is None or status.resources is None:
            return amounts
        return _effective(pod, amounts, status.resources.limits)

    total = _highest(pod, limits)
    if pod.spec.resources is not None and not options.skip_pod_level_resources:
        spec, observed = pod.spec.resources.limits, _observed(pod, options)
        _stand_in(total, spec, _effective(pod, spec, observed.limits) if observed else spec)
    limited = {name: amount for name, amount in pod.spec.overhead.items() if total.get(name, ZERO).sign}
    return FrozenMap(total if options.exclude_overhead else _sum(total, limited))


def is_sidecar(container: Container) -> bool:
    """Tell whether an init container goes on running beside the others."""
    return container.restart_policy == ALWAYS


def is_pod_resize_infeasible(pod: Pod) -> bool:
    """Tell whether the kubelet has refused the resize that the pod asks for."""
    pending = next((one for one in pod.status.conditions if one.type == POD_RESIZE_PENDING), None)
    return pending is not None and pending.reason == REASON_INFEASIBLE


def is_pod_level_resource(name: str) -> bool:
    """Tell whether a pod as a whole may ask for the resource `name`."""
    return name in _POD_LEVEL_RESOURCES or name.startswith(HUGEPAGES_PREFIX)


def _highest(pod: Pod, amount_of: _AmountOf) -> _Amounts:
    """Return the most that is in use at once, from the first init container to the containers that stay."""
    running: _Amounts = {}
    for container in pod.spec.containers:
        running = _sum(running, amount_of(container))
    sidecars: _Amounts = {}
    stages: _Amounts = {}
    for container in pod.spec.init_containers:
        amounts = amount_of(container)
        stage = _sum(amounts, sidecars)
        if is_sidecar(container):
            running = _sum(running, amounts)
            sidecars = stage = _sum(sidecars, amounts)
        stages = _max(stages, stage)
    return _max(running, stages)


def _statuses(pod: Pod, options: PodResourcesOptions) -> Mapping[str, ContainerStatus]:
    """Return the statuses that count, by container: of what stays running, when the options ask for them."""
    if not options.use_status_resources:
        return {}
    sidecars = {one.name for one in pod.spec.init_containers if is_sidecar(one)}
    statuses = {one.name: one for one in (*pod.status.container_statuses, *pod.status.init_container_statuses)}
    staying = sidecars.union(one.name for one in pod.spec.containers)
    return {name: status for name, status in statuses.items() if name in staying}


def _observed(pod: Pod, options: PodResourcesOptions) -> ResourceRequirements | None:
    return pod.status.resources if options.use_status_resources and options.pod_level_resize else None


def _effective(pod: Pod, spec: Mapping[str, Quantity], *observed: Mapping[str, Quantity]) -> _Amounts:
    """Return the most of what is asked for, unless it was refused, and of what is `observed`."""
    return _max({} if is_pod_resize_infeasible(pod) else spec, *observed)


def _stand_in(total: _Amounts, spec: Mapping[str, Quantity], effective: Mapping[str, Quantity]) -> None:
    """Put the `effective` amounts of what the pod as a whole asks for in place of the sum over its containers."""
    total |= {name: effective.get(name, ZERO) for name in spec if is_pod_level_resource(name)}


def _sum(left: Mapping[str, Quantity], right: Mapping[str, Quantity]) -> _Amounts:
    return {**left, **{name: left[name] + amount if name in left else amount for name, amount in right.items()}}


def _max(first: Mapping[str, Quantity], *others: Mapping[str, Quantity]) -> _Amounts:
    highest = dict(first)
    for other in others:
        highest |= {name: amount for name, amount in other.items() if name not in highest or amount > highest[name]}
    return highest


_POD_LEVEL_RESOURCES = frozenset({"cpu", "memory"})
"""What a pod as a whole may ask for, besides huge pages."""
