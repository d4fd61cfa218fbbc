"""Durations as Go writes them ("6s", "150ms", "1m30s"), in milliseconds.

Upstream: https://pkg.go.dev/time#ParseDuration
"""

from __future__ import annotations

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_UNIT = {"h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}


def parse_duration(text: str | float) -> int:
    """Return the milliseconds of a Go duration ("1m30s", "150ms") or of a number of seconds; ValueError otherwise."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return round(text * 1000)
    if not isinstance(text, str) or not text or _PART.sub("", text):
        message = f"{text!r} is not a duration such as 6s or 1m30s"
        raise ValueError(message)
    return round(sum(float(number) * _UNIT[unit] for number, unit in _PART.findall(text)))
