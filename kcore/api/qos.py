"""The quality of service class of a pod, which says who is evicted first when a node runs out.

Models `ComputePodQOS`: only cpu and memory above 0 count. No requests and no limits: BestEffort. Limits for both in
every container, init containers too, and requests that sum up to the same: Guaranteed. All else is Burstable. The pod's
own resources, where given, are all that counts.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/v1/helper/qos/qos.go
"""

from __future__ import annotations

from collections.abc import Iterable

from kcore.api.core.pod import Pod
from kcore.api.core.resourcerequirements import ResourceList
from kcore.api.quantity import Quantity

BEST_EFFORT = "BestEffort"
BURSTABLE = "Burstable"
GUARANTEED = "Guaranteed"

_COMPUTE_RESOURCES = ("cpu", "memory")


def pod_qos(pod: Pod) -> str:
    """Return the class that the pod's status holds, else the computed one."""
    return pod.status.qos_class or compute_pod_qos(pod)


def compute_pod_qos(pod: Pod) -> str:
    """Return the class that follows from the pod's spec."""
    containers = (*pod.spec.containers, *pod.spec.init_containers)
    parts = [one.resources for one in containers] if pod.spec.resources is None else [pod.spec.resources]
    requests, limits = _total(one.requests for one in parts), _total(one.limits for one in parts)
    if not requests and not limits:
        return BEST_EFFORT
    limited = all(len(_total([one.limits])) == len(_COMPUTE_RESOURCES) for one in parts)
    same = requests.keys() == limits.keys() and all(requests[name].cmp(limits[name]) == 0 for name in requests)
    return GUARANTEED if limited and same else BURSTABLE


def _total(lists: Iterable[ResourceList]) -> dict[str, Quantity]:
    """Return the sums of cpu and memory, without what is 0."""
    total: dict[str, Quantity] = {}
    for amounts in lists:
        for name in _COMPUTE_RESOURCES:
            if name in amounts and amounts[name].sign > 0:
                total[name] = total[name] + amounts[name] if name in total else amounts[name]
    return total
