"""Binding: the scheduler's answer, which puts a pod on a node.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.references import ObjectReference
from kcore.api.object import ApiObject

_NO_OBJECT = ObjectReference()


@attrs.frozen(kw_only=True, cache_hash=True)
class Binding(ApiObject):
    """The pod is that of the metadata's name, the node that of `target`."""

    target: ObjectReference = _NO_OBJECT
