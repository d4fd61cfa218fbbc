"""References from one object to another, by name.

Models all fields of each.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.struct import Struct, wire


@attrs.frozen(kw_only=True, cache_hash=True)
class LocalObjectReference(Struct):
    """An object in the same namespace, of a kind that the field implies."""

    name: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class ObjectReference(Struct):
    """Any object; `field_path` points into it."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""
    resource_version: str = ""
    field_path: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class SecretReference(Struct):
    """A Secret in any namespace."""

    name: str = ""
    namespace: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class TypedLocalObjectReference(Struct):
    """An object of any kind in the same namespace."""

    api_group: str | None = None
    kind: str = wire(default="", always=True)
    name: str = wire(default="", always=True)


@attrs.frozen(kw_only=True, cache_hash=True)
class TypedObjectReference(Struct):
    """An object of any kind; without a namespace it is in the referrer's own."""

    api_group: str | None = None
    kind: str = wire(default="", always=True)
    name: str = wire(default="", always=True)
    namespace: str | None = None
