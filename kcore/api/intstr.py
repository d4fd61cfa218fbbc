"""IntOrString: a number or a percentage of a total, as in `maxUnavailable: 1` and `maxUnavailable: 25%`.

Models `GetScaledValueFromIntOrPercent`, in floating point as upstream computes it, with its errors. In the objects the
value is a plain `int | str`.

Does not model: the deprecated form that takes "25" without a sign for a percentage.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/intstr/intstr.go
"""

from __future__ import annotations

import json
import math
import re

from kcore.errors import KcoreError

_INTEGER = re.compile(r"([-+]?)0*+([0-9]++)|([-+]?)0++")
_INT64 = range(-(2**63), 2**63)


class IntOrStringError(KcoreError, ValueError):
    """A value that is neither a number nor a percentage; the message is the real one."""


def scaled_value(value: int | str | None, total: int, *, round_up: bool) -> int:
    """Return `value`, or that percentage of `total` rounded up or down; IntOrStringError when it is neither.

    25% of 10 is 3 rounded up and 2 rounded down.
    """
    if value is None:
        raise IntOrStringError("nil value for IntOrString")
    if isinstance(value, int):
        return value
    share = float(_percent(value)) * float(total) / 100
    scaled = math.ceil(share) if round_up else math.floor(share)
    return scaled if scaled in _INT64 else _INT64[0]  # what a float beyond 64 bits becomes


def _percent(text: str) -> int:
    """Return the 25 of "25%"."""
    if not text.endswith("%"):
        raise IntOrStringError("invalid value for IntOrString: invalid type: string is not a percentage")
    digits = text.removesuffix("%")
    match = _INTEGER.fullmatch(digits)
    if match is None:
        raise _invalid(text, digits, "invalid syntax")
    magnitude = match[2] or "0"
    number = int((match[1] or "") + magnitude) if len(magnitude) <= 19 else 2**63
    if number not in _INT64:
        raise _invalid(text, digits, "value out of range")
    return number


def _invalid(text: str, digits: str, why: str) -> IntOrStringError:
    quoted, parsed = json.dumps(text, ensure_ascii=False), json.dumps(digits, ensure_ascii=False)
    return IntOrStringError(
        f"invalid value for IntOrString: invalid value {quoted}: strconv.Atoi: parsing {parsed}: {why}"
    )
