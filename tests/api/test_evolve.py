"""evolve: copies of frozen values, as attrs makes them."""

from __future__ import annotations

import copy
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
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


def test_there_is_no_such_field():
    """A change of what is no field is refused."""
    with pytest.raises((AttributeError, TypeError)):
        evolve(META, nothing=1)


@pytest.mark.parametrize("value", [Heap().push(1, "a"), Seed(3)], ids=["private fields", "a converter"])
def test_a_constructor_that_does_more_is_run(value):
    """A class whose constructor does not just take its fields is evolved by it."""
    assert evolve(value) == attrs.evolve(value)
