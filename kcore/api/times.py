"""Points in time as integers, and their RFC 3339 text.

Models `metav1.Time` (whole seconds) as seconds since 1970-01-01T00:00:00Z and `metav1.MicroTime` as microseconds since
then, UTC only on output, as the API server writes them. What Go's parser takes is read, an hour of one digit and a
comma before the fraction too. Leap seconds and years outside 0 to 9999 are not modelled.

The arithmetic is the proleptic Gregorian calendar's, own code because the floors below the command line have no clock
and do not import one.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/time.go
"""

from __future__ import annotations

import re
from typing import NewType

Time = NewType("Time", int)
"""Seconds since 1970-01-01T00:00:00Z."""

MicroTime = NewType("MicroTime", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

_RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MICRO = 1_000_000


def parse_time(text: str) -> Time:
    """Return the second in which the RFC 3339 `text` falls; ValueError when it is not one."""
    return Time(parse_micro_time(text) // _MICRO)


def parse_micro_time(text: str) -> MicroTime:
    """Return the microsecond of the RFC 3339 `text`; ValueError when it is not one."""
    match = _RFC3339.fullmatch(text)
    if not match:
        message = f"{text!r} is not an RFC 3339 time such as 2000-01-31T23:59:59Z"
        raise ValueError(message)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= month_length(year, month) and hour < 24 and minute < 60 and second < 60):
        message = f"{text!r} names a day or hour that does not exist"
        raise ValueError(message)
    fraction = int((match[7] or "0").ljust(6, "0")[:6])
    offset = (int(match[9]) * 60 + int(match[10])) * 60 * (1 if match[8] == "+" else -1) if match[8] else 0
    seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
    return MicroTime(seconds * _MICRO + fraction)


def format_time(time: Time) -> str:
    """Return the RFC 3339 text in UTC, such as 2000-01-31T23:59:59Z."""
    days, rest = divmod(time, 86400)
    year, month, day = civil(days)
    return f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def format_micro_time(time: MicroTime) -> str:
    """Return the RFC 3339 text in UTC with six digits, such as 2000-01-31T23:59:59.000000Z."""
    seconds, micro = divmod(time, _MICRO)
    return f"{format_time(Time(seconds))[:-1]}.{micro:06}Z"


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """Return how many days the month has."""
    return 29 if month == 2 and _leap(year) else _DAYS[month - 1]


def days_of(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a day; years run from March so that the leap day is the last of its year."""
    shifted = year - (month <= 2)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + of_year - 719468


def civil(days: int) -> tuple[int, int, int]:
    """Return year, month and day of the day `days` after 1970-01-01: the inverse of `days_of`."""
    era, of_era = divmod(days + 719468, 146097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return year_of_era + era * 400 + (month <= 2), month, day
