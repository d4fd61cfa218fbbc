"""SortedSet holds what a set holds, in order, whatever was added and discarded before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kcore.apiserver import sortedset
from kcore.apiserver.sortedset import EMPTY, SortedSet

moves = st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=200)


def _run(steps):
    """Return the set and the model after adding (True) and discarding (False) numbers."""
    held, model = EMPTY, set()
    for adds, number in steps:
        held = held.add(number) if adds else held.discard(number)
        (model.add if adds else model.discard)(number)
    return held, model


@given(moves)
def test_holds_what_a_set_holds_in_order(steps):
    """After any history the members are those of a set, sorted, each found by `in`."""
    held, model = _run(steps)

    assert list(held) == sorted(model)
    assert len(held) == len(model)
    assert all((number in held) is (number in model) for number in range(61))


@given(moves)
def test_chunks_do_not_matter_to_equality(steps):
    """A set with a history equals, and hashes like, one made at once."""
    held, model = _run(steps)

    assert held == SortedSet.of(model)
    assert hash(held) == hash(SortedSet.of(model))


def test_large_sets_split_and_empty_again():
    """A set that outgrows a chunk several times over stays in order, and is empty when all are gone."""
    count = sortedset.WIDTH**2 * 2
    numbers = [number * 7919 % count for number in range(count)]
    held = EMPTY
    for number in numbers:
        held = held.add(number)

    assert list(held) == sorted(set(numbers))
    assert len(held.groups) > 1
    assert max(len(group.chunks) for group in held.groups) <= sortedset.WIDTH
    assert max(len(chunk) for group in held.groups for chunk in group.chunks) <= sortedset.WIDTH

    for number in numbers:
        held = held.discard(number)

    assert held == EMPTY
    assert not held


def test_what_changes_nothing_returns_the_same_set():
    """Adding what is there and discarding what is not return the set itself."""
    held = SortedSet.of("abc")

    assert held.add("b") is held
    assert held.discard("z") is held
    assert repr(held) == "SortedSet.of(['a', 'b', 'c'])"
    assert held != ["a", "b", "c"]
