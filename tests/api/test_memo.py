"""What is remembered by identity is what the function says, however many values come and go."""

from hypothesis import given
from hypothesis import strategies as st

from kcore.api.memo import Memo, Noted


@given(st.lists(st.tuples(st.integers(), st.text(max_size=2)), max_size=60), st.integers(1, 5))
def test_the_answer_is_that_of_the_function(asked, most):
    """A memo of any size says what the function says of values that are made anew each time."""
    memo = Memo(lambda number, text: (number, text), most)

    assert [memo(number, text) for number, text in asked] == asked


def test_the_same_values_are_worked_out_once():
    """The function is not asked again about the very values that it was asked about."""
    asked = []
    memo = Memo(lambda one: asked.append(one) or len(asked))
    one, other = [1], [1]

    assert [memo(one), memo(other), memo(one)] == [1, 2, 1]
    assert asked == [[1], [1]]


def test_a_full_memo_begins_anew():
    """One answer more than fits, and what was known is worked out again."""
    asked = []
    memo = Memo(lambda one: asked.append(one) or one, 2)
    values = [[1], [2], [3]]
    for one in (*values, values[0]):
        memo(one)

    assert asked == [[1], [2], [3], [1]]


def test_what_was_noted_is_known_by_who_it_is():
    """Values are known together, in order, and not by what they say."""
    noted, one, other = Noted(), [1], [2]
    noted.note(one, other)

    assert (one, other) in noted
    assert (other, one) not in noted
    assert ([1], [2]) not in noted


def test_full_notes_begin_anew():
    """One note more than fits, and the others are forgotten."""
    noted, values = Noted(2), [[1], [2], [3]]
    for one in values:
        noted.note(one)

    assert [(one,) in noted for one in values] == [False, False, True]
