"""Numbers and percentages of a total."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.intstr import IntOrStringError, scaled_value


@pytest.mark.parametrize(
    ("value", "total", "up", "down"),
    [
        pytest.param(3, 10, 3, 3, id="a number is itself"),
        pytest.param(-3, 10, -3, -3, id="a negative one too"),
        pytest.param("25%", 10, 3, 2, id="a quarter of ten"),
        pytest.param("100%", 7, 7, 7, id="all"),
        pytest.param("0%", 7, 0, 0, id="none"),
        pytest.param("-50%", 3, -1, -2, id="less than none"),
        pytest.param("+50%", 3, 2, 1, id="a sign is allowed"),
        pytest.param("150%", 3, 5, 4, id="more than all"),
        pytest.param("0000000000000000000000050%", 4, 2, 2, id="zeros in front"),
        pytest.param(
            "9223372036854775807%", 10**9, -(2**63), -(2**63), id="what does not fit 64 bits is the least that does"
        ),
    ],
)
def test_a_value_is_a_number_or_a_share_of_the_total(value, total, up, down):
    """Shares are rounded up or down."""
    assert scaled_value(value, total, round_up=True) == up
    assert scaled_value(value, total, round_up=False) == down


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param(None, "nil value", id="nothing"),
        pytest.param("5", "string is not a percentage", id="a number as a text"),
        pytest.param("", "string is not a percentage", id="an empty text"),
        pytest.param("%", 'parsing "": invalid syntax', id="a lone sign"),
        pytest.param("1.5%", 'parsing "1.5": invalid syntax', id="a fraction"),
        pytest.param("10%%", 'parsing "10%": invalid syntax', id="two signs"),
        pytest.param("1_0%", 'parsing "1_0": invalid syntax', id="an underscore"),
        pytest.param("9223372036854775808%", "value out of range", id="a number beyond 64 bits"),
    ],
)
def test_a_value_that_is_neither_is_refused_with_the_real_message(value, problem):
    """The message is upstream's."""
    with pytest.raises(IntOrStringError, match=problem):
        scaled_value(value, 10, round_up=True)


@given(st.integers(0, 200), st.integers(0, 10**6))
def test_rounding_up_is_at_most_one_more_than_rounding_down(percent, total):
    """And both are next to the exact share."""
    up, down = (scaled_value(f"{percent}%", total, round_up=way) for way in (True, False))

    assert down <= up <= down + 1
    assert down * 100 <= percent * total <= up * 100
