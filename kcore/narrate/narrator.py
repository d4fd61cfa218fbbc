"""Narrator: hands notes to structlog, with the virtual time at which they were made.

Models two styles: "console" for a person, "json" for a machine. Levels are not modelled: every note is informative.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

import attrs
import structlog

from kcore.api.times import MicroTime, format_micro_time
from kcore.errors import MisuseError
from kcore.machine import Note

STYLES = ("console", "json")


@attrs.frozen
class Narrator:
    """Hears of notes and logs each as an event with its fields."""

    logger: structlog.typing.FilteringBoundLogger

    def __call__(self, now: int, notes: Iterable[Note]) -> None:
        """Log `notes`, made at `now` (ms since 1970)."""
        at = format_micro_time(MicroTime(now * 1000))[:-4] + "Z"
        for note in notes:
            self.logger.info(note.name, time=at, **{name: _shown(value) for name, value in note.fields})


def _shown(value: object) -> object:
    """Return what JSON can hold of a field's value: scalars as they are, anything else as its text."""
    return value if value is None or isinstance(value, str | int | float) else str(value)


def narrator(stream: TextIO, style: str = "console", *, colors: bool = False) -> Narrator:
    """Return a narrator that writes to `stream` in one of STYLES; MisuseError for any other style."""
    if style not in STYLES:
        message = f"{style!r} is not a style of narration; there are {', '.join(STYLES)}"
        raise MisuseError(message)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(sort_keys=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=24, timestamp_key="time")
    )
    logger = structlog.wrap_logger(structlog.PrintLogger(stream), processors=[renderer])
    return Narrator(logger)
