"""ConfigMap: settings for pods, as text or bytes.

Models all fields; bytes stay in base64.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.object import ApiObject


@attrs.frozen(kw_only=True, cache_hash=True)
class ConfigMap(ApiObject):
    """Texts by key, and bytes in base64 by key; no key is in both."""

    immutable: bool | None = None
    data: FrozenMap[str] = EMPTY
    binary_data: FrozenMap[str] = EMPTY
