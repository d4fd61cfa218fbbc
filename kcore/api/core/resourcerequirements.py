"""ResourceList and what asks for one: the requests and limits of containers, pods and claims.

Models requests and limits. Claims on dynamic resources ride along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.quantity import Quantity
from kcore.api.struct import Struct, wire

ResourceList: TypeAlias = FrozenMap[Quantity]
"""Amounts by resource name: cpu in cores, memory and storage in bytes, pods and extended resources as counts."""


@attrs.frozen(kw_only=True, cache_hash=True)
class ResourceRequirements(Struct):
    """What a container or a pod is promised (`requests`) and held to (`limits`)."""

    limits: ResourceList = EMPTY
    requests: ResourceList = EMPTY


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeResourceRequirements(Struct):
    """The size that a claim asks for, under `storage`, in bytes."""

    limits: ResourceList = EMPTY
    requests: ResourceList = EMPTY


@attrs.frozen(kw_only=True, cache_hash=True)
class ContainerResizePolicy(Struct):
    """Whether a change of one resource restarts the container: NotRequired or RestartContainer."""

    resource_name: str = wire(default="", always=True)
    restart_policy: str = wire(default="", always=True)


NO_RESOURCES = ResourceRequirements()
NO_VOLUME_RESOURCES = VolumeResourceRequirements()
