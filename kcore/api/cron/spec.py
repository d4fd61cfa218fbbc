"""Schedules: when the next time is that minute, hour, day, month and weekday allow.

Models the search of the library that Kubernetes uses, step by step and with its ways at changes of the clocks: an hour
that is skipped may put a time off to the next day that has it, and one that comes twice may fire twice. Day of month
and weekday must both match if either is a star, else one of them is enough. Nothing is found beyond five years.

Own code, as no library does the same: those of Python fire by other rules about stars, steps and changes of the clocks,
and bring a clock along.

Upstream: https://github.com/robfig/cron/blob/v3.0.1/spec.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import attrs

from kcore.api.times import civil, days_of
from kcore.api.timezones import UTC, TimeZone
from kcore.api.timezones.zone import weekday

NEVER = -62_135_596_800
"""The time that Go has where there is none, the beginning of the year 1: what a schedule says that never fires."""

YEARS = 5
"""How many years ahead a schedule is searched."""

MINUTE, HOUR, DAY = 60, 3600, 86400


class Field(NamedTuple):
    """The values that a field allows, and whether it is a star."""

    values: frozenset[int]
    star: bool


@attrs.frozen(kw_only=True)
class Every:
    """Fires each `delay` seconds, counted from the time that is asked about."""

    delay: int

    def next(self, time: int) -> int:
        """Return the first time after `time`, in seconds since 1970."""
        return time + self.delay


@attrs.frozen(kw_only=True)
class SpecSchedule:
    """Fires at the full minutes that all fields allow on the clocks of `zone`."""

    minute: Field
    hour: Field
    dom: Field
    month: Field
    dow: Field
    zone: TimeZone = UTC

    def next(self, time: int) -> int:
        """Return the first time after `time`, in seconds since 1970; NEVER when there is none within five years."""
        clock = Clock(self.zone, time + 1)
        limit = clock.year + YEARS
        begun = False
        while clock.year <= limit:
            for fits, begin, step, wrapped in _UNITS:
                while not fits(self, clock):
                    clock = step(clock if begun else begin(clock))
                    begun = True
                    if wrapped(clock):
                        break
                else:
                    continue
                break
            else:
                return clock.time
        return NEVER


Schedule: TypeAlias = SpecSchedule | Every
"""Anything that has a next time."""


class Clock:
    """What the clocks of `zone` show at `time`, seconds since 1970."""

    __slots__ = ("day", "hour", "minute", "month", "second", "time", "weekday", "year", "zone")

    def __init__(self, zone: TimeZone, time: int) -> None:
        """Read the clocks."""
        self.zone = zone
        self.time = time
        days, seconds = divmod(zone.local(time), DAY)
        self.year, self.month, self.day = civil(days)
        self.weekday = weekday(days)
        self.hour, rest = divmod(seconds, HOUR)
        self.minute, self.second = divmod(rest, MINUTE)

    def at(self, days: int, seconds: int) -> Clock:
        """Return the clocks when they show so many `seconds` of the day `days` after 1970-01-01."""
        return Clock(self.zone, self.zone.instant(days * DAY + seconds))

    def plus(self, seconds: int) -> Clock:
        """Return the clocks so many seconds later."""
        return Clock(self.zone, self.time + seconds)

    @property
    def days(self) -> int:
        """The date, as days since 1970-01-01."""
        return days_of(self.year, self.month, self.day)

    @property
    def seconds(self) -> int:
        """The time of the day, s."""
        return (self.hour * 60 + self.minute) * 60 + self.second


def _day_matches(schedule: SpecSchedule, clock: Clock) -> bool:
    dom, dow = clock.day in schedule.dom.values, clock.weekday in schedule.dow.values
    return dom and dow if schedule.dom.star or schedule.dow.star else dom or dow


def _next_month(clock: Clock) -> Clock:
    """Return the same day and time of the next month; days that it lacks run over into the one after."""
    year, month = (clock.year + 1, 1) if clock.month == 12 else (clock.year, clock.month + 1)
    return clock.at(days_of(year, month, 1) + clock.day - 1, clock.seconds)


def _next_day(clock: Clock) -> Clock:
    """Return midnight of the next day, or what stands for it where the clocks change about then."""
    later = clock.at(clock.days + 1, clock.seconds)
    if later.hour > 12:
        return later.plus((24 - later.hour) * HOUR)
    return later.plus(-later.hour * HOUR) if later.hour else later


Fits: TypeAlias = Callable[[SpecSchedule, Clock], bool]
Step: TypeAlias = Callable[[Clock], Clock]
Wrapped: TypeAlias = Callable[[Clock], bool]

_UNITS: tuple[tuple[Fits, Step, Step, Wrapped], ...] = (
    (
        lambda schedule, clock: clock.month in schedule.month.values,
        lambda clock: clock.at(days_of(clock.year, clock.month, 1), 0),
        _next_month,
        lambda clock: clock.month == 1,
    ),
    (_day_matches, lambda clock: clock.at(clock.days, 0), _next_day, lambda clock: clock.day == 1),
    (
        lambda schedule, clock: clock.hour in schedule.hour.values,
        lambda clock: clock.at(clock.days, clock.hour * HOUR),
        lambda clock: clock.plus(HOUR),
        lambda clock: clock.hour == 0,
    ),
    (
        lambda schedule, clock: clock.minute in schedule.minute.values,
        lambda clock: clock.plus(-(clock.time % MINUTE)),
        lambda clock: clock.plus(MINUTE),
        lambda clock: clock.minute == 0,
    ),
    (
        lambda schedule, clock: clock.second == 0,
        lambda clock: clock,
        lambda clock: clock.plus(MINUTE - clock.second),
        lambda clock: clock.second == 0,
    ),
)
"""Units from the largest: what fits, where the search begins, its step, when it has run over into the next larger."""
