"""TimeZone: how far the clocks of a place are from UTC, and since when and until when.

Models the changes of the IANA database since 1970 and the rule that goes on after the last of them, the conversion of
an instant to the local clock, and back as Go does it: a time that the clocks skip or show twice is taken with the
offset that was in force before, or else the one after.

Does not model leap seconds, abbreviations, and what was before 1970.

The table is read here and not with the library's zoneinfo, as the pure floors have neither clock nor files, and as the
machine's own database differs from machine to machine.

Upstream: https://github.com/golang/go/blob/go1.25.0/src/time/zoneinfo.go
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import attrs

from kcore.api.times import civil, days_of, month_length
from kcore.api.timezones.table import ZONES

DAY = 86400
EVER = 2**62
"""Later than any time, and as a negative number earlier: s."""


class Span(NamedTuple):
    """From `start` to before `end`, seconds since 1970, the clocks are `offset` seconds ahead of UTC."""

    offset: int
    start: int
    end: int


class Change(NamedTuple):
    """A day of each year: the weekday (0: Sunday) of the week (5: the last) of a month, `time` s after midnight."""

    month: int
    week: int
    weekday: int
    time: int

    def in_year(self, year: int) -> int:
        """Return the local seconds since 1970 in that year."""
        first = days_of(year, self.month, 1)
        day = (self.weekday - weekday(first)) % 7 + 7 * (self.week - 1)
        if day >= month_length(year, self.month):
            day -= 7
        return (first + day) * DAY + self.time


@attrs.frozen
class Rule:
    """What goes on for ever: the `standard` offset, and the `daylight` one between `begins` and `ends`."""

    standard: int
    daylight: int = 0
    begins: Change | None = None
    ends: Change | None = None

    def changes(self, year: int) -> Iterator[tuple[int, int]]:
        """Yield (since when, offset) of the changes in the year."""
        if self.begins is not None and self.ends is not None:
            yield self.begins.in_year(year) - self.standard, self.daylight
            yield self.ends.in_year(year) - self.daylight, self.standard


@attrs.frozen
class TimeZone:
    """A zone: `offsets` hold each from the time in `since` on, the first since ever; then the `rule` does."""

    name: str
    since: tuple[int, ...] = (-EVER,)
    offsets: tuple[int, ...] = (0,)
    rule: Rule = Rule(0)

    def span(self, time: int) -> Span:
        """Return the offset in force at `time` (seconds since 1970), and since and until when it is."""
        at = bisect_right(self.since, time) - 1
        if at + 1 < len(self.since):
            return Span(self.offsets[at], self.since[at], self.since[at + 1])
        if self.rule.begins is None:
            return Span(self.offsets[at], self.since[at], EVER)
        changes = [(self.since[at], self.offsets[at]), *self._later(time), (EVER, 0)]
        nth = bisect_right([since for since, _ in changes], time) - 1
        return Span(changes[nth][1], changes[nth][0], changes[nth + 1][0])

    def _later(self, time: int) -> list[tuple[int, int]]:
        """Return the changes by the rule in the years about `time`, after the last one of the table."""
        year, _, _ = civil(time // DAY)
        around = (change for near in (year - 1, year, year + 1) for change in self.rule.changes(near))
        return sorted(change for change in around if change[0] > self.since[-1])

    def local(self, time: int) -> int:
        """Return what the clocks show at `time`, as if it were seconds of UTC since 1970."""
        return time + self.span(time).offset

    def instant(self, local: int) -> int:
        """Return when the clocks show `local`: the inverse of `local`, as far as there is one."""
        span = self.span(local)
        if not span.offset:
            return local
        time = local - span.offset
        if not span.start <= time < span.end:
            time = local - self.span(time).offset
        return time


UTC = TimeZone("UTC")


@cache
def load(name: str) -> TimeZone | None:
    """Return the zone of that name; None when there is none. "" and "UTC" are UTC, and so is "Local" here."""
    if name in ("", "UTC", "Local"):
        return UTC
    line = _lines().get(name)
    return None if line is None else _read(name, line)


def weekday(days: int) -> int:
    """Return the weekday of the day `days` after 1970-01-01; 0 is Sunday."""
    return (days + 4) % 7


@cache
def _lines() -> Mapping[str, str]:
    """Return what the table says of each zone."""
    lines = (line.split("|", 1) for line in ZONES.strip().splitlines())
    return {name: rest for names, rest in lines for name in names.split()}


def _read(name: str, line: str) -> TimeZone:
    offsets, changes, rule = (part.split() for part in line.split("|"))
    since, used = [-EVER], [int(offsets[0])]
    at = 0
    for change in changes:
        later, which = change.split("=")
        at += int(later, 36)
        since.append(at)
        used.append(int(offsets[int(which)]))
    return TimeZone(name, tuple(since), tuple(used), _rule([int(one) for one in rule]))


def _rule(parts: list[int]) -> Rule:
    if len(parts) == 1:
        return Rule(parts[0])
    return Rule(parts[0], parts[1], Change(*parts[2:6]), Change(*parts[6:10]))
