"""Whether a cron schedule can be read, in the words of the parser that upstream uses.

Models the standard form of five fields, names of months and days, and descriptors (`@hourly`, `@every 90m`). When a
schedule fires is not asked here.

Upstream: https://github.com/robfig/cron/blob/v3.0.1/parser.go
"""

from __future__ import annotations

import re

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_DAYS = "sun mon tue wed thu fri sat"
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: i for i, name in enumerate(_MONTHS.split(), start=1)}),
    (0, 6, {name: i for i, name in enumerate(_DAYS.split())}),
)
"""Least and most of each field, and its names."""

_DESCRIPTORS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_DURATION = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")


def schedule_error(schedule: str) -> str:
    """Return what is wrong with `schedule`, "" when nothing is."""
    if schedule.startswith("@"):
        return _descriptor_error(schedule)
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        return f"expected exactly {len(_FIELDS)} fields, found {len(fields)}: [{' '.join(fields)}]"
    for field, bounds in zip(fields, _FIELDS, strict=True):
        for expression in filter(None, field.split(",")):
            if error := _range_error(expression, *bounds):
                return error
    return ""


def _descriptor_error(schedule: str) -> str:
    if schedule in _DESCRIPTORS:
        return ""
    if not schedule.startswith("@every "):
        return f"unrecognized descriptor: {schedule}"
    duration = schedule.removeprefix("@every ")
    known = _DURATION.fullmatch(duration)
    return "" if known else f'failed to parse duration {schedule}: time: invalid duration "{duration}"'


def _range_error(expression: str, least: int, most: int, names: dict[str, int]) -> str:
    span, *steps = expression.split("/")
    ends = span.split("-")
    if len(steps) > 1:
        return f"too many slashes: {expression}"
    if len(ends) > 2:
        return f"too many hyphens: {expression}"
    start, end = least, most
    if ends[0] not in ("*", "?"):
        for text in ends:
            if text.lower() not in names and not re.fullmatch("[+-]?[0-9]+", text):
                return f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax'
        numbers = [names[text.lower()] if text.lower() in names else int(text) for text in ends]
        if min(numbers) < 0:
            return f"negative number ({min(numbers)}) not allowed: {expression}"
        start = numbers[0]
        end = numbers[-1] if len(ends) == 2 or not steps else most
    return _bounds_error(expression, (start, end), (least, most), steps)


def _bounds_error(expression: str, span: tuple[int, int], bounds: tuple[int, int], steps: list[str]) -> str:
    (start, end), (least, most) = span, bounds
    if steps and not re.fullmatch("[0-9]+", steps[0]):
        return f'failed to parse int from {steps[0]}: strconv.Atoi: parsing "{steps[0]}": invalid syntax'
    if start < least:
        return f"beginning of range ({start}) below minimum ({least}): {expression}"
    if end > most:
        return f"end of range ({end}) above maximum ({most}): {expression}"
    if start > end:
        return f"beginning of range ({start}) beyond end of range ({end}): {expression}"
    if steps and int(steps[0]) == 0:
        return f"step of range should be a positive number: {expression}"
    return ""
