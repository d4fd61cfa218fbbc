"""The heap of timers behaves as a sorted list does, whatever its history, and never changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.errors import MisuseError
from kcore.machine import EMPTY_HEAP, Heap

OPERATIONS = st.lists(st.none() | st.integers(0, 9), min_size=5, max_size=60)


def drain(heap: Heap) -> list:
    popped = []
    while heap:
        entry, heap = heap.pop()
        popped.append(entry)
    return popped


@given(OPERATIONS)
def test_a_heap_pops_what_a_sorted_list_would(operations):
    """Pushes and pops in any order: the least time leaves first, equal times in the order of entry."""
    heap, model = EMPTY_HEAP, []
    for number, time in enumerate(operations):
        if time is not None:
            heap, model = heap.push(time, number), sorted([*model, (time, number)])
        elif model:
            assert heap.peek() == model[0]
            entry, heap = heap.pop()
            assert entry == model.pop(0)
        assert len(heap) == len(model)

    assert list(heap) == drain(heap) == model


@given(st.lists(st.integers(0, 9), min_size=1), st.integers(0, 9))
def test_a_heap_never_changes(times, another):
    """A push or a pop leaves the heap that it was asked of as it was."""
    heap = EMPTY_HEAP
    for time in times:
        heap = heap.push(time, str(time))
    before = list(heap)
    heap.push(another, "new")
    heap.pop()

    assert list(heap) == before


def test_heaps_of_the_same_entries_are_equal_whatever_their_history():
    """Equality is about what would be popped."""
    one = EMPTY_HEAP.push(1, "a").push(2, "b")
    other = EMPTY_HEAP.push(0, "x").push(2, "b").pop()[1].push(1, "a")

    assert one == other
    assert hash(one) == hash(other)
    assert one != EMPTY_HEAP.push(1, "a")
    assert one != "heap"


def test_a_deep_heap_is_no_trouble():
    """A hundred thousand timers in falling order make a chain, which is compared, iterated and popped all the same."""
    heap = EMPTY_HEAP
    for time in range(100_000, 0, -1):
        heap = heap.push(time, time)

    assert heap.peek() == (1, 1)
    assert [time for time, _token in heap] == list(range(1, 100_001))
    assert heap == heap.push(0, 0).pop()[1]
    assert repr(heap) == "Heap(size=100000, first=(1, 1))"


def test_an_empty_heap_has_nothing_to_pop():
    """Peeking at nothing gives None; popping nothing is misuse."""
    assert EMPTY_HEAP.peek() is None
    with pytest.raises(MisuseError, match="empty heap"):
        EMPTY_HEAP.pop()
