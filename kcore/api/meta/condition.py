"""Condition: one observed aspect of an object, as the status of almost every kind carries it.

Models the union of the fields that the kinds' own condition types have; a kind leaves unset what its type lacks.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.struct import Struct, wire
from kcore.api.times import Time


@attrs.frozen(kw_only=True, cache_hash=True)
class Condition(Struct):
    """One condition: `status` is True, False or Unknown; times are seconds since 1970."""

    type: str = wire(default="", always=True)
    status: str = wire(default="", always=True)
    observed_generation: int = 0
    last_probe_time: Time | None = None
    last_heartbeat_time: Time | None = None
    last_update_time: Time | None = None
    last_transition_time: Time | None = None
    reason: str = ""
    message: str = ""
