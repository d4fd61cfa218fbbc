"""Turns: reading, writing and acting, in that order, and what failures do to them."""

from __future__ import annotations

import attrs
import pytest
from cluster_models.small import (
    applied,
    booted,
    calm,
    clerk,
    config_map,
    data,
    done,
    get,
    idler,
    key_of_map,
    patch,
    pod,
)

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey, Work
from kcore.client.turn import OnFailure, Turn
from kcore.client.workqueue import BASE_DELAY
from kcore.cluster.events import CallWentAstray, Committed, Delivered, TimePassed, TurnTaken
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.cluster.turns import Fate
from kcore.errors import MisuseError
from kcore.machine import Note
from kcore.users.apply import Apply
from kcore.users.patch import Patch
from kcore.world.actions import CreateSandbox
from kcore.world.sandbox import SandboxId

CLERK = ComponentKey("clerk", "m1")
KEY = tuple(key_of_map())


def once(*calls, **turn):
    """A reconcile that makes these calls as long as the map has no data."""

    def reconcile(memory, view, key):
        found = view.get(ObjectKey(*key))
        return Turn(requests=calls, **turn) if found is not None and not found.data else Turn()

    return reconcile


def run(reconcile, *bodies, timing=Timing.PROMPT, **component):
    """The model, state, events and notes after a clerk did what it had to, with a map called c."""
    model, state = booted(clerk(reconcile, **component), timing=timing)
    return model, *calm(model, applied(model, state, config_map(), *bodies))


def test_calls_are_made_one_after_the_other_in_their_order():
    """The second call overwrites what the first wrote."""
    _, state, _, _ = run(once(patch(who="first"), patch(who="second", also="x")))

    assert data(state) == {"who": "second", "also": "x"}


@pytest.mark.parametrize(
    ("on_failure", "sent", "goes_on"),
    [
        pytest.param(OnFailure.STOP, 1, False, id="stop ends the turn"),
        pytest.param(OnFailure.GO_ON, 2, True, id="go on makes the next call"),
        pytest.param(OnFailure.RETRY, 4, False, id="retry makes the same call again, then stops"),
    ],
)
def test_a_call_says_what_its_failure_does(on_failure, sent, goes_on):
    """The first call finds no object; each commit is one sending."""
    turn = once(patch("absent", a="b", on_failure=on_failure, attempts=4), patch(done="yes"))
    _, state, events, notes = run(turn, timing=Timing.INTERLEAVED)
    commits = [event for event in events if isinstance(event, Committed)]

    assert len(commits) == sent
    assert data(state) == ({"done": "yes"} if goes_on else {})
    assert ("turn.failed" in [note.name for note in notes]) is not goes_on


def test_a_failure_that_is_accepted_counts_as_success():
    """What is not found need not be patched."""
    _, state, _, notes = run(once(patch("absent", a="b", accepts={"NotFound"}), patch(done="yes")))

    assert data(state) == {"done": "yes"}
    assert "turn.failed" not in [note.name for note in notes]


def test_a_turn_that_fails_tells_why_and_comes_back_after_a_back_off_that_doubles():
    """5 ms, then 10 ms after that, and nothing of what the turn would have told."""
    turn = once(patch("absent", a="b"), notes=(Note("map.filled"),))
    model, state, _, notes = run(turn)
    begun = state.now
    times = []
    for _ in range(3):
        state = done(model, state, model.next_move(state)).state
        times.append(state.now - begun)
        state, _, more = calm(model, state)
        notes += more

    assert times == [BASE_DELAY, 3 * BASE_DELAY, 7 * BASE_DELAY]
    assert {str(note) for note in notes} == {
        "turn.failed process=clerk@m1 key=ConfigMap/default/c verb=patch on=ConfigMap/absent reason=NotFound"
    }


def test_success_forgets_the_failures():
    """Once the missing map is there, the key fails no more and its back-off begins anew."""
    turn = once(patch("absent", a="b"), patch(done="yes"))
    model, state, _, _ = run(turn)
    state = applied(model, state, config_map("absent"))
    state = done(model, state, model.next_move(state)).state
    state, _, _ = calm(model, done(model, state, model.next_move(state)).state)

    assert data(state) == {"done": "yes"}
    assert not state.processes[CLERK].queue.failures


def test_a_failed_turn_comes_back_no_later_than_its_alarm():
    """The alarm that was set before stands if it comes before the back-off is over."""

    def reconcile(memory, view, key):
        if view.get(ObjectKey(*key)).data:
            return Turn(requests=(patch("absent", a="b"),))
        return Turn(wake_at=view.now() + 2)

    model, state, _, _ = run(reconcile)
    state, _, _ = calm(model, done(model, state, _set("x")).state)

    assert state.processes[CLERK].wakes[KEY] == state.now + 2


def _set(value):
    """The act of a person who fills the map."""
    target = Target(kind="ConfigMap", namespace="default", name="c")
    return Patch(target=target, patch=Json.of({"data": {"person": value}}))


def test_more_calls_again_with_the_answers_and_the_same_view():
    """Others may write in between: the live read sees it, the view does not."""
    seen = []

    def reconcile(memory, view, key):
        seen.append((memory, dict(view.get(ObjectKey(*key)).data), [dict(one.object.data) for one in view.answers]))
        if len(view.answers) < 2:
            return Turn(requests=(get(),), more=True)
        return Turn()

    model, state = booted(clerk(reconcile), timing=Timing.INTERLEAVED)
    state = applied(model, state, config_map())
    state = done(model, state, TurnTaken(CLERK, KEY)).state
    state = done(model, state, Committed(CLERK)).state
    state = done(model, state, _set("x")).state
    state = done(model, state, Committed(CLERK)).state

    assert seen == [(None, {}, []), (None, {}, [{}]), (None, {}, [{}, {"person": "x"}])]
    assert list(state.processes[CLERK].queue.order) == [KEY]


def test_a_call_that_is_retried_has_one_answer():
    """A request that is lost once is made again; the answers are one a call, to be told by their places."""
    seen = []

    def reconcile(memory, view, key):
        seen.append([one.code for one in view.answers])
        again = patch(a="b", on_failure=OnFailure.RETRY)
        return Turn() if view.answers else Turn(requests=(again, get()), more=True)

    model, state = booted(clerk(reconcile), timing=Timing.LOSSY, budget={"callAstray": 1})
    state = applied(model, state, config_map())
    heard = done(model, state, Delivered(CLERK, state.store.revision)).state
    events = (TurnTaken(CLERK, KEY), CallWentAstray(CLERK, Fate.REQUEST_LOST), Committed(CLERK), Committed(CLERK))
    for event in events:
        heard = done(model, heard, event).state

    assert seen == [[], [200, 200]]


def test_memory_is_kept_for_each_key_and_forgotten_with_none():
    """A component counts how often it looked at each map, up to two."""

    def reconcile(memory, view, key):
        return Turn(memory=None if memory == 2 else (memory or 0) + 1)

    model, state = booted(clerk(reconcile))
    state, _, _ = calm(model, applied(model, state, config_map("c"), config_map("d")))
    twice, _, _ = calm(model, done(model, state, _set("x")).state)
    thrice, _, _ = calm(model, done(model, twice, _set("y")).state)

    assert dict(state.processes[CLERK].memory) == {KEY: 1, tuple(key_of_map("d")): 1}
    assert dict(twice.processes[CLERK].memory) == {KEY: 2, tuple(key_of_map("d")): 1}
    assert dict(thrice.processes[CLERK].memory) == {tuple(key_of_map("d")): 1}


def test_a_turn_that_fails_remembers_nothing_new():
    """What was remembered before stands."""

    def reconcile(memory, view, key):
        filled = view.get(ObjectKey(*key)).data
        return Turn(memory="late" if filled else "early", requests=(patch("absent", a="b"),) if filled else ())

    model, state, _, _ = run(reconcile)
    state, _, _ = calm(model, done(model, state, _set("x")).state)

    assert state.processes[CLERK].memory[KEY] == "early"


def test_wake_at_sets_moves_and_cancels_the_alarm():
    """Each turn says anew when the next one is due; no answer means never."""

    def reconcile(memory, view, key):
        wakes = {None: 1000, 1: 500, 2: None}
        return Turn(memory=(memory or 0) + 1, wake_at=None if memory == 2 else view.now() + wakes[memory])

    model, state, _, _ = run(reconcile)
    moved, _, _ = calm(model, done(model, state, _set("x")).state)
    cancelled, _, _ = calm(model, done(model, moved, _set("y")).state)

    assert model.next_move(state) == TimePassed(state.now + 1000)
    assert model.next_move(moved) == TimePassed(state.now + 500)
    assert model.next_move(cancelled) is None


@pytest.mark.parametrize("ago", [0, 1, 5000], ids=["now", "just now", "long ago"])
def test_a_wake_at_that_has_come_asks_for_another_turn_at_once(ago):
    """No time passes, and the clock does not run backwards."""

    def reconcile(memory, view, key):
        return Turn(memory=(memory or 0) + 1, wake_at=None if memory == 2 else view.now() - ago)

    _, state, events, _ = run(reconcile)

    assert len(events) == 3
    assert not state.processes[CLERK].wakes


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        pytest.param(Turn(requests=(patch(a="b"),)), "clerk asks to patch ConfigMap, which", id="an undeclared write"),
        pytest.param(Turn(requests=(get(), patch(a="b"))), "clerk asks to patch", id="one that comes second"),
        pytest.param(Turn(more=True), "clerk asks for more answers on", id="more without a request"),
        pytest.param(None, "clerk has to return a Turn, not None", id="no turn"),
    ],
)
def test_a_component_that_breaks_its_word_is_refused_by_name(turn, message):
    """The message says which component, and what it did."""
    with pytest.raises(MisuseError, match=message):
        run(lambda memory, view, key: turn, writes=frozenset())


def test_reads_need_no_declaration():
    """A live read is asked of anybody."""
    run(lambda memory, view, key: Turn() if view.answers else Turn(requests=(get(),), more=True), writes=frozenset())


def on_n1(change, store):
    """The watch of a component on a node."""
    yield Work("n1", change.key)


def test_actions_touch_the_world_only_after_the_last_call():
    """Between two calls the world is as it was; a turn that fails does nothing."""
    sandbox = CreateSandbox(id=SandboxId("n1", "u"), pod=ObjectKey("Pod", "default", "p"), grace=30)

    def reconcile(memory, view, key):
        last = patch("absent" if key[2] == "c" else "d", a="b")
        id_ = attrs.evolve(sandbox, id=SandboxId("n1", key[2]))
        return Turn() if view.get(ObjectKey(*key)).data else Turn(requests=(get(), last), actions=(id_,))

    component = clerk(reconcile, watch=on_n1, per_node=True)
    model, state = booted(component, nodes=1, timing=Timing.INTERLEAVED)
    state = applied(model, state, config_map("c"), config_map("d"))
    name = ComponentKey("clerk", "n1")
    worlds = []
    for key in (KEY, tuple(key_of_map("d"))):
        for event in (TurnTaken(name, key), Committed(name), Committed(name)):
            state = done(model, state, event).state
            worlds.append([one.id.pod_uid for one in state.world.sandboxes_on("n1")])

    assert worlds == [[], [], [], [], [], ["d"]]


def test_a_turn_sees_its_machine_as_it_was_when_it_began():
    """The same view means the same machine, too, while answers are waited for."""
    seen = []

    def reconcile(memory, view, key):
        seen.append(view.sandbox("u") is not None)
        return Turn() if view.answers else Turn(requests=(get(),), more=True)

    model, state = booted(clerk(reconcile, watch=on_n1, per_node=True), nodes=1, timing=Timing.INTERLEAVED)
    state = applied(model, state, config_map())
    name = ComponentKey("clerk", "n1")
    state = done(model, state, TurnTaken(name, KEY)).state
    action = CreateSandbox(id=SandboxId("n1", "u"), pod=ObjectKey("Pod", "default", "p"), grace=30)
    state = attrs.evolve(state, world=state.world.act(action, state.now))
    done(model, state, Committed(name))

    assert seen == [False, False]


def test_what_changes_during_a_turn_is_looked_at_in_another():
    """The key is marked, not queued twice, and comes once the turn is over."""
    model, state = booted(clerk(once(get(), patch(done="yes"))), timing=Timing.INTERLEAVED)
    state = applied(model, state, config_map())
    state = done(model, state, TurnTaken(CLERK, KEY)).state
    state = done(model, state, _set("x")).state
    waiting = len(state.processes[CLERK].queue)
    state, _, _ = calm(model, state)

    assert waiting == 0
    assert data(state) == {"person": "x", "done": "yes"}


def test_a_turn_under_way_can_not_be_taken_again():
    """One turn a process: the event is refused, and so is one for a key that does not wait."""
    model, state = booted(clerk(once(get())), timing=Timing.INTERLEAVED)
    state = applied(model, state, config_map("c"), config_map("d"))
    busy = done(model, state, TurnTaken(CLERK, KEY)).state
    other = ComponentKey("clerk", "m9")

    assert "has a turn under way" in str(model.step(busy, TurnTaken(CLERK, tuple(key_of_map("d")))))
    assert "does not wait" in str(model.step(state, TurnTaken(CLERK, ("x",))))
    assert "no such process" in str(model.step(state, TurnTaken(other, KEY)))
    assert "no turn under way" in str(model.step(state, Committed(CLERK)))


def test_a_model_refuses_two_components_of_one_family():
    """The family is the name."""
    with pytest.raises(MisuseError, match="'clerk'"):
        booted(clerk(idler), clerk(idler))


def test_apply_is_an_event_like_any_other():
    """What people do needs no turn of anybody."""
    model, state = booted(clerk(idler), nodes=1)

    assert done(model, state, Apply(objects=())).state is state
    assert len(applied(model, state, pod("p")).store.list("Pod")) == 1
