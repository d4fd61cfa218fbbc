"""Standing predicates: asked anew only where something that they look at has changed, and then they are."""

from __future__ import annotations

import pytest
from invariant_models.states import changed, cluster, deployment, pod, replica_set

from kcore.api.convert import from_wire
from kcore.api.evolve import evolve
from kcore.invariants.recent import STEP, Standing
from kcore.machine import Culprits

RS = replica_set(1)
POD = pod("web-1")


class Counted:
    """A predicate that counts how often it is asked; what it finds is set from outside."""

    def __init__(self):
        self.asked = 0
        self.finds = True

    def __call__(self, state):
        self.asked += 1
        return self.finds


def grown(state, *objects):
    """The state in which these are written too."""
    store = state.store
    for one in objects:
        store = store.put(from_wire(one))
    return evolve(state, store=store)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        pytest.param((), 1, id="nothing changed"),
        pytest.param((changed(RS, labels={"a": "b"}), deployment(1)), 1, id="objects of other kinds"),
        pytest.param((deployment(1), changed(POD, labels={"a": "b"})), 2, id="an object of its kind, among others"),
        pytest.param((deployment(1),) * (STEP + 1), 2, id="too much to look through"),
    ],
)
def test_it_is_asked_anew_where_its_kinds_changed(written, asked):
    """What it looks at decides, and not what else was written."""
    predicate, state = Counted(), cluster(RS, POD)
    standing = Standing(predicate, "Pod")
    standing(state)

    assert standing(grown(state, *written)) is True
    assert predicate.asked == asked


def test_it_goes_on_being_asked_where_it_does_not_hold():
    """Only what was found good stands for what comes after."""
    predicate, state = Counted(), cluster(RS, POD)
    standing = Standing(predicate, "Pod")
    predicate.finds = Culprits("wrong")

    assert standing(state) == standing(grown(state, deployment(1))) == Culprits("wrong")
    assert predicate.asked == 2


def test_another_history_is_another_matter():
    """A store that does not come from the good one is asked about, though it is as old."""
    predicate, state = Counted(), cluster(RS)
    standing = Standing(predicate, "Pod")
    standing(grown(state, POD))
    predicate.finds = Culprits("wrong")

    assert standing(grown(state, pod("web-2"), deployment(1))) == Culprits("wrong")


def test_the_world_counts_where_it_says_so():
    """A predicate about the world is asked when the world is another."""
    predicate, state = Counted(), cluster(RS)
    standing = Standing(predicate, "Pod", world=True)
    standing(state)
    standing(evolve(state, world=evolve(state.world)))

    assert predicate.asked == 2
