"""Conditions of the common form: type, status, reason, message, time.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kcore.apiserver.field import Errors, duplicate, invalid, not_supported, required, too_long
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_name

_STATUSES = ("False", "True", "Unknown")
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_REASON_WORDS = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
    "characters or '_,:', and must end with an alphanumeric character or '_'"
)
_REASON_EXAMPLES = ("my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB")
_REASON_MAX = 1024
_MESSAGE_MAX = 32 * 1024


def conditions(found: Sequence[Mapping[str, Any]], path: str) -> Errors:
    """Yield the errors of a list of conditions, one of each type."""
    seen: set[str] = set()
    for i, condition in enumerate(found):
        kind = condition.get("type", "")
        if kind in seen:
            yield duplicate(f"{path}[{i}].type", kind)
        seen.add(kind)
        yield from _condition(condition, f"{path}[{i}]")


def _condition(condition: Mapping[str, Any], path: str) -> Errors:
    yield from label_name(condition.get("type", ""), f"{path}.type")
    if condition.get("status", "") not in _STATUSES:
        yield not_supported(f"{path}.status", condition.get("status", ""), _STATUSES)
    generation = condition.get("observedGeneration") or 0
    if generation < 0:
        yield invalid(f"{path}.observedGeneration", generation, "must be greater than or equal to zero")
    if not condition.get("lastTransitionTime"):
        yield required(f"{path}.lastTransitionTime", "must be set")
    reason = condition.get("reason", "")
    if not reason:
        yield required(f"{path}.reason", "must be set")
    elif not re.fullmatch(_REASON, reason):
        yield invalid(f"{path}.reason", reason, names.pattern_words(_REASON_WORDS, _REASON, *_REASON_EXAMPLES))
    for field, limit in (("reason", _REASON_MAX), ("message", _MESSAGE_MAX)):
        if names.length(condition.get(field, "")) > limit:
            yield too_long(f"{path}.{field}", limit)
