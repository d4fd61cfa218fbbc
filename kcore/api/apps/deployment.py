"""Deployment: ReplicaSets that follow one another as the template changes.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/apps/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.pod import NO_TEMPLATE, PodTemplateSpec
from kcore.api.meta.condition import Condition
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.object import ApiObject
from kcore.api.struct import Struct


@attrs.frozen(kw_only=True, cache_hash=True)
class RollingUpdateDeployment(Struct):
    """How far a rollout may leave the desired count, in pods or in percent of it."""

    max_unavailable: int | str | None = None
    max_surge: int | str | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DeploymentStrategy(Struct):
    """`type` is RollingUpdate or Recreate."""

    type: str = ""
    rolling_update: RollingUpdateDeployment | None = None


_NO_STRATEGY = DeploymentStrategy()


@attrs.frozen(kw_only=True, cache_hash=True)
class DeploymentSpec(Struct):
    """The desired pods and how to get there; the deadline is in seconds."""

    replicas: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = NO_TEMPLATE
    strategy: DeploymentStrategy = _NO_STRATEGY
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class DeploymentStatus(Struct):
    """The observed pods, as counts."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    terminating_replicas: int | None = None
    conditions: tuple[Condition, ...] = ()
    collision_count: int | None = None


_NO_SPEC = DeploymentSpec()
_NO_STATUS = DeploymentStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class Deployment(ApiObject):
    """A deployment, desired and observed."""

    spec: DeploymentSpec = _NO_SPEC
    status: DeploymentStatus = _NO_STATUS
