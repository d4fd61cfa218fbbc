"""DaemonSet: one pod on each node that is fit for it.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/apps/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.pod import NO_TEMPLATE, PodTemplateSpec
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class RollingUpdateDaemonSet(Struct):
    """On how many nodes an update may leave no pod available, or add a second; numbers or percentages of the nodes."""

    max_unavailable: int | str | None = None
    max_surge: int | str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DaemonSetUpdateStrategy(Struct):
    """`type` is RollingUpdate or OnDelete."""

    type: str = ""
    rolling_update: RollingUpdateDaemonSet | None = None


_NO_STRATEGY = DaemonSetUpdateStrategy()


@attrs.frozen(kw_only=True, cache_hash=True)
class DaemonSetSpec(Struct):
    """The desired pods; one counts as available when it has been ready for `min_ready_seconds`."""

    selector: LabelSelector | None = None
    template: PodTemplateSpec = NO_TEMPLATE
    update_strategy: DaemonSetUpdateStrategy = _NO_STRATEGY
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DaemonSetStatus(Struct):
    """The observed nodes, as counts: with a pod that ought to be there or not, ready, of the latest template."""

    current_number_scheduled: int = wire(default=0, always=True)
    number_misscheduled: int = wire(default=0, always=True)
    desired_number_scheduled: int = wire(default=0, always=True)
    number_ready: int = wire(default=0, always=True)
    observed_generation: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()


_NO_SPEC = DaemonSetSpec()
_NO_STATUS = DaemonSetStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class DaemonSet(ApiObject):
    """A set of pods, one a node, desired and observed."""

    spec: DaemonSetSpec = _NO_SPEC
    status: DaemonSetStatus = _NO_STATUS
