"""Narration: notes come out as log events, and only where somebody asked for them."""

from __future__ import annotations

import io
import json

import pytest
import structlog

from kcore.errors import MisuseError
from kcore.machine import Note
from kcore.model import START
from kcore.narrate import narrator


def test_a_json_narrator_writes_one_object_a_note():
    """Each line has the event, the virtual time and the fields, in their order."""
    stream = io.StringIO()

    narrator(stream, "json")(START + 1500, [Note("pod.bound", pod="web-0", node="n1"), Note("pod.started")])

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first == {"event": "pod.bound", "time": "2000-01-01T00:00:01.500Z", "pod": "web-0", "node": "n1"}
    assert second["event"] == "pod.started"


def test_a_console_narrator_writes_for_people():
    """The event, its time and its fields stand on one line, without colours in a pipe."""
    stream = io.StringIO()

    narrator(stream)(START, [Note("pod.bound", node="n1")])

    line = stream.getvalue()
    assert "2000-01-01T00:00:00.000Z" in line
    assert "pod.bound" in line
    assert "node=n1" in line
    assert "\x1b" not in line


def test_an_unknown_style_is_refused():
    """A style that does not exist is named."""
    with pytest.raises(MisuseError, match="'xml' is not a style"):
        narrator(io.StringIO(), "xml")


def test_nothing_global_is_configured():
    """A narrator leaves structlog as its user set it up."""
    narrator(io.StringIO(), "json")

    assert not structlog.is_configured()
