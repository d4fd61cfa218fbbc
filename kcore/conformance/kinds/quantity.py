"""Quantities: parsed, compared, added, subtracted, multiplied.

Input: `op` (parse, cmp, add, sub, mul), `a`, `b` and the integer `n`. Says canonical and recomputed text, format,
value, value in thousandths and sign.
"""

from __future__ import annotations

from typing import Any

from kcore.api.quantity import Quantity, QuantityError


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real quantity would give for `case`."""
    try:
        return _OPERATIONS[case["op"]](case)
    except QuantityError as problem:
        return {"ok": False, "error": str(problem)}


def _parse(case: dict[str, Any]) -> dict[str, Any]:
    return _shown(Quantity.parse(case["a"]))


def _cmp(case: dict[str, Any]) -> dict[str, Any]:
    order = Quantity.parse(case["a"]).cmp(Quantity.parse(case["b"]))
    return {"ok": True, "cmp": order, "equal": order == 0}


def _add(case: dict[str, Any]) -> dict[str, Any]:
    return _shown(Quantity.parse(case["a"]) + Quantity.parse(case["b"]))


def _sub(case: dict[str, Any]) -> dict[str, Any]:
    return _shown(Quantity.parse(case["a"]) - Quantity.parse(case["b"]))


def _mul(case: dict[str, Any]) -> dict[str, Any]:
    product, exact = Quantity.parse(case["a"]).times(case["n"])
    return {"result": _shown(product), "exact": exact}


def _shown(quantity: Quantity) -> dict[str, Any]:
    return {
        "ok": True,
        "canonical": quantity.canonical,
        "recomputed": quantity.recomputed,
        "format": quantity.format.value,
        "value": quantity.value,
        "milliValue": quantity.milli_value,
        "sign": quantity.sign,
    }


_OPERATIONS = {"parse": _parse, "cmp": _cmp, "add": _add, "sub": _sub, "mul": _mul}
"""What each `op` does."""
