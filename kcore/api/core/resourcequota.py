"""ResourceQuota: how much of each resource a namespace may use, and how much it does.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.resourcerequirements import ResourceList
from kcore.api.frozenmap import EMPTY
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class ScopedResourceSelectorRequirement(Struct):
    """A scope, and which of its values count: `operator` is In, NotIn, Exists or DoesNotExist."""

    scope_name: str = wire(default="", always=True)
    operator: str = wire(default="", always=True)
    values: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class ScopeSelector(Struct):
    """Scopes that an object has to match, all of them."""

    match_expressions: tuple[ScopedResourceSelectorRequirement, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class ResourceQuotaSpec(Struct):
    """The most of each resource by name, for the objects that match all scopes."""

    hard: ResourceList = EMPTY
    scopes: tuple[str, ...] = ()
    scope_selector: ScopeSelector | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class ResourceQuotaStatus(Struct):
    """What is enforced, and what is used of it."""

    hard: ResourceList = EMPTY
    used: ResourceList = EMPTY


_NO_SPEC = ResourceQuotaSpec()
_NO_STATUS = ResourceQuotaStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class ResourceQuota(ApiObject):
    """A quota, desired and observed."""

    spec: ResourceQuotaSpec = _NO_SPEC
    status: ResourceQuotaStatus = _NO_STATUS
