"""Taint and Toleration: what keeps pods off a node, and which pods it does not keep off.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class Taint(Struct):
    """A mark on a node: `effect` is NoSchedule, PreferNoSchedule or NoExecute; `time_added` is seconds since 1970."""

    key: str = wire(default="", always=True)
    value: str = ""
    effect: str = wire(default="", always=True)
    time_added: Time | None = None


@attrs.frozen(kw_only=True, cache_hash=True)
class Toleration(Struct):
    """What a pod bears: no key means every taint, no effect every effect; `toleration_seconds` unset means for good."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None
