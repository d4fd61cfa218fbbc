"""HashMap: an immutable map that behaves as a dict does."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.hashmap import EMPTY, HashMap, without

KEYS = st.one_of(st.integers(0, 20), st.text("ab", max_size=2))
ENTRIES = st.dictionaries(KEYS, st.integers(0, 3), max_size=30)


@given(ENTRIES)
def test_a_map_holds_what_it_was_made_of(entries):
    """Reading, counting, iterating and comparing are those of the dict."""
    found = HashMap(entries)

    assert found == HashMap(entries)
    assert dict(found) == entries
    assert len(found) == len(entries)
    assert all(found[key] == found.get(key) == value and key in found for key, value in entries.items())


@given(st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 3)))))
def test_changes_are_those_of_a_dict(changes):
    """After any sets and removals a map holds what a dict holds, and the one before is what it was."""
    expected: dict[object, int] = {}
    found = EMPTY
    for key, value in changes:
        before, was = found, dict(found)
        if value is None:
            expected.pop(key, None)
            found = without(found, key)
        else:
            expected[key] = value
            found = found.set(key, value)

        assert dict(before) == was
    assert dict(found) == expected
    assert len(found) == len(expected)
    assert hash(found) == hash(HashMap(expected))


def test_keys_of_one_hash_are_told_apart():
    """Keys that share a hash have a value each, and one goes without the other."""
    found = HashMap({-1: "minus one"}).set(-2, "minus two")

    assert hash(-1) == hash(-2)
    assert (found[-1], found[-2]) == ("minus one", "minus two")
    assert dict(found.delete(-1)) == {-2: "minus two"}


def test_a_key_that_is_absent():
    """An absent key is an error to read and to remove, and nothing to discard."""
    found = HashMap({"a": 1})

    assert found.get("b") is None
    assert found.get("b", 2) == 2
    assert without(found, "b") is found
    with pytest.raises(KeyError):
        found["b"]
    with pytest.raises(KeyError):
        found.delete("b")


def test_a_map_can_be_pickled():
    """A map comes back equal: hashes of strings differ between processes, so its buckets are made anew."""
    found = HashMap({f"n{number}": number for number in range(100)})

    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - its own
