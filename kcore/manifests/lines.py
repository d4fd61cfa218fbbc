"""Where the values of a document stand in its file, and how values and paths are shown to a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from kcore.api.fields.check import Path, path_text

_NONE: Mapping[str | int, Any] = MappingProxyType({})


@attrs.frozen
class Lines:
    """The line of a value (1-based, 0 when unknown): of its key, or of itself in a list; and those of what is in it."""

    line: int = 0
    children: Mapping[str | int, Lines] = _NONE

    def at(self, *path: str | int) -> Lines:
        """Return the lines of the value at `path`, or of the nearest value around it."""
        here = self
        for step in path:
            if step not in here.children:
                break
            here = here.children[step]
        return here

    def of(self, path: Path) -> int:
        """Return the line of the value at `path`, or of the nearest value around it."""
        return self.at(*path).line


UNKNOWN = Lines()

_LONGEST_SHOWN = 60


def shown(value: Any) -> str:
    """Return a value as JSON in one line, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def one_line(text: str) -> str:
    """Return a text with what can't be printed escaped."""
    return text if text.isprintable() else json.dumps(text, ensure_ascii=not text.isascii())[1:-1]


def shown_path(path: Path) -> str:
    """Return a path as text in one line: `spec.containers[0].image`."""
    return one_line(path_text(path))
