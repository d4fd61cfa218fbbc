"""Reading spec files: what is refused, and how the refusal says where."""

from __future__ import annotations

import pytest

from kcore.api.fields.check import path_text
from kcore.errors import InputError, Place
from kcore.verify.reader import Reader, milliseconds


def locate(path):
    return Place(file="s.yaml", line=3, field=path_text(path))


def reader(value, path=("steps", 0)):
    return Reader(value, path, locate)


def test_a_missing_field_is_named_with_what_was_expected():
    """The place is that of the mapping, the message names the field."""
    with pytest.raises(InputError, match=r"s.yaml:3: steps\[0\]: name is missing; expected a string"):
        reader({}).take("name", str)


@pytest.mark.parametrize(
    ("value", "of", "expected"),
    [
        pytest.param("3", int, "a whole number", id="a string is no number"),
        pytest.param(True, int, "a whole number", id="true is no number"),
        pytest.param(3, str, "a string", id="a number is no string"),
        pytest.param([], dict, "a mapping", id="a list is no mapping"),
        pytest.param({}, list, "a list", id="a mapping is no list"),
        pytest.param("yes", bool, "true or false", id="a string is no boolean"),
    ],
)
def test_a_value_of_the_wrong_type_is_shown(value, of, expected):
    """The value that was found and the type that was expected stand in the message."""
    with pytest.raises(InputError) as caught:
        reader({"x": value}).take("x", of)

    assert repr(value) in str(caught.value)
    assert caught.value.expected == expected
    assert caught.value.place.field == "steps[0].x"


def test_fields_that_nobody_takes_are_refused_with_the_nearest_name():
    """A misspelt field is found by its neighbour."""
    step = reader({"quite": 2})
    step.duration("quiet", 0)

    with pytest.raises(InputError, match=r"unknown field 'quite'.*did you mean quiet\?"):
        step.finish()


def test_what_is_no_mapping_is_refused():
    """A list where a mapping should be is one clear error."""
    with pytest.raises(InputError, match="expected a mapping"):
        reader([1, 2])


@pytest.mark.parametrize(("value", "ms"), [(2.0, 2000), ("150ms", 150), (0, 0)], ids=["seconds", "go", "nothing"])
def test_durations_are_milliseconds(value, ms):
    """Numbers are seconds, strings are Go's."""
    assert milliseconds(value, Place()) == ms


@pytest.mark.parametrize("value", [-1, "soon", None, [1]], ids=repr)
def test_what_is_no_duration_is_refused(value):
    """Negative or unreadable durations are refused."""
    with pytest.raises(InputError, match="expected seconds"):
        milliseconds(value, Place())
