"""Program: a turn written in the order in which it happens, although its calls are answered between reconciles.

A program is a generator: it yields the calls to make next, all of them together, and is sent their answers. `play` runs
it from its beginning with the answers of the turn so far, and asks for more when it wants calls that are not answered
yet. A program reads its view and its arguments only, so that it comes to the same point each time.

Its calls are `GO_ON` calls: what a failure means, the program says. A call that is tried again has more than one answer
and has no place here.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

from kcore.apiserver.request import Request, Response
from kcore.client.turn import Call, OnFailure, Turn

T = TypeVar("T")

Program: TypeAlias = Generator[tuple[Call, ...], tuple[Response, ...], T]
"""Yields calls, is sent their answers, and returns a T."""


def go_on(request: Request) -> Call:
    """Return the call that makes `request` and leaves it to the program what a failure means."""
    return Call(request=request, on_failure=OnFailure.GO_ON)


def ask(request: Request) -> Program[Response]:
    """Make one request, to be delegated to with `yield from`, and return its answer."""
    answers = yield (go_on(request),)
    return answers[0]


def play(program: Program[Turn], answers: tuple[Response, ...]) -> Turn:
    """Return the turn that `program` returns, or one with its next calls if `answers` do not go that far."""
    at = 0
    try:
        calls = next(program)
        while at + len(calls) <= len(answers):
            calls, at = program.send(answers[at : at + len(calls)]), at + len(calls)
    except StopIteration as end:
        turn: Turn = end.value
        return turn
    return Turn(requests=calls, more=True)
