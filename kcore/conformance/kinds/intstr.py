"""Numbers and percentages of a total.

Input: `value` (a number or a text), `total`, `roundUp`. Says the scaled value or the error.
"""

from __future__ import annotations

from typing import Any

from kcore.api.intstr import IntOrStringError, scaled_value


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real code would scale `case` to."""
    try:
        value = scaled_value(case.get("value"), case["total"], round_up=case["roundUp"])
    except IntOrStringError as problem:
        return {"ok": False, "error": str(problem)}
    return {"ok": True, "value": value}
