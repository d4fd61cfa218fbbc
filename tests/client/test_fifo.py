"""Fifo: what goes in first comes out first, and every queue stays what it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.client.fifo import EMPTY, Fifo


@given(st.lists(st.one_of(st.none(), st.integers(0, 5))))
def test_a_queue_is_a_list_that_is_read_from_the_front(moves):
    """After any appends and pops a queue holds what a list holds, and the one before is what it was."""
    expected: list[int] = []
    queue = EMPTY
    for move in moves:
        before, was = queue, tuple(queue)
        if move is not None:
            expected.append(move)
            queue = queue.append(move)
        elif expected:
            assert queue.first == expected.pop(0)
            queue = queue.pop()

        assert tuple(before) == was
        assert (list(queue), len(queue), bool(queue)) == (expected, len(expected), bool(expected))
    assert queue == Fifo.of(expected)
    assert hash(queue) == hash(Fifo.of(expected))


@pytest.mark.parametrize("member", [1, 2, 3], ids=["the first", "one between", "the last"])
def test_one_may_leave_the_queue(member):
    """A member leaves from any place, and the others keep their order."""
    queue = Fifo.of([1]).append(2).append(3)

    assert list(queue.remove(member)) == [one for one in (1, 2, 3) if one != member]
    assert repr(queue) == "Fifo.of([1, 2, 3])"
    assert queue != [1, 2, 3]


def test_an_empty_queue_has_no_first():
    """Nothing is next in an empty queue."""
    with pytest.raises(IndexError):
        _ = EMPTY.first
