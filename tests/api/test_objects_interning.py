"""Interning: equal values become one object, and nothing is kept alive for it."""

from __future__ import annotations

import gc
import weakref

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import structure
from kcore.api.core.container import Container
from kcore.api.core.pod import Pod
from kcore.api.interning import intern

NAMES = st.sampled_from(["a", "b"])


def _requests(draw):
    return {"requests": draw(st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from(["1", "1000m"])))}


@st.composite
def _pods(draw):
    """A pod in JSON, of so few values that two draws are often alike."""
    return {
        "metadata": {"name": draw(NAMES), "labels": draw(st.dictionaries(NAMES, NAMES, max_size=2))},
        "spec": {
            "containers": [
                {"name": name, "image": draw(NAMES), "resources": _requests(draw), "unmodelled": draw(NAMES)}
                for name in draw(st.lists(NAMES, max_size=2))
            ],
            "tolerations": draw(st.lists(st.fixed_dictionaries({"key": NAMES, "operator": NAMES}), max_size=2)),
        },
        "status": {"conditions": draw(st.lists(st.fixed_dictionaries({"type": NAMES, "status": NAMES}), max_size=2))},
    }


@given(wire=_pods())
def test_interning_keeps_the_value(wire):
    """An interned object is equal to what it stands for, and interning it again changes nothing."""
    pod = structure(Pod, wire)
    interned = intern(pod)

    assert interned == pod
    assert hash(interned) == hash(pod)
    assert intern(interned) is interned


@given(one=_pods(), other=_pods())
def test_equal_values_are_one_object(one, other):
    """Two objects are equal exactly when their interned forms are the same object, part by part."""
    first, second = intern(structure(Pod, one)), intern(structure(Pod, other))

    assert (first is second) == (structure(Pod, one) == structure(Pod, other))
    assert (first.spec is second.spec) == (first.spec == second.spec)
    assert (first.metadata.labels is second.metadata.labels) == (first.metadata.labels == second.metadata.labels)
    for container in first.spec.containers:
        for another in second.spec.containers:
            assert (container is another) == (container == another)
            assert (container.resources.requests is another.resources.requests) == (
                container.resources.requests == another.resources.requests
            )


def test_a_change_shares_what_did_not_change():
    """Interning a changed object keeps the parts that it shares with the old one."""
    pod = intern(structure(Pod, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}))
    moved = structure(Pod, {"metadata": {"name": "q"}, "spec": {"containers": [{"name": "c"}]}})

    interned = intern(moved)

    assert interned is not pod
    assert interned.spec is pod.spec
    assert interned.status is pod.status


def test_nothing_is_kept_alive():
    """A value that nobody holds leaves the pool."""
    container = intern(Container(name="only-here", args=("a",)))
    alive = weakref.ref(container)

    del container
    gc.collect()

    assert alive() is None


def test_the_first_of_equal_values_stands_for_them():
    """An object whose parts are new is interned as it is, without a copy."""
    container = Container(name="brand-new", args=("x",))

    assert intern(container) is container
    assert intern(attrs.evolve(container)) is container
