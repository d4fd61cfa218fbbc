"""Program: a turn written in the order in which it happens, although its calls are answered between reconciles.

A program is a generator: it yields the calls to make next, all of them together, and is sent their answers. One that
also tells yields notes, and is sent nothing. `play` runs it from its beginning with the answers of the turn so far, and
asks for more when it wants calls that are not answered yet; each turn carries the notes since the one before. A program
reads its view and its arguments only, so that it comes to the same point each time.

Most calls are `GO_ON` calls: what a failure means, the program says. A `STOP` call that fails ends the turn, and the
program with it. A call that is tried again has more than one answer and has no place here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

import attrs

from kcore.apiserver.request import Request, Response
from kcore.client.turn import Call, OnFailure, Turn
from kcore.machine import Note

T = TypeVar("T")

Program: TypeAlias = Generator[tuple[Call, ...], tuple[Response, ...], T]
"""Yields calls, is sent their answers, and returns a T."""

Telling: TypeAlias = Generator[tuple[Call, ...] | Note, Any, T]
"""A program that also yields notes; any program is one."""


def go_on(request: Request) -> Call:
    """Return the call that makes `request` and leaves it to the program what a failure means."""
    return Call(request=request, on_failure=OnFailure.GO_ON)


def ask(request: Request) -> Program[Response]:
    """Make one request, to be delegated to with `yield from`, and return its answer."""
    return (yield from make(go_on(request)))


def make(call: Call) -> Program[Response]:
    """Make one call and return its answer."""
    answers = yield (call,)
    return answers[0]


def play(program: Telling[Turn], answers: tuple[Response, ...]) -> Turn:
    """Return the turn that `program` returns, or one with its next calls if `answers` do not go that far."""
    at = 0
    notes: tuple[Note, ...] = ()
    sent: tuple[Response, ...] | None = None
    while True:
        try:
            made = program.send(sent)
        except StopIteration as end:
            turn: Turn = end.value
            return attrs.evolve(turn, notes=(*notes, *turn.notes)) if notes else turn
        if isinstance(made, Note):
            sent, notes = None, (*notes, made)
            continue
        if at + len(made) > len(answers):
            return Turn(requests=made, notes=notes, more=True)
        sent, at, notes = answers[at : at + len(made)], at + len(made), ()
