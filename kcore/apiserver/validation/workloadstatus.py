"""The counts in the status of a workload: none below zero, none above all replicas.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kcore.apiserver.field import Errors, invalid
from kcore.apiserver.validation.numbers import nonnegative_fields

_UNBOUNDED = frozenset({"replicas", "unavailableReplicas"})


def workload_status(
    status: Mapping[str, Any], old: Mapping[str, Any], counts: Sequence[str], path: str, ready: str = "readyReplicas"
) -> Errors:
    """Yield the errors of a status with numbers of pods in `counts`; `ready` words what availability is held to."""
    yield from nonnegative_fields(status, ("observedGeneration", *counts, "collisionCount"), path)
    total = status.get("replicas") or 0
    for field in counts:
        count = status.get(field) or 0
        if field not in _UNBOUNDED and count > total:
            yield invalid(f"{path}.{field}", count, "cannot be greater than status.replicas")
    available = status.get("availableReplicas") or 0
    if available > (status.get("readyReplicas") or 0):
        yield invalid(f"{path}.availableReplicas", available, f"cannot be greater than {ready}")
    collisions, before = status.get("collisionCount"), old.get("collisionCount")
    if before is not None and (collisions is None or collisions < before):
        yield invalid(f"{path}.collisionCount", collisions or 0, "cannot be decremented")
