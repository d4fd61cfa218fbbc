"""Programs side by side: each gets its own answers, whatever the others ask."""

from __future__ import annotations

import pytest

from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Response, Verb
from kcore.client.turn import Turn
from kcore.reconcile.program import ask, go_on, play
from kcore.reconcile.together import together


def get(name):
    return Request(verb=Verb.GET, key=ObjectKey("Pod", "default", name))


def counting(name, steps):
    """Ask for `name` so many times, two calls at a time after the first; return the codes seen."""
    codes = []
    for step in range(steps):
        answers = yield tuple(go_on(get(f"{name}{step}")) for _ in range(1 + (step > 0)))
        codes += [one.code for one in answers]
    return codes


def run(program):
    """What a program returns when the n-th call is answered with the code n, and its calls step by step."""
    steps, code = [], 0
    try:
        calls = next(program)
        while True:
            steps.append([call.request.key.name for call in calls])
            answers = tuple(Response(code=code + at) for at in range(len(calls)))
            code += len(calls)
            calls = program.send(answers)
    except StopIteration as end:
        return end.value, steps


def test_programs_go_on_in_step_and_each_sees_its_own_answers():
    """The calls of one step are those of all programs, in the order of the programs."""
    result, steps = run(together([counting("a", 2), counting("b", 1), counting("c", 3)]))

    assert steps == [["a0", "b0", "c0"], ["a1", "a1", "c1", "c1"], ["c2", "c2"]]
    assert result == ([0, 3, 4], [1], [2, 5, 6, 7, 8])


@pytest.mark.parametrize(
    "steps", [[], [0], [0, 0]], ids=["no program", "one that asks nothing", "two that ask nothing"]
)
def test_programs_without_calls_end_at_once(steps):
    """Nothing is asked, and every result is there."""
    assert run(together(counting("a", one) for one in steps)) == (tuple([] for _ in steps), [])


def test_an_empty_step_of_one_program_holds_nobody_up():
    """It goes on to its next calls."""

    def pausing():
        yield ()
        answer = yield from ask(get("late"))
        return answer.code

    assert run(together([pausing(), counting("a", 1)])) == ((0, [1]), [["late", "a0"]])


def test_programs_side_by_side_make_a_turn():
    """They can be played like any other program."""

    def turn():
        codes = yield from together([counting("a", 1), counting("b", 1)])
        return Turn(memory=codes)

    asked = play(turn(), ())

    assert [call.request.key.name for call in asked.requests] == ["a0", "b0"]
    assert play(turn(), (Response(code=1), Response(code=2))).memory == ([1], [2])
