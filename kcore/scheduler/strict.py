"""Strict reading of configuration: every field known, of its type and within its bounds, or an error that says where.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/apis/config/validation/validation.go
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from kcore.errors import InputError, Place


@attrs.frozen
class Section:
    """A mapping of a configuration and where it stands: `at` is its path."""

    values: Mapping[str, Any]
    at: Place

    def place(self, name: str) -> Place:
        """Return where the field `name` stands."""
        return attrs.evolve(self.at, field=f"{self.at.field}.{name}".lstrip("."))

    def section(self, name: str, known: Iterable[str]) -> Section:
        """Return the mapping in a field, empty where it is absent."""
        return section(self.values.get(name) or {}, self.place(name), known)

    def sections(self, name: str, known: Iterable[str]) -> Iterator[Section]:
        """Yield the mappings of a list in a field, none where it is absent."""
        given, fields = self.values.get(name) or [], tuple(known)
        if not isinstance(given, list):
            raise InputError(f"{given!r} is not a list", place=self.place(name), expected="a list of mappings")
        for number, one in enumerate(given):
            yield section(one, self.place(f"{name}[{number}]"), fields)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the strings of a list in a field, none where it is absent."""
        given = self.values.get(name) or []
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise InputError(f"{given!r} is not a list of names", place=self.place(name), expected="a list of strings")
        return tuple(given)

    def text(self, name: str, default: str = "", among: Iterable[str] = ()) -> str:
        """Return the string in a field, one of `among` if any are given."""
        given, words = self.values.get(name, default), tuple(among)
        if not isinstance(given, str) or (words and given not in words):
            expected = f"one of {', '.join(words)}" if words else "a string"
            raise InputError(f"{name} is {given!r}", place=self.place(name), expected=expected)
        return given

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return the whole number in a field, from `least` to `most`."""
        given = self.values.get(name)
        if given is None:
            return default
        if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= most:
            raise InputError(
                f"{name} is {given!r}", place=self.place(name), expected=f"a whole number from {least} to {most}"
            )
        return given

    def flag(self, name: str) -> bool:
        """Return the boolean in a field, False where it is absent."""
        given = self.values.get(name, False)
        if not isinstance(given, bool):
            raise InputError(f"{name} is {given!r}", place=self.place(name), expected="true or false")
        return given

    def refuse(self, name: str, why: str) -> None:
        """Raise InputError where the field is given."""
        if self.values.get(name):
            raise InputError(f"{name} is not modelled", place=self.place(name), expected=why)


def section(given: object, at: Place, known: Iterable[str]) -> Section:
    """Return a mapping all whose fields are `known`; InputError names the first that is not, and the nearest one."""
    if not isinstance(given, Mapping):
        raise InputError(f"{given!r} is not a mapping", place=at, expected="a mapping")
    fields = tuple(known)
    for name in given:
        if name not in fields:
            raise unknown(f"field {name!r}", str(name), fields, at)
    return Section(given, at)


def unknown(what: str, name: str, known: Iterable[str], at: Place) -> InputError:
    """Return the error of a name that nobody knows, with the nearest one that somebody does."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    return InputError(f"unknown {what}", place=at, hint=hint)
