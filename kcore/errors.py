"""The exceptions of kcore: raised on misuse and on bad input only.

An answer of the API server is a `Status` value and a rule that does not apply is a `Refusal` value; neither is an
exception. What is raised here names where the fault is, so that a person can mend it without reading a traceback.

Not here: the text a terminal shows. `str(error)` is one line; the command line decides how to print it.
"""

from __future__ import annotations

import attrs


class KcoreError(Exception):
    """The root of all exceptions that kcore raises; `str()` of it is one line for a person."""


@attrs.frozen(kw_only=True)
class Place:
    """Where a fault is: a file with its line (from 1; 0 when unknown), an object ("Deployment/web"), a field path."""

    file: str = ""
    line: int = 0
    object: str = ""
    field: str = ""

    def __str__(self) -> str:
        """Return `file:line: object: field`, leaving out what is unknown."""
        file = f"{self.file}:{self.line}" if self.file and self.line else self.file
        return ": ".join(part for part in (file, self.object, self.field) if part)


class InputError(KcoreError):
    """An input that can't be used: `place`, the `value` found there and what was `expected`.

    `hint` is a further sentence, such as the nearest name for a misspelt field.
    """

    def __init__(self, problem: str, *, place: Place | None = None, expected: str = "", hint: str = "") -> None:
        """Keep the parts; `problem` says what is wrong with which value."""
        self.problem = problem
        self.place = place or Place()
        self.expected = expected
        self.hint = hint
        super().__init__(str(self))

    def at(self, *, file: str = "", line: int = 0, object: str = "", field: str = "") -> InputError:  # noqa: A002 - the word of the place
        """Return the same error with what was unknown of its place filled in."""
        place = Place(
            file=self.place.file or file,
            line=self.place.line or line,
            object=self.place.object or object,
            field=self.place.field or field,
        )
        return InputError(self.problem, place=place, expected=self.expected, hint=self.hint)

    def __str__(self) -> str:
        """Return one line: place, problem, expectation, hint."""
        text = f"{self.place}: {self.problem}" if str(self.place) else self.problem
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


class MisuseError(KcoreError):
    """A call that can't be meant: the programmer's mistake, named with the offending value."""
