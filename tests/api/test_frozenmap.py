"""The immutable map with one order."""

from __future__ import annotations

import pickle
from collections import UserDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.frozenmap import EMPTY, FrozenMap

ENTRIES = st.dictionaries(st.text(max_size=3), st.integers(0, 3), max_size=4)


@given(entries=ENTRIES)
def test_the_order_is_that_of_the_sorted_keys(entries):
    """Whatever the order of the entries, the map is iterated by sorted key."""
    assert list(FrozenMap(entries)) == sorted(entries)


@given(entries=ENTRIES, order=st.randoms(use_true_random=False))
def test_equal_entries_make_equal_maps(entries, order):
    """Maps with the same entries are equal, hash alike and print alike, in whatever order they were given."""
    pairs = list(entries.items())
    order.shuffle(pairs)
    one, other = FrozenMap(entries), FrozenMap(pairs)

    assert one == other == entries
    assert hash(one) == hash(other)
    assert repr(one) == repr(other)


@given(one=ENTRIES, other=ENTRIES)
def test_maps_are_equal_only_with_the_same_entries(one, other):
    """Equality of maps is that of their entries, against other mappings too."""
    assert (FrozenMap(one) == FrozenMap(other)) == (one == other)
    assert (FrozenMap(one) == UserDict(other)) == (one == other)


@given(entries=ENTRIES, key=st.text(max_size=3), value=st.integers(0, 3))
def test_changes_give_new_maps(entries, key, value):
    """Setting, updating and removing give what a dict would hold, and leave the map as it was."""
    original = FrozenMap(entries)

    assert original.set(key, value) == {**entries, key: value}
    assert original.update({key: value}) == {**entries, key: value}
    assert original.remove(key) == {name: entries[name] for name in entries if name != key}
    assert original == entries


@given(entries=ENTRIES)
def test_a_map_is_a_mapping(entries):
    """Length, membership, look-up and truth are those of a dict."""
    frozen = FrozenMap(entries)

    assert len(frozen) == len(entries)
    assert all(key in frozen and frozen[key] == value for key, value in entries.items())
    assert bool(frozen) == bool(entries)
    assert dict(frozen) == entries


@given(entries=ENTRIES)
def test_a_map_survives_pickling(entries):
    """A map that went through pickle is the same value."""
    assert pickle.loads(pickle.dumps(FrozenMap(entries))) == entries  # noqa: S301 - our own bytes


def test_a_map_refuses_assignment():
    """An attribute of a map can't be set, and the message says so."""
    with pytest.raises(AttributeError, match="immutable"):
        EMPTY.name = "value"


def test_a_missing_key_is_an_error():
    """Looking up a key that has no entry raises KeyError, as a dict does."""
    with pytest.raises(KeyError, match="nobody"):
        EMPTY["nobody"]


def test_a_map_is_not_equal_to_other_things():
    """A map is no list and no None."""
    assert FrozenMap({"a": 1}) != [("a", 1)]
    assert EMPTY is not None
