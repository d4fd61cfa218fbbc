"""Programs: turns that branch on answers, replayed from their beginning, and calls in batches that double."""

from __future__ import annotations

import pytest

from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.status import Status
from kcore.client.turn import OnFailure, Turn
from kcore.machine import Note
from kcore.reconcile import backoff
from kcore.reconcile.program import ask, go_on, play
from kcore.reconcile.slowstart import slow_start

GRANTED = Response(code=200)
REFUSED = Response(code=500, status=Status(code=500, reason="InternalError", message="no"))


def get(name):
    return Request(verb=Verb.GET, key=ObjectKey("Pod", "default", name))


def program():
    first = yield from ask(get("first"))
    if first.code != 200:
        return Turn(notes=(Note("stopped"),))
    pair = yield (go_on(get("left")), go_on(get("right")))
    yield ()
    return Turn(notes=(Note("done", answers=len(pair)),))


def asked(turn):
    return [call.request.key.name for call in turn.requests]


def test_a_program_makes_the_calls_that_are_not_answered_yet():
    """Each time it is played with more answers, it goes on from where they end."""
    turns = [play(program(), (GRANTED,) * count) for count in (0, 1, 3)]

    assert [(asked(turn), turn.more) for turn in turns] == [(["first"], True), (["left", "right"], True), ([], False)]
    assert turns[-1].notes == (Note("done", answers=2),)


def test_a_program_branches_on_an_answer():
    """A refusal of the first call ends this one, and its turn goes on after a failure."""
    turn = play(program(), ())

    assert [call.on_failure for call in turn.requests] == [OnFailure.GO_ON]
    assert play(program(), (REFUSED,)) == Turn(notes=(Note("stopped"),))


def batches(count, fail_from=None):
    """Play a slow start against answers that fail from a number of calls on; return the batches and the answers."""
    running, sizes, made = slow_start((get("any"),) * count), [], 0
    try:
        calls = next(running)
        while True:
            sizes.append(len(calls))
            answers = tuple(
                REFUSED if fail_from is not None and made + at >= fail_from else GRANTED for at in range(len(calls))
            )
            made += len(calls)
            calls = running.send(answers)
    except StopIteration as end:
        return sizes, end.value


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        pytest.param(0, [], id="nothing is made for none"),
        pytest.param(1, [1], id="one is one batch"),
        pytest.param(10, [1, 2, 4, 3], id="batches double and the last takes the rest"),
        pytest.param(500, [1, 2, 4, 8, 16, 32, 64, 128, 245], id="a full burst takes nine batches"),
    ],
)
def test_batches_double_while_all_goes_well(count, sizes):
    """All calls are made, in batches of 1, 2, 4 and so on."""
    made, answers = batches(count)

    assert (made, len(answers)) == (sizes, count)


@pytest.mark.parametrize(
    ("fail_from", "calls"),
    [
        pytest.param(0, 1, id="the first call tells it all"),
        pytest.param(1, 3, id="the second batch is made as a whole"),
        pytest.param(3, 7, id="so is the third"),
        pytest.param(10, 15, id="and the fourth"),
    ],
)
def test_a_failure_ends_the_batches_after_its_own(fail_from, calls):
    """The batch with the failure is finished, the next is not begun."""
    _, answers = batches(100, fail_from)

    assert len(answers) == calls


@pytest.mark.parametrize(
    ("failures", "milliseconds"),
    [
        pytest.param(1, 5, id="the first failure waits 5 ms"),
        pytest.param(2, 10, id="the second twice as long"),
        pytest.param(10, 2560, id="and so on"),
        pytest.param(100, 1_000_000, id="but never longer than 1000 s"),
    ],
)
def test_a_sync_that_fails_comes_back_after_a_delay_that_doubles(failures, milliseconds):
    """The delays are those of the work queue."""
    assert backoff.delay(failures) == milliseconds


def test_what_a_program_tells_goes_with_the_calls_before_which_it_is_told():
    """Each turn carries the notes since the one before, the last one those at its end."""

    def telling():
        yield Note("first")
        yield from ask(get("any"))
        yield Note("second")
        return Turn(notes=(Note("third"),))

    asking = play(telling(), ())

    assert (asking.notes, asking.more) == ((Note("first"),), True)
    assert play(telling(), (GRANTED,)).notes == (Note("second"), Note("third"))
