"""Reading schedules, in the words of the library that Kubernetes uses.

Models the standard form of five fields with lists, ranges, steps, stars, question marks and names of months and days,
the descriptors (`@hourly`, `@every 90m`), and a zone before it (`TZ=Europe/Berlin 0 4 * * *`).

Upstream: https://github.com/robfig/cron/blob/v3.0.1/parser.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from kcore.api.cron.spec import Every, Field, Schedule, SpecSchedule
from kcore.api.timezones import UTC, TimeZone, load


class Bounds(NamedTuple):
    """The least and the most of a field, and its names."""

    least: int
    most: int
    names: Mapping[str, int] = {}


def _named(words: str, first: int) -> Mapping[str, int]:
    return {word: number for number, word in enumerate(words.split(), start=first)}


MINUTES = Bounds(0, 59)
HOURS = Bounds(0, 23)
DOM = Bounds(1, 31)
MONTHS = Bounds(1, 12, _named("jan feb mar apr may jun jul aug sep oct nov dec", 1))
DOW = Bounds(0, 6, _named("sun mon tue wed thu fri sat", 0))

_FIELDS = (MINUTES, HOURS, DOM, MONTHS, DOW)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
_TERM = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_ZONE = re.compile(r"(?:CRON_)?TZ=([^ ]*) ?(.*)", re.DOTALL)


@lru_cache(maxsize=1024)
def parse_standard(text: str) -> Schedule:
    """Return the schedule that `text` describes; ValueError says what is wrong with it."""
    if not text:
        raise ValueError("empty spec string")
    zone = UTC
    prefixed = _ZONE.fullmatch(text)
    if prefixed:
        found = load(prefixed[1])
        if found is None:
            raise ValueError(f"provided bad location {prefixed[1]}: unknown time zone {prefixed[1]}")
        zone, text = found, prefixed[2].strip()
    if text.startswith("@"):
        return _descriptor(text, zone)
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"expected exactly {len(_FIELDS)} fields, found {len(fields)}: [{' '.join(fields)}]")
    return _schedule(fields, zone)


def _schedule(fields: list[str], zone: TimeZone) -> SpecSchedule:
    minute, hour, dom, month, dow = (_field(text, bounds) for text, bounds in zip(fields, _FIELDS, strict=True))
    return SpecSchedule(minute=minute, hour=hour, dom=dom, month=month, dow=dow, zone=zone)


def _descriptor(text: str, zone: TimeZone) -> Schedule:
    if text in _DESCRIPTORS:
        return _schedule(_DESCRIPTORS[text].split(), zone)
    if not text.startswith("@every "):
        raise ValueError(f"unrecognized descriptor: {text}")
    duration = text.removeprefix("@every ")
    if not _DURATION.fullmatch(duration):
        raise ValueError(f'failed to parse duration {text}: time: invalid duration "{duration}"')
    total = sum((Fraction(number) * _UNITS[unit] for number, unit in _TERM.findall(duration)), Fraction(0))
    return Every(delay=max(int(-total if duration.startswith("-") else total), 1))


def _field(text: str, bounds: Bounds) -> Field:
    """Return what a field allows: the ranges of its list together."""
    ranges = [_range(expression, bounds) for expression in text.split(",") if expression]
    return Field(frozenset().union(*(one.values for one in ranges)), any(one.star for one in ranges))


def _range(expression: str, bounds: Bounds) -> Field:
    """Return what one of `*`, `?`, `N`, `N-M` allows, each perhaps with `/STEP`."""
    span, *steps = expression.split("/")
    ends = span.split("-")
    star = ends[0] in ("*", "?")
    start, end = (bounds.least, bounds.most) if star else _ends(ends, bounds, expression)
    step = 1
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {expression}")
    if steps:
        step = _integer(steps[0])
        end = bounds.most if len(ends) == 1 else end
        star = star and step <= 1
    if start < bounds.least:
        raise ValueError(f"beginning of range ({start}) below minimum ({bounds.least}): {expression}")
    if end > bounds.most:
        raise ValueError(f"end of range ({end}) above maximum ({bounds.most}): {expression}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {expression}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {expression}")
    return Field(frozenset(range(start, end + 1, step)), star)


def _ends(ends: list[str], bounds: Bounds, expression: str) -> tuple[int, int]:
    start = _integer_or_name(ends[0], bounds)
    if len(ends) > 2:
        raise ValueError(f"too many hyphens: {expression}")
    return start, start if len(ends) == 1 else _integer_or_name(ends[1], bounds)


def _integer_or_name(text: str, bounds: Bounds) -> int:
    name = text.lower()
    return bounds.names[name] if name in bounds.names else _integer(text)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    number = int(text)
    if number < 0:
        raise ValueError(f"negative number ({number}) not allowed: {text}")
    return number


_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""The descriptors, each with the fields that mean the same."""
