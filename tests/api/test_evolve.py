"""evolve: copies of frozen values, as attrs makes them."""

from __future__ import annotations

import copy
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve, quick
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.machine.heap import Heap
from kcore.machine.seed import Seed

META = ObjectMeta(name="web", uid="u1", generation=1)


@given(st.dictionaries(st.sampled_from(["name", "namespace", "uid", "resource_version"]), st.text(max_size=3)))
def test_a_copy_is_the_one_that_attrs_would_make(changes):
    """Whatever is changed, the copy is equal to the constructor's, of the same class, and hashes alike."""
    hash(META)
    expected, found = attrs.evolve(META, **changes), evolve(META, **changes)

    assert expected == found
    assert type(found) is ObjectMeta
    assert hash(expected) == hash(found)


def test_the_original_stays():
    """Nothing of the value that was evolved changes."""
    changed = evolve(META, name="other")

    assert (META.name, changed.name, changed.uid) == ("web", "other", "u1")


def test_a_copy_is_frozen():
    """A copy refuses to be changed, as the original does."""
    changed = evolve(Pod(metadata=META), metadata=evolve(META, name="other"))

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        changed.metadata = META
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del changed.metadata


def test_a_copy_can_be_copied_and_pickled():
    """A copy goes wherever the original could go."""
    changed = evolve(META, name="other")

    assert copy.copy(changed) == changed
    assert pickle.loads(pickle.dumps(changed)) == changed  # noqa: S301 - its own


@attrs.frozen
class Plain:
    """A value with a field of each sort of argument."""

    first: int
    second: int = 2
    third: int = attrs.field(default=3, kw_only=True)


@quick
@attrs.frozen
class Quick(Plain):
    """The same with a quick constructor."""


ARGUMENTS = pytest.mark.parametrize(
    ("placed", "named"),
    [
        ((1,), {}),
        ((1, 5), {}),
        ((), {"first": 1, "third": 4}),
        ((1,), {"second": 7}),
        ((), {}),
        ((1, 2, 3), {}),
        ((1,), {"x": 1}),
    ],
    ids=["in place", "all in place", "by name", "mixed", "too few", "too many", "unknown"],
)


def outcome(cls, placed, named):
    """The fields of the value that is made of the arguments, or that they are refused."""
    try:
        return attrs.asdict(cls(*placed, **named))
    except TypeError:
        return "refused"


@ARGUMENTS
def test_a_quick_constructor_takes_what_that_of_attrs_takes(placed, named):
    """The same arguments make the same value, and the same ones are refused."""
    assert outcome(Quick, placed, named) == outcome(Plain, placed, named)


def test_a_quickly_made_value_is_frozen_and_of_its_class():
    """Nothing shows how it was made; values of a class below it are made as attrs does."""

    @attrs.frozen
    class Below(Quick):
        fourth: int = 4

    made = Quick(1)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.first = 2

    assert type(made) is Quick
    assert copy.copy(made) == made
    assert attrs.evolve(made, second=9) == Quick(1, 9)
    assert attrs.asdict(Below(1)) == {"first": 1, "second": 2, "third": 3, "fourth": 4}


def test_a_constructor_that_does_more_stays():
    """Converters, validators and fresh defaults need what attrs makes."""

    @attrs.frozen
    class Converting:
        text: str = attrs.field(converter=str)
        fresh: list[int] = attrs.field(factory=list)

    assert quick(Converting).__init__ is Converting.__init__
    assert quick(Converting)(1) == Converting("1")


def test_there_is_no_such_field():
    """A change of what is no field is refused."""
    with pytest.raises((AttributeError, TypeError)):
        evolve(META, nothing=1)


@pytest.mark.parametrize("value", [Heap().push(1, "a"), Seed(3)], ids=["private fields", "a converter"])
def test_a_constructor_that_does_more_is_run(value):
    """A class whose constructor does not just take its fields is evolved by it."""
    assert evolve(value) == attrs.evolve(value)
