"""Secret: bytes for pods.

Models all fields; bytes stay in base64. `stringData` is text, which the API server moves into `data`.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ApiObject


@attrs.frozen(kw_only=True, cache_hash=True)
class Secret(ApiObject):
    """Bytes in base64 by key; `type` tells which keys there must be."""

    immutable: bool | None = None
    data: FrozenMap[str] = EMPTY
    string_data: FrozenMap[str] = EMPTY
    type: str = ""
