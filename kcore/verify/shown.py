"""Shown: what a step of a scenario of one's own shows of the cluster, and whether it is so.

`shows` on a step is a list of questions with their answers, asked of the state after the step: of the objects, of the
paths that requests take, of what runs on the machines. A question that can't be asked has the wrong answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from kcore.api.fields.check import Path
from kcore.api.json import canonical
from kcore.errors import InputError
from kcore.verify.moment import Moment
from kcore.verify.reader import Locate, Reader
from kcore.verify.shown_network import NETWORK
from kcore.verify.shown_objects import OBJECTS
from kcore.verify.shown_world import WORLD

Parser: TypeAlias = Callable[[Reader], Callable[[Moment], str]]


@attrs.frozen(kw_only=True)
class Shown:
    """A question with its answer; `wrong` returns "" where that is the answer, else what is there instead."""

    about: str
    wrong: Callable[[Moment], str]


def parse_shown(value: object, path: Path, locate: Locate) -> Shown:
    """Return the question that the mapping at `path` asks; InputError when it is none."""
    reader = Reader(value, path, locate)
    asked = [name for name in reader.whole if name in QUESTIONS]
    if len(asked) != 1:
        problem = f"{len(asked)} questions{': ' if asked else ''}{', '.join(asked)}"
        raise InputError(problem, place=reader.place(), expected=f"one of {', '.join(QUESTIONS)}")
    wrong = QUESTIONS[asked[0]](reader)
    reader.finish()
    return Shown(about=f"{asked[0]} {canonical(reader.whole[asked[0]])}", wrong=wrong)


QUESTIONS: Mapping[str, Parser] = {**OBJECTS, **NETWORK, **WORLD}
"""What can be asked, and how it is read."""
