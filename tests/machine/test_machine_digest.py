"""Digests: equal values have equal digests, different ones different ones, and what is no value has none."""

from __future__ import annotations

import enum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap, pset, pvector

from kcore.machine import Digester, DigestError, digest, mix


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Fruit(enum.StrEnum):
    RED = "red"


@attrs.frozen
class Point:
    x: object
    y: object = None
    label: str = attrs.field(default="", eq=False)


@attrs.frozen
class Pair:
    x: object
    y: object = None


@attrs.define
class Loose:
    x: int


DIFFERENT = [
    None, 0, 1, -1, 2**70, True, False, "", "1", "True", b"", b"1", (), (1,), (True,), ("1",), ((1,),), (1, None),
    frozenset(), frozenset({1}), frozenset({True}), frozenset({(1,)}), Colour.RED, Colour.GREEN, Fruit.RED, "red",
    Point(1), Point(True), Point(None, 1), Pair(1), pmap({1: 2}), pmap({2: 1}), pvector([1]), ("ab", "c"), ("a", "bc"),
]  # fmt: skip

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.binary(max_size=4) | st.sampled_from(Colour),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(inner, max_size=3)
        | st.builds(Point, inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3).map(pmap)
    ),
    max_leaves=8,
)


def same(one: object, other: object) -> bool:
    """Equality that tells 1 from True, at every depth."""
    return _typed(one) == _typed(other)


def _typed(value: object) -> object:
    if isinstance(value, tuple):
        return ("tuple", tuple(map(_typed, value)))
    if isinstance(value, frozenset):
        return ("set", frozenset(map(_typed, value)))
    if isinstance(value, Point):
        return ("point", _typed(value.x), _typed(value.y))
    if hasattr(value, "iteritems"):
        return ("map", frozenset((_typed(key), _typed(value[key])) for key in value))
    return (type(value), value)


def test_values_that_differ_have_different_digests():
    """Types tell values apart, and so does structure."""
    assert len({digest(value) for value in DIFFERENT}) == len(DIFFERENT)


@given(VALUES, VALUES)
def test_digests_are_equal_exactly_when_values_are(one, other):
    """A digest stands for its value."""
    assert (digest(one) == digest(other)) == same(one, other)


@given(VALUES)
def test_what_a_digester_remembers_changes_nothing(value):
    """A digester gives the same answer twice, and the one that a fresh digester gives."""
    digester = Digester()
    digester.of(value, keep=True)

    assert digester(value) == digester(value) == digest(value)
    assert 0 <= digest(value) < 2**128


def test_fields_that_equality_ignores_are_ignored():
    """A field with eq=False takes no part in the digest."""
    assert digest(Point(1, 2, label="a")) == digest(Point(1, 2, label="b"))


def test_sets_are_taken_without_order():
    """A frozenset and a persistent set of the same members are the same set."""
    assert digest(frozenset(range(50))) == digest(frozenset(reversed(range(50)))) == digest(pset(range(50)))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(1.5, id="a float has no digest"),
        pytest.param([1], id="a list has no digest"),
        pytest.param({"a": 1}, id="a dict has no digest"),
        pytest.param({1}, id="a set has no digest"),
        pytest.param(Loose(1), id="an attrs object that can change has no digest"),
        pytest.param(object(), id="a bare object has no digest"),
        pytest.param((1, [2]), id="a tuple with a list in it has no digest"),
    ],
)
def test_what_is_no_value_has_no_digest(value):
    """What may change, or has no agreed equality, is refused."""
    with pytest.raises(DigestError, match="has no digest"):
        digest(value)


def test_known_digests_do_not_change():
    """Fingerprints are the same in every version, process and machine."""
    assert f"{digest((1, 'a', None, True)):032x}" == "5a93774286be6bfe3fe6e01b995db484"


def test_sealing_nothing_gives_nothing():
    """The seal of an empty group adds nothing, and that of another is not its content."""
    assert mix(0) == 0
    assert mix(digest(1)) not in {0, digest(1)}
