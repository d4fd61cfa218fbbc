"""ObjectMeta and OwnerReference: what every object says of itself.

Models names, uids, revisions, generation, deletion, labels, annotations, owners and finalizers. Managed fields ride
along; the API server reads them where something is applied.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class OwnerReference(Struct):
    """A dependent's pointer to its owner; `controller` marks the one owner that manages it."""

    api_version: str = wire(default="", always=True)
    kind: str = wire(default="", always=True)
    name: str = wire(default="", always=True)
    uid: str = wire(default="", always=True)
    controller: bool | None = None
    block_owner_deletion: bool | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ObjectMeta(Struct):
    """The metadata of an object; times are seconds since 1970, `resource_version` is the decimal text of a revision."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: int | None = None
    labels: FrozenMap[str] = EMPTY
    annotations: FrozenMap[str] = EMPTY
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages this object, if any."""
        for owner in self.owner_references:
            if owner.controller:
                return owner
        return None


EMPTY_META = ObjectMeta()
