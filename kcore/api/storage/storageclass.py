"""StorageClass: who makes volumes for claims, and when claims are bound.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/storage/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire

NO_PROVISIONER = "kubernetes.io/no-provisioner"
"""The provisioner of classes whose volumes people make."""

WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"


@attrs.frozen(kw_only=True, cache_hash=True)
class TopologySelectorLabelRequirement(Struct):
    """A node label that has one of these values."""

    key: str = wire(default="", always=True)
    values: tuple[str, ...] = wire(default=(), always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class TopologySelectorTerm(Struct):
    """Node labels that must all match."""

    match_label_expressions: tuple[TopologySelectorLabelRequirement, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class StorageClass(ApiObject):
    """A class: `volume_binding_mode` is Immediate or WaitForFirstConsumer, `reclaim_policy` Delete or Retain."""

    provisioner: str = wire(default="", always=True)
    parameters: FrozenMap[str] = EMPTY
    reclaim_policy: str | None = None
    mount_options: tuple[str, ...] = ()
    allow_volume_expansion: bool | None = None
    volume_binding_mode: str | None = None
    allowed_topologies: tuple[TopologySelectorTerm, ...] = ()
