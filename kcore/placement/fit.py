"""Fit: what pods ask for against what a node may give.

Models requests by resource, the kubelet's limit on the number of pods, and why something does not fit, in upstream's
words. Numbers are millicores for cpu, bytes or counts for the rest.

Not modelled: dynamic resource allocation, and devices by node.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/noderesources/fit.go
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import NamedTuple

import attrs

from kcore.api.core.container import Container
from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.core.resourcerequirements import ResourceList, ResourceRequirements
from kcore.api.evolve import quick
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.memo import MOST, Memo
from kcore.api.quantity import Quantity
from kcore.api.resources import PodResourcesOptions, pod_requests

CPU = "cpu"
PODS = "pods"

TOO_MANY_PODS = "Too many pods"

NONZERO = FrozenMap({CPU: Quantity.parse("100m"), "memory": Quantity.parse("200Mi")})
"""What a container that asks for nothing is taken to ask for, where nodes are compared."""


class Shortage(NamedTuple):
    """A resource that does not suffice: why, and whether the node could not give so much even if it were empty."""

    reason: str
    hopeless: bool


@quick
@attrs.frozen(kw_only=True, cache_hash=True)
class Request:
    """What one pod asks for, by resource without zeros, and the same with upstream's minimum for cpu and memory."""

    amounts: FrozenMap[int]
    nonzero_cpu: int
    nonzero_memory: int


@quick
@attrs.frozen(kw_only=True, cache_hash=True)
class Usage:
    """What the pods of a node ask for together, and how many they are."""

    amounts: FrozenMap[int] = EMPTY
    nonzero_cpu: int = 0
    nonzero_memory: int = 0
    pods: int = 0

    def plus(self, request: Request, sign: int = 1) -> Usage:
        """Return the usage with one pod more, or with one less if `sign` is -1."""
        return _MORE(self, request) if sign > 0 else _LESS(self, request)


def _moved(sign: int, usage: Usage, request: Request) -> Usage:
    known = usage.amounts
    amounts = {name: known.get(name, 0) + sign * amount for name, amount in request.amounts.items()}
    moved = Usage(
        amounts=known.update(amounts) if amounts else known,
        nonzero_cpu=usage.nonzero_cpu + sign * request.nonzero_cpu,
        nonzero_memory=usage.nonzero_memory + sign * request.nonzero_memory,
        pods=usage.pods + sign,
    )
    return _itself(moved)


@lru_cache(maxsize=MOST)
def _itself(usage: Usage) -> Usage:
    """Return the one value that stands for all that are equal to `usage`."""
    return usage


_MORE, _LESS = Memo(partial(_moved, 1)), Memo(partial(_moved, -1))
"""Nodes that are used alike have one usage."""


def amounts_of(resources: ResourceList) -> FrozenMap[int]:
    """Return the numbers of a resource list: millicores for cpu, whole units for the rest, rounded up; no zeros."""
    numbers = ((name, one.milli_value if name == CPU else one.value) for name, one in resources.items())
    return FrozenMap((name, number) for name, number in numbers if number)


def request_of(pod: Pod) -> Request:
    """Return what `pod` asks for, counting what the kubelet says it set and allocated."""
    status = pod.status
    statuses = (*status.container_statuses, *status.init_container_statuses)
    if status.resources is not None or any(one.resources is not None for one in statuses):
        return _request(pod)
    spec = pod.spec
    return _REQUESTS(spec.containers, spec.init_containers, spec.overhead, spec.resources)


def shortages(request: Request, usage: Usage, allocatable: FrozenMap[int]) -> tuple[Shortage, ...]:
    """Return, the count of pods first and then by resource name, what a node lacks to take one more pod."""
    crowded = usage.pods + 1 > allocatable.get(PODS, 0)
    used = usage.amounts
    found = [Shortage(TOO_MANY_PODS, hopeless=False)] if crowded else []
    for name, amount in request.amounts.items():
        most = allocatable.get(name, 0)
        if used.get(name, 0) + amount > most:
            found.append(Shortage(f"Insufficient {name}", hopeless=amount > most))
    return tuple(found)


def _request(pod: Pod) -> Request:
    requests = pod_requests(pod, PodResourcesOptions(use_status_resources=True))
    of_pod = pod.spec.resources.requests if pod.spec.resources else EMPTY
    missing = FrozenMap((name, one) for name, one in NONZERO.items() if not of_pod or name not in requests)
    filled = pod_requests(pod, PodResourcesOptions(use_status_resources=True, non_missing_container_requests=missing))
    nonzero = amounts_of(filled)
    return Request(
        amounts=amounts_of(requests),
        nonzero_cpu=nonzero.get(CPU, 0),
        nonzero_memory=nonzero.get("memory", 0),
    )


@lru_cache(maxsize=8192)
def _request_of_spec(
    containers: tuple[Container, ...],
    init_containers: tuple[Container, ...],
    overhead: ResourceList,
    resources: ResourceRequirements | None,
) -> Request:
    """Return what the pods of one template ask for."""
    spec = PodSpec(containers=containers, init_containers=init_containers, overhead=overhead, resources=resources)
    return _request(Pod(spec=spec))


_REQUESTS = Memo(_request_of_spec)
"""The pods of one template share these parts."""
