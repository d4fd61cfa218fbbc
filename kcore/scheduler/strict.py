"""Strict reading of configuration: every field known, of its type and within its bounds, or an error that says where.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/apis/config/validation/validation.go
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from kcore.api.duration import parse_duration
from kcore.api.fields.check import Path, path_text
from kcore.errors import InputError, Place

Locate: TypeAlias = Callable[[Path], Place]
"""Where a field path, such as ("profiles", 0, "plugins"), stands in the file."""


def nowhere(path: Path) -> Place:
    """Return the place of a field in a configuration that stands in no file."""
    return Place(field=path_text(path))


@attrs.frozen
class Section:
    """A mapping of a configuration and where it stands: at `path`, which `locate` finds in its file."""

    values: Mapping[str, Any]
    path: Path = ()
    locate: Locate = nowhere

    def place(self, *names: str | int) -> Place:
        """Return where a field, or what is in it, stands; without a name where the mapping does."""
        return self.locate((*self.path, *names))

    def section(self, name: str, known: Iterable[str]) -> Section:
        """Return the mapping in a field, empty where it is absent."""
        given = self.values.get(name)
        return section({} if given is None else given, known, (*self.path, name), self.locate)

    def sections(self, name: str, known: Iterable[str]) -> Iterator[Section]:
        """Yield the mappings of a list in a field, none where it is absent."""
        given, fields = self.values.get(name) or [], tuple(known)
        if not isinstance(given, list):
            raise InputError(f"{given!r} is not a list", place=self.place(name), expected="a list of mappings")
        for number, one in enumerate(given):
            yield section(one, fields, (*self.path, name, number), self.locate)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the strings of a list in a field, none where it is absent."""
        given = self.values.get(name) or []
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise InputError(f"{given!r} is not a list of names", place=self.place(name), expected="a list of strings")
        return tuple(given)

    def text(self, name: str, default: str = "", among: Iterable[str] = ()) -> str:
        """Return the string in a field, `default` where it is absent; one of `among` if any are given."""
        given, words = self.values.get(name), tuple(among)
        given = default if given is None else given
        if not isinstance(given, str) or (words and given not in words):
            expected = f"one of {', '.join(words)}" if words else "a string"
            raise InputError(f"{name} is {given!r}", place=self.place(name), expected=expected)
        return given

    def name(self, name: str = "name") -> str:
        """Return the string in a field, which has to be there."""
        found = self.text(name)
        if not found:
            raise InputError(f"{name} is missing", place=self.place(), expected="a name")
        return found

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

    def duration(self, name: str, default: int) -> int:
        """Return a duration in ms, given as Go writes it or as a number of seconds."""
        given = self.values.get(name)
        if given is None:
            return default
        try:
            return parse_duration(given)
        except ValueError:
            expected = "a duration such as 90s or 10m"
            raise InputError(f"{name} is {given!r}", place=self.place(name), expected=expected) from None

    def share(self, name: str, default: int) -> int:
        """Return a share of the whole, from 0 to 1, in hundredths."""
        given = self.values.get(name)
        if given is None:
            return default
        if not isinstance(given, int | float) or isinstance(given, bool) or not 0 <= given <= 1:
            raise InputError(f"{name} is {given!r}", place=self.place(name), expected="a number from 0 to 1")
        return round(100 * given)

    def strings(self, name: str) -> dict[str, str]:
        """Return the mapping in a field, empty where it is absent, with its values as strings."""
        given = self.values.get(name)
        given = {} if given is None else given
        if not isinstance(given, Mapping):
            raise InputError(f"{given!r} is not a mapping", place=self.place(name), expected="a mapping")
        return {str(key): str(value) for key, value in given.items()}

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return the boolean in a field, `default` where it is absent."""
        given = self.values.get(name)
        given = default if given is None else given
        if not isinstance(given, bool):
            raise InputError(f"{name} is {given!r}", place=self.place(name), expected="true or false")
        return given

    def refuse(self, name: str, why: str) -> None:
        """Raise InputError where the field is given."""
        if self.values.get(name):
            raise InputError(f"{name} is not modelled", place=self.place(name), expected=why)


def section(given: object, known: Iterable[str], path: Path = (), locate: Locate = nowhere) -> Section:
    """Return a mapping all whose fields are `known`; InputError names the first that is not, and the nearest one."""
    if not isinstance(given, Mapping):
        raise InputError(f"{given!r} is not a mapping", place=locate(path), expected="a mapping")
    fields = tuple(known)
    for name in given:
        if name not in fields:
            raise unknown(f"field {name!r}", str(name), fields, locate((*path, str(name))))
    return Section(given, path, locate)


def headed(given: object, api_version: str, kind: str, known: Iterable[str], locate: Locate = nowhere) -> Section:
    """Return a document of this kind all whose fields are `known`; InputError where it is of another kind."""
    if isinstance(given, Mapping):
        head = Section(given, (), locate)
        head.text("kind", among=(kind,))
        head.text("apiVersion", among=(api_version,))
    return section(given, ("apiVersion", "kind", *known), (), locate)


def unknown(what: str, name: str, known: Iterable[str], at: Place) -> InputError:
    """Return the error of a name that nobody knows, with the nearest one that somebody does."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    return InputError(f"unknown {what}", place=at, hint=hint)
