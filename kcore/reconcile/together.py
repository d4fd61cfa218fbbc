"""Together: several programs side by side, as upstream runs them in goroutines, in one turn.

Models parallel work whose parts do not depend on each other: each step makes the next calls of all programs, one after
the other in the order of the programs, and hands every program its own answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from kcore.apiserver.request import Response
from kcore.client.turn import Call
from kcore.reconcile.program import Program

T = TypeVar("T")


def together(programs: Iterable[Program[T]]) -> Program[tuple[T, ...]]:
    """Run `programs` side by side and return what each returns, in their order."""
    running = [_Running(one) for one in programs]
    for one in running:
        one.advance(None)
    while any(one.calls for one in running):
        answers = yield tuple(call for one in running for call in one.calls)
        at = 0
        for one in running:
            if one.calls:
                own, at = answers[at : at + len(one.calls)], at + len(one.calls)
                one.advance(own)
    return tuple(result for one in running for result in one.result)


class _Running(Generic[T]):
    """A program under way: the calls that it waits for, and its result in a tuple once it has one."""

    def __init__(self, program: Program[T]) -> None:
        self.program = program
        self.calls: tuple[Call, ...] = ()
        self.result: tuple[T, ...] = ()

    def advance(self, answers: tuple[Response, ...] | None) -> None:
        """Go on with `answers` to the next calls that are any, or to the end."""
        try:
            calls = next(self.program) if answers is None else self.program.send(answers)
            while not calls:
                calls = self.program.send(())
        except StopIteration as end:
            self.calls, self.result = (), (end.value,)
        else:
            self.calls = calls
