"""What holds of HorizontalPodAutoscalers: sizes within bounds, and rest where the load is constant.

Upstream: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscaler
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.pods import going, name
from kcore.invariants.recent import Standing, changes_of
from kcore.machine import Culprits, Finding, leads_to

KIND = "HorizontalPodAutoscaler"
_UPSTREAM = "https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/horizontal.go"
_DOCS = "https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/"


def sizes_within_bounds(state: ClusterState) -> Finding:
    """Tell whether each size that an autoscaler gave of late is within the bounds that it had then."""
    for one in _scaled(state):
        least = 1 if one.spec.min_replicas is None else one.spec.min_replicas
        size = one.status.desired_replicas
        if not least <= size <= one.spec.max_replicas:
            return Culprits(f"the size {size} is not within {least} and {one.spec.max_replicas}", name(one))
    return True


def autoscalers_rest(state: ClusterState) -> Finding:
    """Tell whether each autoscaler that can act has found the size that it asks for."""
    for one in _autoscalers(state):
        status = one.status
        acting = any(each.type == "ScalingActive" and each.status == "True" for each in status.conditions)
        if not acting or status.desired_replicas != status.current_replicas:
            return Culprits(f"it asks for {status.desired_replicas}, and found {status.current_replicas}", name(one))
    return True


def _autoscalers(state: ClusterState) -> Iterator[HorizontalPodAutoscaler]:
    return (one for one in state.store.list(KIND) if isinstance(one, HorizontalPodAutoscaler) and not going(one))


def _scaled(state: ClusterState) -> Iterator[HorizontalPodAutoscaler]:
    """Yield the autoscalers as they were when they said of late that they had given another size."""
    for change in changes_of(state, KIND):
        old, new = change.old, change.new
        if not isinstance(old, HorizontalPodAutoscaler) or not isinstance(new, HorizontalPodAutoscaler):
            continue
        if old.status.last_scale_time != new.status.last_scale_time:
            yield new


def _some_scaled(state: ClusterState) -> Finding:
    return any(True for _ in _scaled(state))


def _restless_and_calm(state: ClusterState) -> Finding:
    """Tell whether an autoscaler still moves, and no fault may happen any more."""
    return not any(state.budget.values()) and autoscalers_rest(state) is not True


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "autoscaled-sizes-within-bounds",
        "A size that a HorizontalPodAutoscaler gives is within its bounds.",
        Standing(sizes_within_bounds, KIND),
        _some_scaled,
        upstream=_UPSTREAM,
    ),
    question(
        "autoscalers-come-to-rest",
        "Under a load that does not change a HorizontalPodAutoscaler finds the size that it asks for.",
        leads_to("autoscalers-come-to-rest", _restless_and_calm, autoscalers_rest),
        _restless_and_calm,
        assumes=("faults and acts of people stop", "the load is constant, and the pods can be had"),
        upstream=f"{_DOCS}#algorithm-details",
    ),
)
