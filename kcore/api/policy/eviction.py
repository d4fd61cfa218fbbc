"""Eviction: a request to delete a pod if its budgets allow it.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/policy/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.meta.deleteoptions import DeleteOptions
from kcore.api.object import ApiObject


@attrs.frozen(kw_only=True, cache_hash=True)
class Eviction(ApiObject):
    """The pod is that of the metadata's name."""

    delete_options: DeleteOptions | None = None
