"""What a pod asks for and is held to, under several options.

Input: `pod`. Says `requests`, `limits`, `requestsNoOverhead`, `requestsContainersOnly` (without the pod's own
resources) and `requestsUseStatus` (with what the kubelet reports while a resize is under way).

The sums were recorded one after another on one pod, and the real code shares numbers between the pod and its sum: where
the pod's own request is kept as a big decimal (0.5Gi is), adding overhead to the sum adds it to the pod, too. kcore's
sums leave the pod alone, so that this is replayed here, where the recording needs it.
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.core.resourcerequirements import ResourceList
from kcore.api.quantity import Quantity
from kcore.api.resources import PodResourcesOptions, is_pod_level_resource, pod_limits, pod_requests


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real code would add up for the pod of `case`."""
    pod = structure(Pod, case["pod"])
    left = _left_by_requests(pod)
    return {"requests": _shown(pod_requests(pod)), "limits": _shown(pod_limits(pod))} | {
        key: _shown(pod_requests(left, options)) for key, options in _LATER.items()
    }


def _left_by_requests(pod: Pod) -> Pod:
    """Return `pod` as the real code leaves it behind once it has added up the requests with overhead."""
    if pod.spec.resources is None:
        return pod
    requests = pod.spec.resources.requests
    grown = {
        name: Quantity((requests[name] + overhead).amount, requests[name].format)
        for name, overhead in pod.spec.overhead.items()
        if name in requests and requests[name].amount.big and is_pod_level_resource(name)
    }
    resources = attrs.evolve(pod.spec.resources, requests=requests.update(grown))
    return attrs.evolve(pod, spec=attrs.evolve(pod.spec, resources=resources))


def _shown(amounts: ResourceList) -> dict[str, str]:
    return {name: amount.canonical for name, amount in amounts.items()}


_LATER = {
    "requestsContainersOnly": PodResourcesOptions(skip_pod_level_resources=True),
    "requestsNoOverhead": PodResourcesOptions(exclude_overhead=True),
    "requestsUseStatus": PodResourcesOptions(use_status_resources=True, pod_level_resize=True),
}
"""The options of the sums recorded after the first one; of these only the last adds overhead to the pod's requests."""
