"""PodDisruptionBudget: how many pods may be evicted at once.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/policy/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class PodDisruptionBudgetSpec(Struct):
    """Pods, and how many must stay or may go: a number or a percentage of the expected ones."""

    min_available: int | str | None = None
    selector: LabelSelector | None = None
    max_unavailable: int | str | None = None
    unhealthy_pod_eviction_policy: str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class PodDisruptionBudgetStatus(Struct):
    """What is left of the budget; `disrupted_pods` are evicted but not gone, with the time in seconds since 1970."""

    observed_generation: int = 0
    disrupted_pods: FrozenMap[Time] = EMPTY
    disruptions_allowed: int = wire(default=0, always=True)
    current_healthy: int = wire(default=0, always=True)
    desired_healthy: int = wire(default=0, always=True)
    expected_pods: int = wire(default=0, always=True)
    conditions: tuple[Condition, ...] = ()


_NO_SPEC = PodDisruptionBudgetSpec()
_NO_STATUS = PodDisruptionBudgetStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class PodDisruptionBudget(ApiObject):
    """A budget, desired and observed."""

    spec: PodDisruptionBudgetSpec = _NO_SPEC
    status: PodDisruptionBudgetStatus = _NO_STATUS
