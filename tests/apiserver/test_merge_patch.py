"""JSON merge patch: the examples and laws of RFC 7386."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.apiserver.patch.merge import merge_patch

EXAMPLES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]

scalars = st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", "y"])
names = st.sampled_from("abc")


def objects(leaves):
    return st.dictionaries(
        names, st.recursive(leaves, lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=6), max_size=3
    )


documents = objects(scalars | st.lists(scalars, max_size=2))
patches = objects(st.none() | scalars | st.lists(scalars, max_size=2))


@pytest.mark.parametrize(("target", "patch", "expected"), EXAMPLES, ids=[f"example {n}" for n in range(len(EXAMPLES))])
def test_the_examples_of_the_rfc(target, patch, expected):
    """Appendix A of the RFC, row by row."""
    assert merge_patch(target, patch) == expected


@given(documents)
def test_an_empty_patch_changes_nothing(document):
    """The neutral patch is the empty object."""
    assert merge_patch(document, {}) == document


@given(documents, patches)
def test_a_patch_applied_twice_is_a_patch_applied_once(document, patch):
    """A merge patch is idempotent."""
    once = merge_patch(document, patch)

    assert merge_patch(once, patch) == once


@given(documents, patches)
def test_a_patch_changes_neither_of_its_arguments(document, patch):
    """The result is a new value."""
    before = copy.deepcopy((document, patch))
    merge_patch(document, patch)

    assert (document, patch) == before


@given(documents, patches)
def test_what_a_patch_names_is_as_it_says_and_the_rest_stays(document, patch):
    """At the top level: null is gone, other names are there, unnamed ones are as they were."""
    merged = merge_patch(document, patch)

    assert all((name in merged) is (value is not None) for name, value in patch.items())
    assert all(merged[name] == value for name, value in document.items() if name not in patch)


@given(documents, documents)
def test_any_document_can_be_reached(document, wanted):
    """The patch that nulls what is there and names what is wanted leads to it, without its nulls."""
    wiped = merge_patch(document, dict.fromkeys(document))

    assert wiped == {}
    assert merge_patch(wiped, wanted) == wanted
