"""Cron schedules: what can be read, and when they fire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.cron import NEVER, parse_standard
from kcore.api.times import format_time, parse_time
from kcore.api.timezones import load


def fires(schedule, after, count=1):
    """The next times of a schedule."""
    parsed, times, time = parse_standard(schedule), [], parse_time(after)
    for _ in range(count):
        time = parsed.next(time)
        times.append("never" if time == NEVER else format_time(time))
    return times


@pytest.mark.parametrize(
    ("schedule", "error"),
    [
        pytest.param("", "empty spec string", id="nothing"),
        pytest.param("* * * *", r"expected exactly 5 fields, found 4: \[\* \* \* \*\]", id="a field too few"),
        pytest.param("60 * * * *", r"end of range \(60\) above maximum \(59\): 60", id="no minute 60"),
        pytest.param("* * * * 7", r"end of range \(7\) above maximum \(6\): 7", id="Sunday is 0"),
        pytest.param("* * 0 * *", r"beginning of range \(0\) below minimum \(1\): 0", id="no day 0"),
        pytest.param("5-1 * * * *", r"beginning of range \(5\) beyond end of range \(1\): 5-1", id="a range backwards"),
        pytest.param("*/0 * * * *", r"step of range should be a positive number: \*/0", id="no step"),
        pytest.param("*/-1 * * * *", r"negative number \(-1\) not allowed: -1", id="a step backwards"),
        pytest.param("1/2/3 * * * *", "too many slashes: 1/2/3", id="a slash too many"),
        pytest.param("1-2-3 * * * *", "too many hyphens: 1-2-3", id="a hyphen too many"),
        pytest.param("x * * * *", 'failed to parse int from x: .*parsing "x": invalid syntax', id="no number"),
        pytest.param("@never", "unrecognized descriptor: @never", id="no descriptor"),
        pytest.param("@every day", 'parse duration @every day: time: invalid duration "day"', id="no duration"),
        pytest.param("TZ=Nope/Zone @daily", "provided bad location Nope/Zone: unknown time zone", id="no zone"),
    ],
)
def test_a_schedule_that_cannot_be_read(schedule, error):
    """The parser's own words say why."""
    with pytest.raises(ValueError, match=error):
        parse_standard(schedule)


@pytest.mark.parametrize(
    ("schedule", "after", "times"),
    [
        pytest.param("* * * * *", "2026-01-01T00:00:30Z", ["2026-01-01T00:01:00Z"], id="each full minute"),
        pytest.param("*/20 * * * *", "2026-01-01T00:20:00Z", ["2026-01-01T00:40:00Z"], id="a step"),
        pytest.param("7/20 * * * *", "2026-01-01T00:20:00Z", ["2026-01-01T00:27:00Z"], id="a step from a start"),
        pytest.param("0 0 1 jan-mar *", "2026-03-02T00:00:00Z", ["2027-01-01T00:00:00Z"], id="names of months"),
        pytest.param("0 0 13 * fri", "2026-01-01T00:00:00Z", ["2026-01-02T00:00:00Z"], id="a day or a weekday"),
        pytest.param("0 0 */1 * fri", "2026-01-03T00:00:00Z", ["2026-01-09T00:00:00Z"], id="a star and a weekday"),
        pytest.param("0 0 */2 * fri", "2026-01-02T00:00:00Z", ["2026-01-03T00:00:00Z"], id="a step is no star"),
        pytest.param("0 0 29 2 *", "2026-01-01T00:00:00Z", ["2028-02-29T00:00:00Z"], id="a leap day"),
        pytest.param("0 0 31 2 *", "2026-01-01T00:00:00Z", ["never"], id="a day that does not exist"),
        pytest.param("@weekly", "2026-01-01T00:00:00Z", ["2026-01-04T00:00:00Z"], id="Sunday"),
        pytest.param("@every 1h30m", "2026-01-01T00:00:10Z", ["2026-01-01T01:30:10Z"], id="a period"),
        pytest.param("@every 10ms", "2026-01-01T00:00:00Z", ["2026-01-01T00:00:01Z"], id="a second at least"),
        pytest.param(
            "TZ=Asia/Kolkata 30 9 * * *", "2026-01-01T00:00:00Z", ["2026-01-01T04:00:00Z"], id="half an hour's zone"
        ),
        pytest.param(
            "TZ=Europe/Berlin 30 2 * * *",
            "2026-03-28T12:00:00Z",
            ["2026-03-30T00:30:00Z"],
            id="an hour that is skipped puts it off by a day",
        ),
        pytest.param(
            "TZ=Europe/Berlin 30 2 * * *",
            "2026-10-24T12:00:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
            id="an hour that comes twice fires twice",
        ),
    ],
)
def test_a_schedule_fires(schedule, after, times):
    """As the library that Kubernetes uses does, at changes of the clocks too."""
    assert fires(schedule, after, len(times)) == times


ZONES = st.sampled_from(["UTC", "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"])
SCHEDULES = st.builds(
    "TZ={} {} {} * * {}".format,
    ZONES,
    st.integers(0, 59),
    st.sampled_from(["*", "*/6", "3"]),
    st.sampled_from(["*", "1-5"]),
)


@given(SCHEDULES, st.integers(1_500_000_000, 2_500_000_000))
def test_a_next_time_is_a_time_of_the_schedule_and_the_first(schedule, after):
    """It is later, its clocks show what the schedule asks for, and from just before it, it is the next one."""
    parsed = parse_standard(schedule)
    time = parsed.next(after)

    shown = parsed.zone.local(time)
    assert time > after
    assert (shown // 60 % 60, shown % 60) == (min(parsed.minute.values), 0)
    assert shown // 3600 % 24 in parsed.hour.values
    assert parsed.next(time - 1) == time


@given(ZONES, st.integers(0, 4_000_000_000))
def test_an_instant_comes_back_from_its_clocks(name, time):
    """But in the hour that comes twice, where it may be the other one of that reading."""
    zone = load(name)

    again = zone.instant(zone.local(time))

    assert zone.local(again) == zone.local(time)
    assert abs(again - time) <= 3600
