"""Reader: takes the fields of a spec file one by one, and refuses what is missing, unknown or of the wrong type.

Every error names the file, the line, the field, the value and what was expected.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from kcore.api.duration import parse_duration
from kcore.api.fields.check import Path
from kcore.errors import InputError, Place

T = TypeVar("T")

Locate: TypeAlias = Callable[[Path], Place]
"""Where a field path, such as ("steps", 0, "apply"), stands in the file."""

_NAMES = {dict: "a mapping", list: "a list", str: "a string", int: "a whole number", bool: "true or false"}


class Reader:
    """A mapping of a spec file at `path`; `take` the fields that are known, then `finish`."""

    def __init__(self, value: object, path: Path, locate: Locate) -> None:
        """Refuse what is no mapping."""
        self.path = path
        self.locate = locate
        self.whole = mapping(value, path, locate)
        self._known: list[str] = []

    def at(self, name: str) -> Path:
        """Return the path of the field `name`."""
        return (*self.path, name)

    def place(self, name: str = "") -> Place:
        """Return where the field `name`, or the mapping itself, stands."""
        return self.locate(self.at(name) if name else self.path)

    def take(self, name: str, of: type[T], default: T | None = None) -> T:
        """Return the field `name`, which is of type `of`; without a `default` it has to be given."""
        found = self.optional(name, of)
        if found is not None:
            return found
        if default is None:
            raise InputError(f"{name} is missing", place=self.place(), expected=_NAMES[of])
        return default

    def optional(self, name: str, of: type[T]) -> T | None:
        """Return the field `name`, None when it is not given."""
        self._known.append(name)
        value = self.whole.get(name)
        if value is not None and (not isinstance(value, of) or (of is int and isinstance(value, bool))):
            raise InputError(f"{name} is {value!r}", place=self.place(name), expected=_NAMES[of])
        return value

    def duration(self, name: str, default: int) -> int:
        """Return a duration in ms, given as seconds or as Go writes it."""
        self._known.append(name)
        value = self.whole.get(name)
        return default if value is None else milliseconds(value, self.place(name))

    def items(self, name: str) -> Iterator[tuple[Path, Any]]:
        """Yield the path and value of each element of the list `name`, which may be absent."""
        for index, value in enumerate(self.take(name, list, [])):
            yield (*self.at(name), index), value

    def child(self, name: str) -> Reader:
        """Return the reader of the mapping `name`, empty when absent."""
        return Reader(self.take(name, dict, {}), self.at(name), self.locate)

    def finish(self) -> None:
        """Refuse fields that nobody took, with the nearest known name."""
        for name in self.whole:
            if name not in self._known:
                near = difflib.get_close_matches(str(name), self._known, n=1)
                raise InputError(
                    f"unknown field {name!r}",
                    place=self.place(str(name)),
                    expected=f"one of {', '.join(self._known)}" if self._known else "no field",
                    hint=f"did you mean {near[0]}?" if near else "",
                )


def mapping(value: object, path: Path, locate: Locate) -> Mapping[str, Any]:
    """Return `value`, which has to be a mapping."""
    if not isinstance(value, Mapping):
        raise InputError(f"{value!r} stands where a mapping should", place=locate(path), expected="a mapping")
    return value


def milliseconds(value: object, place: Place) -> int:
    """Return a duration in ms; InputError when `value` is none, or negative."""
    expected = "seconds, or a duration such as 150ms"
    try:
        duration = parse_duration(value)  # type: ignore[arg-type]  # it refuses what is no duration
    except ValueError as error:
        raise InputError(str(error), place=place, expected=expected) from None
    if duration < 0:
        raise InputError(f"{value!r} is negative", place=place, expected=expected)
    return duration
