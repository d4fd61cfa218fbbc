"""Numbers and int-or-percents: ranges, signs and percentages, in the words of the API.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kcore.apiserver.field import Errors, invalid, invalid_each
from kcore.apiserver.validation import names

NEGATIVE = "must be greater than or equal to 0"
NOT_POSITIVE = "must be greater than zero"
_PORT_MAX = 65535
_ID_MAX = 0xFFFFFFFF


def in_range(value: int, low: int, high: int) -> names.Details:
    """Return the detail of a number outside `low` to `high`, nothing for one inside."""
    return [] if low <= value <= high else [f"must be between {low} and {high}, inclusive"]


def port_number(value: int) -> names.Details:
    """Check the number of a port."""
    return in_range(value, 1, _PORT_MAX)


def user_or_group(value: int) -> names.Details:
    """Check the number of a user or a group."""
    return in_range(value, 0, _ID_MAX)


def nonnegative(value: int | None, path: str) -> Errors:
    """Yield the error of a number below zero; None passes."""
    if value is not None and value < 0:
        yield invalid(path, value, NEGATIVE)


def nonnegative_fields(wire: Mapping[str, Any], fields: Iterable[str], path: str) -> Errors:
    """Yield the errors of those `fields` of `wire` that are below zero."""
    for field in fields:
        yield from nonnegative(wire.get(field), f"{path}.{field}")


def port_or_name(value: int | str, path: str) -> Errors:
    """Yield the errors of a reference to a port by number or by name."""
    details = names.port_name(value) if isinstance(value, str) else port_number(value)
    yield from invalid_each(path, value, details)


def nonnegative_or_percent(value: int | str, path: str) -> Errors:
    """Yield the errors of what must be a count or a percentage."""
    if isinstance(value, str):
        yield from invalid_each(path, value, names.percent(value))
    else:
        yield from nonnegative(value, path)


def not_more_than_100_percent(value: int | str, path: str) -> Errors:
    """Yield an error when a well-formed percentage is above 100%."""
    if isinstance(value, str) and not names.percent(value) and int(value[:-1]) > 100:
        yield invalid(path, value, "must not be greater than 100%")


def count_or_percentage(value: int | str | None) -> int:
    """Return the count, the number before "%", or 0 for a string that is neither: what a comparison with 0 looks at."""
    if isinstance(value, str):
        found = re.fullmatch("([+-]?[0-9]+)%?", value)
        return int(found.group(1)) if found else 0
    return value or 0
