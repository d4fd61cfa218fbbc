"""The functions that Kubernetes adds to CEL, of lists, strings, patterns and quantities.

Models them as plain functions whose first argument is what stands before the dot. A quantity is its thousandths, so
that two that say the same are equal.

Not modelled: URLs, IP addresses, formats and the authorizer; parts of a quantity smaller than a thousandth.

Upstream: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cel-libraries
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kcore.api.quantity import Quantity, QuantityError

_LETTERS = 26


def _ascii(text: str, first: str, to: str) -> str:
    """Return `text` with the letters from `first` on turned into those from `to` on."""
    return text.translate({ord(first) + at: ord(to) + at for at in range(_LETTERS)})


def _index_of(value: Any, part: Any, start: int = 0) -> int:
    if isinstance(value, str):
        return value.find(part, start)
    return value.index(part) if part in value else -1


def _last_index_of(value: Any, part: Any) -> int:
    if isinstance(value, str):
        return value.rfind(part)
    return len(value) - 1 - value[::-1].index(part) if part in value else -1


def _split(text: str, separator: str, most: int = -1) -> list[str]:
    if most == 0:
        return []
    if not separator:
        return list(text)
    return text.split(separator, most - 1 if most > 0 else -1)


def _find(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found.group() if found else ""


def _find_all(text: str, pattern: str, most: int = -1) -> list[str]:
    found = [one.group() for one in re.finditer(pattern, text)]
    return found if most < 0 else found[:most]


def _milli(text: str) -> int:
    return Quantity.parse(text).milli_value


def _is_quantity(text: Any) -> bool:
    try:
        Quantity.parse(text)
    except (QuantityError, TypeError, AttributeError):
        return False
    return True


def _as_integer(milli: int) -> int:
    if milli % 1000:
        raise ValueError("cannot convert value to integer")
    return milli // 1000


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


LIBRARY: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "isSorted": lambda values: all(one <= other for one, other in itertools.pairwise(values)),
        "sum": sum,
        "min": min,
        "max": max,
        "indexOf": _index_of,
        "lastIndexOf": _last_index_of,
        "charAt": lambda text, at: text[at : at + 1],
        "lowerAscii": lambda text: _ascii(text, "A", "a"),
        "upperAscii": lambda text: _ascii(text, "a", "A"),
        "replace": lambda text, old, new, most=-1: text.replace(old, new, most),
        "split": _split,
        "join": lambda texts, separator="": separator.join(texts),
        "substring": lambda text, start, end=None: text[start:end],
        "trim": lambda text: text.strip(),
        "find": _find,
        "findAll": _find_all,
        "quantity": _milli,
        "isQuantity": _is_quantity,
        "isGreaterThan": lambda one, other: one > other,
        "isLessThan": lambda one, other: one < other,
        "compareTo": lambda one, other: _sign(one - other),
        "add": lambda one, other: one + other,
        "sub": lambda one, other: one - other,
        "sign": _sign,
        "isInteger": lambda milli: milli % 1000 == 0,
        "asInteger": _as_integer,
        "asApproximateFloat": lambda milli: milli / 1000,
    }
)
"""The functions by name."""
