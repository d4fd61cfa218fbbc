"""Cron schedules."""

from __future__ import annotations

import pytest

from kcore.apiserver.validation.cron import schedule_error


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param("* * * * *", id="each minute"),
        pytest.param("0 0 1 1 0", id="numbers"),
        pytest.param("*/5 1-5/2 1,15 jan-mar MON", id="steps, ranges, lists and names"),
        pytest.param("? ? ? ? ?", id="question marks"),
        pytest.param("7/10 * * * *", id="a step from a start"),
        pytest.param("@hourly", id="a descriptor"),
        pytest.param("@every 1h30m", id="a period"),
    ],
)
def test_a_schedule_that_can_be_read(schedule):
    """Nothing is said of it."""
    assert schedule_error(schedule) == ""


@pytest.mark.parametrize(
    ("schedule", "error"),
    [
        pytest.param("* * * *", "expected exactly 5 fields, found 4: [* * * *]", id="a field too few"),
        pytest.param("60 * * * *", "end of range (60) above maximum (59): 60", id="no minute 60"),
        pytest.param("* * * * 7", "end of range (7) above maximum (6): 7", id="Sunday is 0"),
        pytest.param("* * 0 * *", "beginning of range (0) below minimum (1): 0", id="no day 0"),
        pytest.param("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1", id="a range backwards"),
        pytest.param("*/0 * * * *", "step of range should be a positive number: */0", id="no step"),
        pytest.param("1/2/3 * * * *", "too many slashes: 1/2/3", id="a slash too many"),
        pytest.param("1-2-3 * * * *", "too many hyphens: 1-2-3", id="a hyphen too many"),
        pytest.param(
            "x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax', id="no number"
        ),
        pytest.param("@never", "unrecognized descriptor: @never", id="no descriptor"),
        pytest.param(
            "@every day", 'failed to parse duration @every day: time: invalid duration "day"', id="no duration"
        ),
    ],
)
def test_a_schedule_that_cannot_be_read(schedule, error):
    """The parser's own words say why."""
    assert schedule_error(schedule) == error
