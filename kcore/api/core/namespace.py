"""Namespace: the scope of names, emptied before it goes.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject
from kcore.api.struct import Struct


@attrs.frozen(kw_only=True, cache_hash=True)
class NamespaceSpec(Struct):
    """The finalizers of the namespace, which are not those in its metadata."""

    finalizers: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class NamespaceStatus(Struct):
    """`phase` is Active or Terminating; the conditions say what holds a deletion up."""

    phase: str = ""
    conditions: tuple[Condition, ...] = ()


_NO_SPEC = NamespaceSpec()
_NO_STATUS = NamespaceStatus()


@attrs.frozen(kw_only=True, cache_hash=True)
class Namespace(ApiObject):
    """A namespace, desired and observed."""

    spec: NamespaceSpec = _NO_SPEC
    status: NamespaceStatus = _NO_STATUS
