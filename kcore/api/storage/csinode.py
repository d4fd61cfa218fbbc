"""CSINode: the storage drivers that a node has, and how many volumes of each it takes.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/storage/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class VolumeNodeResources(Struct):
    """How many volumes of one driver a node takes; None for no limit."""

    count: int | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class CSINodeDriver(Struct):
    """A driver, and by which labels it tells places apart."""

    name: str = wire(default="", always=True)
    node_id: str = wire("nodeID", default="", always=True)
    topology_keys: tuple[str, ...] = wire(default=(), always=True)
    allocatable: VolumeNodeResources | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class CSINodeSpec(Struct):
    """The drivers of the node."""

    drivers: tuple[CSINodeDriver, ...] = wire(default=(), always=True)


_NO_SPEC = CSINodeSpec()


@attrs.frozen(kw_only=True, cache_hash=True)
class CSINode(ApiObject):
    """The drivers of the node of the same name."""

    spec: CSINodeSpec = _NO_SPEC
