"""The text of points in time, held against the standard library's calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.times import MicroTime, Time, format_micro_time, format_time, parse_micro_time, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS_1_TO_9999 = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))  # noqa: DTZ001 - made aware below
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(naive=YEARS_1_TO_9999, offset=OFFSETS)
def test_a_time_is_the_second_it_falls_in(naive, offset):
    """Parsing agrees with the standard library for every date and offset, and drops the fraction."""
    moment = naive.replace(tzinfo=offset)

    assert parse_time(moment.isoformat()) == (moment.replace(microsecond=0) - EPOCH) // timedelta(seconds=1)


@given(naive=YEARS_1_TO_9999)
def test_a_micro_time_is_exact(naive):
    """Parsing and writing microseconds agree with the standard library."""
    moment = naive.replace(tzinfo=UTC)
    text = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    micro = parse_micro_time(text)

    assert micro == (moment - EPOCH) // timedelta(microseconds=1)
    assert format_micro_time(micro) == text


@given(time=st.integers(-62167219200, 253402300799))
def test_writing_and_reading_a_time_gives_it_back(time):
    """Every second of the years 0 to 9999 survives the round trip."""
    assert parse_time(format_time(Time(time))) == time


@given(micro=st.integers(-62167219200_000000, 253402300799_999999))
def test_writing_and_reading_a_micro_time_gives_it_back(micro):
    """Every microsecond of the years 0 to 9999 survives the round trip."""
    assert parse_micro_time(format_micro_time(MicroTime(micro))) == micro


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("1970-01-01T00:00:00Z", 0, id="the epoch is 0"),
        pytest.param("2000-02-29T12:00:00Z", 951825600, id="a year divisible by 400 is a leap year"),
        pytest.param("2000-01-01T01:00:00+01:00", 946684800, id="an offset is subtracted"),
        pytest.param("1969-12-31T23:59:59.9Z", -1, id="a fraction before the epoch rounds down"),
        pytest.param("2000-01-01T1:02:03Z", 946688523, id="an hour may have one digit"),
        pytest.param("2000-01-01T01:02:03,5Z", 946688523, id="a comma may stand before the fraction"),
    ],
)
def test_known_times(text, seconds):
    """Times that Go's parser reads have their known values."""
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("2000-01-01", id="a day without a time"),
        pytest.param("2000-01-01T00:00:00", id="a time without an offset"),
        pytest.param("2000-01-01t00:00:00z", id="small letters"),
        pytest.param("2000-13-01T00:00:00Z", id="a thirteenth month"),
        pytest.param("2001-02-29T00:00:00Z", id="a leap day in a common year"),
        pytest.param("1900-02-29T00:00:00Z", id="a leap day in a common century"),
        pytest.param("2000-01-01T24:00:00Z", id="a twenty-fifth hour"),
        pytest.param("2000-01-01T00:00:60Z", id="a leap second"),
        pytest.param("2000-01-01T00:00:00Z ", id="a blank after the time"),
        pytest.param("２000-01-01T00:00:00Z", id="a digit beyond ASCII"),  # noqa: RUF001 - it is the point
    ],
)
def test_what_is_not_a_time_is_refused(text):
    """A text that names no time is refused with the text in the message."""
    with pytest.raises(ValueError, match=r"time|day") as caught:
        parse_time(text)

    assert repr(text) in str(caught.value)
