"""Matching: whether what is there has what a spec file says of it.

Models a part for a whole: of a mapping the fields that are named, of a list an element for each that is given, in any
order. Nothing, an empty list or an empty mapping say that there is none. A `*` in a text stands for anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


def difference(expected: object, actual: object, at: str = "") -> str:
    """Return "" where `actual` has what is `expected`, else the first place where it has not: "status.phase: …"."""
    if expected is None or expected in ([], {}):
        return "" if actual in (None, [], {}, "") else f"{at}: {actual!r}, not nothing"
    if isinstance(expected, Mapping):
        return _in_mapping(expected, actual, at)
    if isinstance(expected, list):
        return _in_list(expected, actual, at)
    if isinstance(expected, str) and isinstance(actual, str):
        return "" if matches(expected, actual) else f"{at}: {actual!r}, not {expected!r}"
    same = type(expected) is type(actual) and expected == actual
    return "" if same else f"{at}: {actual!r}, not {expected!r}"


def _in_mapping(expected: Mapping[str, Any], actual: object, at: str) -> str:
    given = actual if isinstance(actual, Mapping) else {}
    parts = (difference(expected[key], given.get(key), f"{at}.{key}".lstrip(".")) for key in expected)
    return next((one for one in parts if one), "")


def _in_list(expected: list[Any], actual: object, at: str) -> str:
    given = actual if isinstance(actual, list) else []
    for one in expected:
        if all(difference(one, each) for each in given):
            return f"{at}: {given!r} has no {one!r}"
    return ""


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text is as a pattern says, in which `*` stands for anything."""
    if "*" not in pattern:
        return pattern == text
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def not_these(patterns: Iterable[str], found: Iterable[str]) -> str:
    """Return "" where each pattern matches something that was found and all of that is matched, else what is not so."""
    wanted, there = list(patterns), sorted(set(found))
    strange = [one for one in there if not any(matches(pattern, one) for pattern in wanted)]
    lacking = [pattern for pattern in wanted if not any(matches(pattern, one) for one in there)]
    if not strange and not lacking:
        return ""
    return f"{', '.join(there) or 'none'}, not {', '.join(wanted) or 'none'}"
