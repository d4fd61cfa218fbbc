"""How pods count against quotas: their number, and what they ask for and are held to.

Models the scopes of pods, and the demand that each container states what a quota limits of CPU and memory. A pod that
has ended, or that should have gone by now, counts as an object only.

Not modelled: devices, and pods that are resized.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/quota/v1/evaluator/core/pods.go
"""

from __future__ import annotations

from collections.abc import Mapping

from kcore.api.core.affinity import PodAffinity, PodAffinityTerm, PodAntiAffinity
from kcore.api.core.container import Container
from kcore.api.core.pod import Pod
from kcore.api.core.resourcequota import ScopedResourceSelectorRequirement
from kcore.api.object import ApiObject
from kcore.api.qos import pod_qos
from kcore.api.quantity import Quantity
from kcore.api.resources import is_pod_level_resource, pod_limits, pod_requests
from kcore.api.times import Time
from kcore.apiserver.quota.evaluator import ONE, Amounts, Evaluator
from kcore.apiserver.validation.resources import is_native

OBJECTS = "count/pods"
REQUESTS, LIMITS = "requests.", "limits."
HUGEPAGES = "hugepages-"
_NATIVE = ("cpu", "memory", "ephemeral-storage")
_NAMES = frozenset({OBJECTS, "pods", *_NATIVE, *(prefix + name for prefix in (REQUESTS, LIMITS) for name in _NATIVE)})
_DEMANDED = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})


def counts(name: str) -> bool:
    """Tell whether a quota on `name` is about pods."""
    if name in _NAMES or name.startswith((HUGEPAGES, REQUESTS + HUGEPAGES)):
        return True
    return name.startswith(REQUESTS) and not is_native(name)


def usage(pod: ApiObject, now: Time) -> Amounts:
    """Return what `pod` uses by the names of quotas."""
    if not isinstance(pod, Pod) or not is_alive(pod, now):
        return {OBJECTS: ONE}
    return {OBJECTS: ONE, **_compute(pod_requests(pod), pod_limits(pod))}


def is_alive(pod: Pod, now: Time) -> bool:
    """Tell whether `pod` uses anything: it has not ended, and the time it was given to go is not over twice."""
    if pod.status.phase in ("Failed", "Succeeded"):
        return False
    meta = pod.metadata
    if meta.deletion_timestamp is None or meta.deletion_grace_period_seconds is None:
        return True
    return now <= meta.deletion_timestamp + meta.deletion_grace_period_seconds


def _compute(requests: Mapping[str, Quantity], limits: Mapping[str, Quantity]) -> dict[str, Quantity]:
    used = {"pods": ONE}
    for name in _NATIVE:
        if name in requests:
            used[name] = used[REQUESTS + name] = requests[name]
        if name in limits:
            used[LIMITS + name] = limits[name]
    for name, amount in requests.items():
        if name.startswith(HUGEPAGES):
            used[name] = used[REQUESTS + name] = amount
        elif name not in _NATIVE and not is_native(name):
            used[REQUESTS + name] = amount
    return used


def lacks(pod: ApiObject, names: frozenset[str]) -> str:
    """Say which containers do not state what of `names` they must, unless the pod as a whole states anything."""
    demanded = names & _DEMANDED
    if not isinstance(pod, Pod) or not demanded or _stands_for_all(pod):
        return ""
    missing: dict[str, set[str]] = {}
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        for name in demanded.difference(_stated(container)):
            missing.setdefault(name, set()).add(container.name)
    said = "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))
    return f"must specify {said}" if said else ""


def _stated(container: Container) -> Amounts:
    return _compute(container.resources.requests, container.resources.limits)


def _stands_for_all(pod: Pod) -> bool:
    resources = pod.spec.resources
    return resources is not None and any(map(is_pod_level_resource, (*resources.requests, *resources.limits)))


def in_scope(pod: ApiObject, requirement: ScopedResourceSelectorRequirement) -> bool:
    """Tell whether `pod` is what a scope of a quota is about."""
    if not isinstance(pod, Pod):
        return False
    scope = requirement.scope_name
    if scope.endswith("Terminating"):
        return is_terminating(pod) is (scope == "Terminating")
    if scope.endswith("BestEffort"):
        return (pod_qos(pod) == "BestEffort") is (scope == "BestEffort")
    if scope == "PriorityClass":
        return _of_class(pod.spec.priority_class_name, requirement)
    return scope == "CrossNamespacePodAffinity" and _looks_elsewhere(pod)


def is_terminating(pod: ApiObject) -> bool:
    """Tell whether `pod` is to end by itself after a time."""
    return isinstance(pod, Pod) and pod.spec.active_deadline_seconds is not None


def _of_class(name: str, requirement: ScopedResourceSelectorRequirement) -> bool:
    match requirement.operator:
        case "In":
            return name in requirement.values
        case "NotIn":
            return name not in requirement.values
        case "DoesNotExist":
            return not name
    return bool(name)


def _looks_elsewhere(pod: Pod) -> bool:
    """Tell whether a rule of affinity looks at pods of other namespaces."""
    affinity = pod.spec.affinity
    if affinity is None:
        return False
    terms = (*_terms(affinity.pod_affinity), *_terms(affinity.pod_anti_affinity))
    return any(term.namespaces or term.namespace_selector is not None for term in terms)


def _terms(rules: PodAffinity | PodAntiAffinity | None) -> tuple[PodAffinityTerm, ...]:
    if rules is None:
        return ()
    preferred = rules.preferred_during_scheduling_ignored_during_execution
    return (*rules.required_during_scheduling_ignored_during_execution, *(one.pod_affinity_term for one in preferred))


def _charged(new: ApiObject, old: ApiObject) -> bool:
    """Tell whether an update moves the pod into another scope."""
    return is_terminating(new) is not is_terminating(old)


PODS = Evaluator(kind="Pod", counts=counts, usage=usage, in_scope=in_scope, lacks=lacks, charged=_charged)
