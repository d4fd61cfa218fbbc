"""What ConfigMaps and Secrets share: sizes, and data that never changes once `immutable` is set.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, forbidden

MAX_BYTES = 1024 * 1024
_FROZEN = "field is immutable when `immutable` is set"


def base64_length(text: str) -> int:
    """Return how many bytes a text in base64 stands for."""
    return len(text) // 4 * 3 - text[-2:].count("=")


def frozen_data(new: Wire, old: Wire, *fields: str) -> Errors:
    """Yield the errors of a change of `fields`, or of `immutable` itself, when the old object is immutable."""
    if not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield forbidden("immutable", _FROZEN)
    for field in fields:
        if (new.get(field) or {}) != (old.get(field) or {}):
            yield forbidden(field, _FROZEN)
