"""ContainerStatus: what the kubelet reports of one container.

Models the states, readiness, restarts and what resources it got. Device health, users and volume mounts ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.resourcerequirements import ResourceList, ResourceRequirements
from kcore.api.frozenmap import EMPTY
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerStateWaiting(Struct):
    """Not started yet, or not again; `reason` is such as ContainerCreating or CrashLoopBackOff."""

    reason: str = ""
    message: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerStateRunning(Struct):
    """Running since `started_at`, in seconds since 1970."""

    started_at: Time | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerStateTerminated(Struct):
    """Ended with `exit_code`, by `signal` if that is not 0; times are seconds since 1970."""

    exit_code: int = wire(default=0, always=True)
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: Time | None = None
    finished_at: Time | None = None
    container_id: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerState(Struct):
    """One of three states; none of them means waiting."""

    waiting: ContainerStateWaiting | None = None
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None


_NO_STATE = ContainerState()


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerStatus(Struct):
    """A container's state now, the one before it, and how often it was restarted."""

    name: str = wire(default="", always=True)
    state: ContainerState = _NO_STATE
    last_state: ContainerState = _NO_STATE
    ready: bool = wire(default=False, always=True)
    restart_count: int = wire(default=0, always=True)
    image: str = wire(default="", always=True)
    image_id: str = wire(default="", always=True)
    container_id: str = ""
    started: bool | None = None
    allocated_resources: ResourceList = EMPTY
    resources: ResourceRequirements | None = None
