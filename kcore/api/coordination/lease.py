"""Lease: a sign of life, or who leads.

Models all fields but the strategy of coordinated leader election, which rides along.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/coordination/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.object import ApiObject
from kcore.api.struct import Struct
from kcore.api.times import MicroTime


@attrs.frozen(kw_only=True, cache_hash=True)
class LeaseSpec(Struct):
    """The holder and its times, in microseconds since 1970; it holds for `lease_duration_seconds` after a renewal."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: MicroTime | None = None
    renew_time: MicroTime | None = None
    lease_transitions: int | None = None


_NO_SPEC = LeaseSpec()


@attrs.frozen(kw_only=True, cache_hash=True)
class Lease(ApiObject):
    """A lease."""

    spec: LeaseSpec = _NO_SPEC
