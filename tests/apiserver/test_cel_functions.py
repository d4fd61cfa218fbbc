"""The functions that Kubernetes adds to CEL, as expressions call them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.apiserver.celfunctions import LIBRARY
from kcore.apiserver.expressions import ExpressionError, evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[1, 2, 2].isSorted() && ![2, 1].isSorted()", True),
        ("[1, 2, 3].sum()", 6),
        ("[3, 1].min() + [3, 1].max()", 4),
        ("['a', 'b', 'a'].indexOf('b')", 1),
        ("['a', 'b', 'a'].lastIndexOf('a')", 2),
        ("['a'].indexOf('z') + ['a'].lastIndexOf('z')", -2),
        ("'tacocat'.indexOf('c', 3)", 4),
        ("'tacocat'.lastIndexOf('a')", 5),
        ("'abc'.charAt(1)", "b"),
        ("'TÀcoCat'.lowerAscii() + 'à-b'.upperAscii()", "tÀcocatà-B"),
        ("'hello hello'.replace('he', 'we', 1)", "wello hello"),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'ab'.split('')", ["a", "b"]),
        ("['a', 'b'].join('/')", "a/b"),
        ("'tacocat'.substring(1, 4) + 'taco'.substring(2)", "acoco"),
        ("'  x '.trim()", "x"),
        ("'abc 123 def 456'.find('[0-9]+')", "123"),
        ("'abc 123 def 456'.findAll('[0-9]+')", ["123", "456"]),
        ("quantity('1') == quantity('1000m')", True),
        ("quantity('1Gi').isGreaterThan(quantity('1G'))", True),
        ("quantity('500m').add(quantity('1')).asApproximateFloat()", 1.5),
        ("quantity('2').sub(quantity('3')).sign()", -1),
        ("quantity('2').compareTo(quantity('2000m'))", 0),
        ("quantity('50k').asInteger()", 50000),
        ("isQuantity('1Ki') && !isQuantity('Three')", True),
        ("quantity('1500m').isInteger()", False),
    ],
)
def test_functions_mean_what_kubernetes_says(expression, value):
    """Each with the values of its documentation, or like them."""
    assert evaluate(expression, {}, LIBRARY) == value


@pytest.mark.parametrize("expression", ["[].min()", "quantity('big')", "quantity('500m').asInteger()"])
def test_what_has_no_value_is_an_error(expression):
    """Never an exception of Python's."""
    with pytest.raises(ExpressionError):
        evaluate(expression, {}, LIBRARY)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5))
def test_a_sorted_list_begins_with_its_least(values):
    """What is sorted has its least first and its greatest last, and only that."""
    expression = "self.isSorted() ? self[0] == self.min() && self[size(self) - 1] == self.max() : self.size() > 1"

    assert evaluate(expression, {"self": values}, LIBRARY) is True
