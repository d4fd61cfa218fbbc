"""Turns that are taken whole come to what they come to call by call, and are looked at again if anything failed."""

from __future__ import annotations

import pytest
from cluster_models.small import applied, booted, calm, clerk, config_map, data, get, key_of_map, patch

from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey
from kcore.client.turn import OnFailure, Turn
from kcore.cluster.turns import Fate, commit, take, take_whole

CLERK = ComponentKey("clerk", "m1")
KEY = tuple(key_of_map())
LATER = 5_000


def wants(*calls, more=False):
    """A reconcile that makes `calls` once, then, if it wants more, one that says how many answers it had."""

    def reconcile(memory, view, key):
        found = view.get(ObjectKey(*key))
        if found is None or (found.data and not view.answers):
            return Turn()
        if not view.answers:
            return Turn(requests=calls, more=more, memory="seen", retry_at=view.now() + LATER)
        if more and len(view.answers) == len(calls):
            return Turn(requests=(patch(answers=str(len(view.answers))),), memory="seen", retry_at=view.now() + LATER)
        return Turn()

    return reconcile


CALLS = {
    "no call": (),
    "one call": (patch(a="1"),),
    "calls on several objects, which it hears of": (patch(a="1"), patch("d", b="2"), patch(c="3")),
    "a call that fails and ends the turn": (patch(a="1"), patch("absent", b="2"), patch(c="3")),
    "a call that fails and does not": (patch("absent", b="2", on_failure=OnFailure.GO_ON), patch(c="3")),
    "a call that is tried again": (patch("absent", b="2", on_failure=OnFailure.RETRY),),
    "a read": (get(), patch(a="1")),
}


@pytest.mark.parametrize("more", [False, True], ids=["at once", "with answers"])
@pytest.mark.parametrize("calls", CALLS.values(), ids=CALLS)
def test_a_whole_turn_comes_to_what_its_calls_come_to(calls, more):
    """One by one or all in one go: the states are the same, the queues with their order included, and the notes."""
    model, state = booted(clerk(wants(*calls, more=more and bool(calls))))
    components = model.components
    state = applied(model, state, config_map(), config_map("d"))
    step = take(state, components, CLERK, KEY)
    notes = step.notes
    while CLERK in step.state.working:
        step = commit(step.state, components, CLERK, Fate.ARRIVES)
        notes += step.notes
    whole = take_whole(state, components, CLERK, KEY)

    assert whole.notes == notes
    assert whole.state == step.state


@pytest.mark.parametrize(
    ("call", "again"),
    [
        pytest.param(patch(a="1"), False, id="all went well"),
        pytest.param(patch("absent", a="1", on_failure=OnFailure.GO_ON), True, id="a call failed"),
    ],
)
def test_what_failed_is_looked_at_again(call, again):
    """The alarm that a turn sets for the case of a failure is set only then."""
    model, state = booted(clerk(wants(call)))
    begun = state.now
    state, _, _ = calm(model, applied(model, state, config_map()))

    assert state.processes[CLERK].wakes.get(KEY) == (begun + LATER if again else None)
    assert data(state) == ({} if again else {"a": "1"})
