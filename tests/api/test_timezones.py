"""Time zones: how far the clocks are from UTC."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kcore.api.times import parse_time
from kcore.api.timezones import UTC, load
from kcore.api.timezones.table import VERSION, ZONES

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("name", "at", "offset"),
    [
        pytest.param("Europe/Berlin", "2026-01-01T00:00:00Z", 3600, id="in winter"),
        pytest.param("Europe/Berlin", "2026-07-01T00:00:00Z", 7200, id="in summer"),
        pytest.param("Europe/Berlin", "1975-07-01T00:00:00Z", 3600, id="before there was a summer time"),
        pytest.param("Europe/Berlin", "2150-07-01T00:00:00Z", 7200, id="when the table has ended and the rule goes on"),
        pytest.param("Europe/Dublin", "2026-01-01T00:00:00Z", 0, id="where winter is the exception"),
        pytest.param("Australia/Lord_Howe", "2026-01-01T00:00:00Z", 39600, id="half an hour of summer"),
        pytest.param("Pacific/Apia", "2011-12-29T00:00:00Z", -36000, id="before a day was left out"),
        pytest.param("Pacific/Apia", "2011-12-31T00:00:00Z", 50400, id="after a day was left out"),
        pytest.param("America/Sao_Paulo", "2026-01-01T00:00:00Z", -10800, id="where summer time was given up"),
        pytest.param("Etc/GMT+5", "2026-01-01T00:00:00Z", -18000, id="a sign that is the other way round"),
        pytest.param("", "2026-01-01T00:00:00Z", 0, id="no name is UTC"),
    ],
)
def test_clocks_are_so_far_from_utc(name, at, offset):
    """By the changes since 1970, and then by the rule."""
    assert load(name).span(parse_time(at)).offset == offset


def test_a_span_is_from_one_change_to_the_next():
    """It says since when and until when its offset is in force."""
    span = load("Europe/Berlin").span(parse_time("2026-07-01T00:00:00Z"))

    assert span.start == parse_time("2026-03-29T01:00:00Z")
    assert span.end == parse_time("2026-10-25T01:00:00Z")


def test_a_zone_that_nobody_knows_is_none():
    """And so is a known one in other letters."""
    assert load("Nope/Zone") is None
    assert load("europe/berlin") is None
    assert load("Local") is UTC


def test_every_zone_of_the_table_can_be_read():
    """No line has a form that this version does not know."""
    names = [name for line in ZONES.strip().splitlines() for name in line.split("|")[0].split()]

    assert len(names) == len(set(names)) > 500
    assert all(load(name).span(0) for name in names)


def test_the_table_is_what_the_database_says():
    """Where the database is there, in the version of the table."""
    tzdata = pytest.importorskip("tzdata")
    if tzdata.IANA_VERSION != VERSION:
        pytest.skip(f"the table is of {VERSION}, the database here of {tzdata.IANA_VERSION}")
    stale = subprocess.run([sys.executable, ROOT / "scripts/generate_time_zones.py", "--check"], check=False).returncode

    assert stale == 0
