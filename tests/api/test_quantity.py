"""Quantities: texts, amounts and arithmetic."""

from __future__ import annotations

import copy
import pickle

import attrs
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kcore.api.quantity import ZERO, Format, Quantity, QuantityError
from kcore.errors import KcoreError

SUFFIXES = [
    "",
    "n",
    "u",
    "m",
    "k",
    "M",
    "G",
    "T",
    "P",
    "E",
    "Ki",
    "Mi",
    "Gi",
    "Ti",
    "Pi",
    "Ei",
    "e3",
    "E-2",
    "e+6",
    "e-9",
]


@st.composite
def quantity_texts(draw, suffixes=SUFFIXES):
    """Texts of quantities, from everyday ones to those far beyond 64 bits."""
    digits = st.integers(0, 10**4) | st.integers(0, 10**22)
    sign, number = draw(st.sampled_from(["", "", "-", "+"])), str(draw(digits))
    fraction = draw(st.sampled_from(["", "", ".", ".0", ".5"]) | st.integers(0, 10**14).map(".{:05}".format))
    return f"{sign}{number}{fraction}{draw(st.sampled_from(suffixes))}"


def quantities(suffixes=SUFFIXES):
    """Quantities of all three formats."""
    return quantity_texts(suffixes).map(Quantity.parse)


EVERYDAY = ["", "m", "k", "M", "G", "Ki", "Mi", "Gi"]


def everyday_quantities():
    """Quantities as people write them: they and their sums are small numbers in units and in thousandths."""
    return st.builds("{}{}".format, st.integers(0, 9999), st.sampled_from(EVERYDAY)).map(Quantity.parse)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        pytest.param("100m", "100m", id="millicores stay"),
        pytest.param("0.1", "100m", id="a tenth is a hundred thousandths"),
        pytest.param("1.5Gi", "1536Mi", id="a fraction of a binary unit takes the next smaller one"),
        pytest.param("1024Mi", "1Gi", id="the largest suffix that loses nothing"),
        pytest.param("134217728", "134217728", id="a number of bytes stays decimal"),
        pytest.param("512Ki", "512Ki", id="half a Mi is not written as a fraction"),
        pytest.param("0.5Ki", "512", id="below 1Ki a binary amount is written in decimal"),
        pytest.param("1000", "1k", id="a thousand is 1k"),
        pytest.param("12e6", "12e6", id="an exponent stays one"),
        pytest.param("1.2345E3", "1234500e-3", id="an exponent is a multiple of three"),
        pytest.param("0.1n", "1n", id="nothing is finer than a billionth"),
        pytest.param("-0.1n", "-1n", id="and nothing below it either"),
        pytest.param("0", "0", id="zero"),
        pytest.param("0Gi", "0", id="zero of anything is zero"),
        pytest.param("9Ei", "9223372036854775807", id="binary amounts are capped at 2^63-1"),
        pytest.param("1000E", "1", id="a suffix beyond E is lost, as upstream"),
        pytest.param("1.500", "1.500", id="a text canonical enough is kept as typed"),
        pytest.param("+5", "+5", id="even with its sign"),
        pytest.param(".", "0", id="a lone point is zero"),
        pytest.param("Ki", "0", id="a lone suffix is zero"),
        pytest.param("-", "0", id="a lone sign is zero"),
        pytest.param("00000000000000000000001k", "00000000000000000000001k", id="leading zeros are kept with the text"),
    ],
)
def test_a_quantity_reads_as_the_api_shows_it(text, canonical):
    """The canonical text has no fraction and the largest suffix that loses nothing."""
    assert Quantity.parse(text).canonical == canonical


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "must match the regular expression", id="nothing"),
        pytest.param(" 1", "must match the regular expression", id="a blank"),
        pytest.param("1\n", "must match the regular expression", id="a line end"),
        pytest.param("1Gb", "must match the regular expression", id="a foreign letter"),
        pytest.param("1.2.3", "must match the regular expression", id="two points"),
        pytest.param("\u0661", "must match the regular expression", id="digits of another script"),
        pytest.param("1K", "unable to parse quantity's suffix", id="a capital K"),
        pytest.param("1mm", "unable to parse quantity's suffix", id="a doubled suffix"),
        pytest.param("1e", "unable to parse quantity's suffix", id="an exponent without digits"),
        pytest.param("1e+", "unable to parse quantity's suffix", id="an exponent of a sign"),
        pytest.param("1e9223372036854775808", "unable to parse quantity's suffix", id="an exponent beyond 64 bits"),
        pytest.param("1-3", "unable to parse quantity's suffix", id="a number for a suffix"),
        pytest.param("9" * 4_001, "unable to parse numeric part", id="more digits than anyone needs"),
        pytest.param("1234567890123456789e1000000000", "not computed", id="an exponent that fills the memory"),
    ],
)
def test_a_text_that_is_no_quantity_is_refused_with_the_real_message(text, problem):
    """It is a ValueError and one of kcore's own."""
    with pytest.raises(QuantityError, match=problem) as caught:
        Quantity.parse(text)

    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, KcoreError)


def test_a_long_text_is_read_or_refused_in_linear_time():
    """Ten million zeros with a wrong letter behind them are no trap."""
    with pytest.raises(QuantityError, match="regular expression"):
        Quantity.parse("0" * 10_000_000 + "x")

    assert Quantity.parse("0" * 10_000_000 + "1Gi").value == 2**30


@pytest.mark.parametrize(
    ("value", "canonical"),
    [
        pytest.param("100m", "100m", id="a text"),
        pytest.param(" 1Gi\n", "1Gi", id="a text with blanks around it"),
        pytest.param(2, "2", id="a number"),
        pytest.param(-1000, "-1k", id="a negative number"),
        pytest.param(0.5, "500m", id="a fraction"),
        pytest.param(1e20, "100E", id="a float below 1e21 is written out"),
        pytest.param(1e21, "1e+21", id="a float from 1e21 on has an exponent, with a sign that is kept"),
        pytest.param(1e-7, "100e-9", id="a float below 1e-6 has an exponent"),
        pytest.param(None, "0", id="null is zero"),
    ],
)
def test_json_may_hold_a_quantity_as_text_number_or_null(value, canonical):
    """As Go decodes it."""
    assert Quantity.from_wire(value).canonical == canonical


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(True, id="a truth value"),
        pytest.param([], id="a list"),
        pytest.param({}, id="an object"),
        pytest.param(float("nan"), id="no number"),
        pytest.param(float("-inf"), id="no end"),
        pytest.param("1 Gi", id="a blank inside"),
        pytest.param(10**5_000, id="more digits than anyone needs"),
    ],
)
def test_json_that_is_no_quantity_is_refused(value):
    """One error, whatever the type."""
    with pytest.raises(QuantityError):
        Quantity.from_wire(value)


@pytest.mark.parametrize(
    ("text", "value", "milli", "nano"),
    [
        pytest.param("100m", 1, 100, 100_000_000, id="a tenth of a core counts as one"),
        pytest.param("1.5", 2, 1500, 1_500_000_000, id="halves are rounded up"),
        pytest.param("-1.5", -2, -1500, -1_500_000_000, id="away from zero, that is"),
        pytest.param("1Ki", 1024, 1_024_000, 1_024_000_000_000, id="a binary unit"),
        pytest.param("1n", 1, 1, 1, id="the least there is"),
        pytest.param("9100M", 9_100_000_000, 9_100_000_000_000, 9_100_000_000 * 10**9, id="a decimal unit"),
        pytest.param(
            "5400000Gi", 5_798_205_849_600_000, 5_798_205_849_600_000_000, 5_798_205_849_600_000 * 10**9, id="large"
        ),
        pytest.param("7Ei", 7 * 2**60, -(2**63), 7 * 2**60 * 10**9, id="thousandths wrap beyond 64 bits"),
        pytest.param("10E", 0, 0, 10**28, id="or are 0, where the amount is kept as a small number"),
        pytest.param(
            "-100000Gi", 4_314_853_064, 4_314_853_063_300, -100_000 * 2**30 * 10**9, id="less than none may be more"
        ),
    ],
)
def test_a_quantity_has_a_value_in_units_thousandths_and_billionths(text, value, milli, nano):
    """Units and thousandths are rounded up into 64 bits; billionths are exact."""
    quantity = Quantity.parse(text)

    assert (quantity.value, quantity.milli_value, quantity.nano) == (value, milli, nano)


def test_amounts_of_any_exponent_are_compared_and_written_at_once():
    """Nobody writes out a number of a thousand million digits."""
    least, most = Quantity.parse("1e-1000000000"), Quantity.parse("1e1000000000")
    nothing = Quantity.parse("0e1000000000")

    assert nothing.cmp(ZERO) == 0
    assert ZERO < least < most
    assert -most < -least < nothing < most
    assert (least.canonical, most.canonical, nothing.canonical) == ("1e-9", "10e999999999", "0")
    assert (most + nothing).cmp(most) == 0
    assert (most.value, (most * 10).cmp(most)) == (0, 1)
    for too_large in (lambda: most + least, lambda: most.nano, lambda: Quantity.parse("9" * 3_999) * 10**10):
        with pytest.raises(QuantityError, match="not computed"):
            too_large()


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        pytest.param("1", "500m", "1500m", id="units and thousandths"),
        pytest.param("1Gi", "1Mi", "1025Mi", id="binary units"),
        pytest.param("1Gi", "500M", "1573741824", id="the left side's format, decimal where 1024 does not divide"),
        pytest.param("500M", "1Gi", "1573741824", id="decimal on the left"),
        pytest.param("0", "1Gi", "1Gi", id="zero takes the other format"),
        pytest.param("9223372036854775807", "1", "9223372036854775808", id="sums grow beyond 64 bits"),
    ],
)
def test_sums_take_the_format_of_their_left_side(left, right, total):
    """Unless that is zero."""
    assert (Quantity.parse(left) + Quantity.parse(right)).canonical == total
    assert (Quantity.parse(total) - Quantity.parse(right)).cmp(Quantity.parse(left)) == 0


def test_a_product_says_whether_its_number_fits_64_bits():
    """As upstream's Mul does; a binary fraction is held as a decimal of billionths."""
    assert Quantity.parse("100m").times(3) == (Quantity.parse("300m"), True)
    assert Quantity.parse("1E").times(100)[1] is True
    assert Quantity.parse("9223372036854775807").times(2)[1] is False
    assert (Quantity.parse("1536Mi") * 2).canonical == "3Gi"


def test_equality_is_of_text_and_amount_and_order_is_of_amounts():
    """A stored object keeps whether it says 1.500 or 1500m; the two are the same amount."""
    typed, computed = Quantity.parse("1.500"), Quantity.parse("1500m")
    largest, lost = Quantity.parse("1"), Quantity.parse("1000E")

    assert typed != computed
    assert typed.cmp(computed) == 0
    assert typed <= computed
    assert typed >= computed
    assert lost.canonical == largest.canonical
    assert lost != largest
    assert largest != "1"


def test_a_quantity_is_frozen_and_survives_copying_and_pickling():
    """It can be shared by any number of objects."""
    quantity = Quantity.parse("1.5Gi")

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        quantity.format = Format.DECIMAL_SI
    assert copy.deepcopy(quantity) == pickle.loads(pickle.dumps(quantity)) == quantity  # noqa: S301 - our own
    assert {quantity: 1}[Quantity.parse("1536Mi")] == 1
    assert repr(quantity) == "Quantity.parse('1536Mi')"


def test_a_quantity_is_made_of_units_or_thousandths():
    """As NewQuantity and NewMilliQuantity make it."""
    assert Quantity.of(2**30, Format.BINARY_SI) == Quantity.parse("1Gi")
    assert Quantity.of_milli(1500) == Quantity.parse("1500m")
    assert Quantity.of(0) == ZERO
    assert -Quantity.of(5) == Quantity.parse("-5")


@given(quantities())
@example(Quantity.parse("-9223372036854775808"))
@example(Quantity.parse("1e999"))
def test_the_computed_text_parses_to_itself(quantity):
    """A canonical text is canonical, where no suffix is lost: it is kept, is computed alike and is the same amount."""
    text = quantity.recomputed
    assume(Quantity.parse(text).cmp(quantity) == 0)

    again = Quantity.parse(text)
    assert again.canonical == again.recomputed == text


@given(quantities(EVERYDAY))
def test_a_kept_text_parses_to_itself(quantity):
    """What the API shows is what it would show again, where no suffix is lost."""
    assume(Quantity.parse(quantity.canonical).cmp(quantity) == 0)

    assert Quantity.parse(quantity.canonical) == quantity
    assert hash(Quantity.parse(quantity.canonical)) == hash(quantity)


@given(quantities(), quantities(), quantities())
def test_comparison_is_a_total_order_of_exact_amounts(first, second, third):
    """It agrees with the amounts in billionths, is antisymmetric and transitive."""
    expected = (first.nano > second.nano) - (first.nano < second.nano)

    assert first.cmp(second) == expected == -second.cmp(first)
    low, middle, high = sorted([first, second, third])
    assert low <= middle <= high
    assert low <= high


@given(quantities(), quantities(), quantities())
def test_sums_are_exact_commute_and_associate(first, second, third):
    """Whatever form the numbers are kept in."""
    assert (first + second).nano == first.nano + second.nano == (second + first).nano
    assert ((first + second) + third).cmp(first + (second + third)) == 0
    assert (first - second).nano == first.nano - second.nano
    assert ((first + second) - second).cmp(first) == 0


@given(quantities(), st.integers(-(2**63) + 1, 2**63 - 1))
def test_products_are_exact(quantity, factor):
    """Beyond 64 bits, too."""
    product, fits = quantity.times(factor)

    assert product.nano == quantity.nano * factor
    assert not fits or abs(product.amount.number) <= 2**63


@given(everyday_quantities(), everyday_quantities())
def test_everyday_values_are_rounded_up_to_whole_units(left, right):
    """Within 64 bits a value is the amount, rounded up."""
    total = left + right

    assert total.value == -(-total.nano // 10**9)
    assert total.milli_value == -(-total.nano // 10**6)
    assert total.sign == (total.nano > 0)


@given(st.text(alphabet="0123456789.+-eEinumkKMGTPx ", max_size=12))
def test_any_text_is_a_quantity_or_a_quantity_error(text):
    """Nothing else comes out, and what does has a text."""
    try:
        quantity = Quantity.parse(text)
    except QuantityError:
        return
    assert quantity.canonical
