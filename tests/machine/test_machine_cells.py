"""Cells are a dict that never changes, with a fingerprint that depends on what they hold and on nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.machine import CellError, Cells, Layout, Recorder, View

NAMES = ["a", "b", ("pod", 1), ("pod", 2), "1"]
VALUES = [None, 0, 1, True, "1", (1, 2), frozenset({"x"})]
HISTORY = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), min_size=3, max_size=40)


def typed(items) -> dict:
    """Cells as a dict in which 1 and True differ."""
    return {name: (type(value), value) for name, value in items if value is not None}


def add(total: int, value: object) -> int:
    return total + (1 if value is not None else 100)


@given(HISTORY)
def test_cells_are_a_dict(history):
    """After any history of writes and removals the cells hold what a dict would."""
    cells, model = Cells.of(Layout(), {}), {}
    for name, value in history:
        cells, model[name] = cells.set(name, value), value

        assert typed(cells.items()) == typed(model.items())
        assert cells.get(name) is value or cells.get(name) == value


@given(HISTORY)
def test_the_fingerprint_kept_is_the_fingerprint_computed(history):
    """The sum that every write carries on equals that of a fresh state with the same cells, in another layout too."""
    cells = Cells.of(Layout(), {})
    for name, value in history:
        cells = cells.set(name, value)
    fresh = Cells.of(Layout(), dict(sorted(cells.items(), key=str)))

    assert cells.fingerprint == fresh.fingerprint
    assert cells == Cells.of(cells.layout, dict(cells.items()))


@given(HISTORY, HISTORY)
def test_states_are_equal_exactly_when_their_cells_are(one, other):
    """Fingerprints tell states apart, and the way to a state does not matter."""
    layout = Layout()
    first, second = Cells.of(layout, {}), Cells.of(layout, {})
    for name, value in one:
        first = first.set(name, value)
    for name, value in other:
        second = second.set(name, value)

    equal = typed(first.items()) == typed(second.items())
    assert (first == second) == equal == (first.fingerprint == second.fingerprint)


@given(HISTORY)
def test_an_older_state_stays_what_it_was(history):
    """Writing makes a new state."""
    states = [Cells.of(Layout(), {})]
    seen = []
    for name, value in history:
        seen.append(typed(states[-1].items()))
        states.append(states[-1].set(name, value))

    assert [typed(state.items()) for state in states[:-1]] == seen


@given(HISTORY, HISTORY)
def test_a_view_answers_as_the_cells_do(before, writes):
    """A view over a packed state shows the same cells, its own writes, and the same folds."""
    cells = Cells.of(Layout(), {})
    for name, value in before:
        cells = cells.set(name, value)
    packed = cells.pack()
    view = View(cells.layout, Recorder(lambda token: cells.layout.read(packed, token)))
    for name, value in writes:
        names = tuple(NAMES[:3])
        assert view.fold(names, add, 0) == cells.fold(names, add, 0)
        view, cells = view.set(name, value), cells.set(name, value)
        assert [view.get(each) for each in NAMES] == [cells.get(each) for each in NAMES]


def test_a_missing_cell_is_an_error_by_name():
    """Reading what is not there by index is misuse; `get` gives None."""
    cells = Cells.of(Layout(), {"a": 1})

    assert cells.get("b") is None
    with pytest.raises(CellError, match="cell 'b': there is none"):
        cells["b"]


def test_a_cell_removed_leaves_nothing_behind():
    """A cell that was written and removed again leaves the fingerprint as it was."""
    cells = Cells.of(Layout(), {"a": 1})

    assert cells.set("b", 2).set("b", None) == cells
    assert cells.set("a", 1) is cells
