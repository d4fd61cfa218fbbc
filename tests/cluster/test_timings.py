"""The four timings: what each offers, what each lets drift apart, and that all come to the same end."""

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
    idler,
    key_of_map,
    own_key,
    patch,
    pod,
)

from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey
from kcore.client.turn import Turn
from kcore.cluster.asking import committed
from kcore.cluster.deliver import coalesced
from kcore.cluster.events import (
    CallWentAstray,
    Committed,
    Delivered,
    ProcessRestarted,
    TimePassed,
    TurnTaken,
)
from kcore.cluster.losses import ASTRAY, RESTART
from kcore.cluster.timing import Timing
from kcore.cluster.turns import Fate
from kcore.machine import Refusal
from kcore.model import settle

CLERK = ComponentKey("clerk", "m1")
KEY = tuple(key_of_map())


def fill(memory, view, key):
    """Fill an empty map."""
    found = view.get(ObjectKey(*key))
    return Turn(requests=(patch(key[2], done="yes"),)) if found is not None and not found.data else Turn()


def kinds(model, state):
    """The classes of the enabled events, in order."""
    return [type(event).__name__ for event in model.enabled(state)]


def test_prompt_offers_exactly_one_move_at_a_time():
    """From the first write to the quiet there is one thing to happen, and the run is always the same."""
    runs = []
    for _ in range(2):
        model, state = booted(nodes=2)
        state = applied(model, state, pod("a"), pod("b"))
        events = []
        while offered := model.enabled(state):
            assert len(offered) == 1
            assert model.next_move(state) == offered[0]
            events.append(offered[0])
            state = done(model, state, offered[0]).state
        runs.append(events)

    assert runs[0] == runs[1]
    assert len(runs[0]) > 10


def test_prompt_commits_the_writes_of_a_turn_at_once():
    """A turn is one event."""
    model, state = booted(clerk(fill))
    state = done(model, applied(model, state, config_map()), TurnTaken(CLERK, KEY)).state

    assert data(state) == {"done": "yes"}
    assert not state.working


def test_prompt_serves_processes_in_the_order_in_which_they_got_work():
    """Nobody is served twice before everybody else who waits."""
    model, state = booted(clerk(idler, family="one"), clerk(idler, family="two"))
    state = applied(model, state, config_map("c"), config_map("d"))
    _, events, _ = calm(model, state)

    assert [event.process.family for event in events] == ["one", "two", "one", "two"]


def test_interleaved_offers_every_process_that_is_ready():
    """Any of them may go first, each with the key that waits first."""
    model, state = booted(clerk(idler, family="one"), clerk(idler, family="two"), timing=Timing.INTERLEAVED)
    state = applied(model, state, config_map("c"), config_map("d"))

    assert model.enabled(state) == (
        TurnTaken(ComponentKey("one", "m1"), KEY),
        TurnTaken(ComponentKey("two", "m1"), KEY),
    )


def test_interleaved_commits_one_write_at_a_time():
    """Between the two writes of a turn somebody else may take one."""

    def twice(memory, view, key):
        return Turn(requests=(patch(a="1"), patch(b="2"))) if not view.get(ObjectKey(*key)).data else Turn()

    model, state = booted(clerk(twice), clerk(idler, family="other"), timing=Timing.INTERLEAVED)
    state = done(model, applied(model, state, config_map()), TurnTaken(CLERK, KEY)).state
    between = done(model, state, Committed(CLERK)).state

    assert data(state) == {}
    assert data(between) == {"a": "1"}
    assert kinds(model, between) == ["Committed", "TurnTaken"]
    assert data(done(model, between, Committed(CLERK)).state) == {"a": "1", "b": "2"}


def history(model, state, *values):
    """The state after a map was written once a value, with all stores on the way."""
    stores = [state.store]
    for value in values:
        found = stores[-1].get(key_of_map())
        store = stores[-1].put(attrs.evolve(found, data=found.data.set("v", value)))
        state = committed(state, model.components, store)
        stores.append(state.store)
    return state, stores


def test_a_lagging_cache_hears_of_the_next_change_or_of_all_there_are():
    """Two ways to go on, until it has heard of everything."""
    model, state = booted(clerk(idler), timing=Timing.LAGGING)
    state = applied(model, state, config_map())
    first = state.store.revision
    state, _ = history(model, state, "1", "2")

    assert model.enabled(state) == (Delivered(CLERK, first), Delivered(CLERK, first + 2))


def test_a_lagging_cache_is_a_store_of_the_past_and_never_ahead():
    """Step by step it goes through what the store has been; beyond the present it can't."""
    model, state = booted(clerk(idler), timing=Timing.LAGGING)
    state = applied(model, state, config_map())
    state, stores = history(model, state, "1", "2")
    for store in stores:
        state = done(model, state, Delivered(CLERK, store.revision)).state
        cache = state.processes[CLERK].cache
        assert (cache.objects, cache.revision, cache.indexes) == (store.objects, store.revision, store.indexes)

    assert state.processes[CLERK].cache is state.store
    assert "has not happened yet" in str(model.step(state, Delivered(CLERK, state.store.revision + 1)))
    assert "has heard of that" in str(model.step(state, Delivered(CLERK, state.store.revision)))


def test_a_cache_with_nothing_to_hear_of_is_up_to_date():
    """Changes to kinds that nobody there watches are no events; the view is as new as it can be."""
    model, state = booted(clerk(idler), timing=Timing.LAGGING)
    state = applied(model, state, pod("p"))

    assert model.enabled(state) == ()
    assert state.processes[CLERK].cache is state.store


def test_changes_that_are_told_as_one_lead_from_the_first_to_the_last():
    """What came and went in between is not told at all."""
    model, state = booted(clerk(idler))
    state = applied(model, state, config_map("c"), config_map("d"))
    store = state.store.remove(key_of_map("d"))
    found = store.get(key_of_map())
    store = store.put(attrs.evolve(found, data=found.data.set("v", "1")))
    since = store.changes_since(booted(clerk(idler))[1].store.revision)
    told = coalesced(since)

    assert [(change.key, change.old, change.new.data.get("v")) for change in told] == [(key_of_map(), None, "1")]


def ends(model, state, choose):
    """The objects that a run ends with whose deliveries are chosen."""
    while offered := model.enabled(state):
        deliveries = [event for event in offered if isinstance(event, Delivered)]
        others = [event for event in offered if not isinstance(event, Delivered)]
        state = done(model, state, choose(deliveries) if deliveries else others[0]).state
    return {
        key: attrs.evolve(found, metadata=attrs.evolve(found.metadata, resource_version=""))
        for key, found in state.store.objects.items()
        if key.kind in ("Pod", "ConfigMap")
    }


def test_hearing_of_changes_together_comes_to_the_same_as_one_by_one():
    """Controllers act on what is, not on what has happened: level-triggered."""
    model, state = booted(nodes=1, timing=Timing.LAGGING)
    state = applied(model, state, pod("a"), pod("b"))

    one_by_one = ends(model, state, lambda offered: offered[0])
    together = ends(model, state, lambda offered: offered[-1])

    assert {key: found.status.phase for key, found in one_by_one.items()} == dict.fromkeys(together, "Running")
    assert {key: found.status.phase for key, found in together.items()} == dict.fromkeys(one_by_one, "Running")


def test_a_cache_that_missed_compacted_changes_lists_anew():
    """It is told what differs, deletions too, and forgets nothing that it knows else."""

    def remember(memory, view, key):
        return Turn(memory="known")

    model, state = booted(clerk(remember), timing=Timing.LAGGING)
    state = applied(model, state, config_map("c"), config_map("d"), config_map("e"))
    state, _, _ = calm(model, state)
    store = state.store.remove(key_of_map("d"))
    found = store.get(key_of_map())
    store = store.put(attrs.evolve(found, data=found.data.set("v", "1")))
    state = committed(state, model.components, store)
    state = attrs.evolve(state, store=state.store.compact(state.store.revision))
    listed = done(model, state, Delivered(CLERK, state.store.revision)).state

    assert model.enabled(state) == (Delivered(CLERK, state.store.revision),)
    assert list(listed.processes[CLERK].queue.order) == [KEY, tuple(key_of_map("d"))]
    assert listed.processes[CLERK].memory == state.processes[CLERK].memory
    assert listed.processes[CLERK].cache is listed.store


def at_the_call(fault, masters=1, reconcile=fill):
    """A lossy cluster whose clerk is about to make its only call."""
    model, state = booted(clerk(reconcile), timing=Timing.LOSSY, budget={fault: 1}, masters=masters)
    state = applied(model, state, config_map())
    for event in (Delivered(CLERK, state.store.revision), TurnTaken(CLERK, KEY)):
        state = done(model, state, event).state
    return model, state


def test_lossy_offers_each_way_in_which_a_call_can_go_astray():
    """The request lost, the answer lost, or the request arriving twice, beside its arrival."""
    model, state = at_the_call(ASTRAY)
    astray = [event.fate for event in model.enabled(state) if isinstance(event, CallWentAstray)]

    assert astray == [Fate.REQUEST_LOST, Fate.RESPONSE_LOST, Fate.DOUBLED]


@pytest.mark.parametrize(
    ("fate", "written", "again"),
    [
        pytest.param(Fate.REQUEST_LOST, {}, True, id="a lost request did nothing"),
        pytest.param(Fate.RESPONSE_LOST, {"done": "yes"}, True, id="a lost answer hides what was done"),
        pytest.param(Fate.DOUBLED, {"done": "yes"}, False, id="a doubled request is answered once"),
    ],
)
def test_a_call_that_goes_astray_did_or_did_not_arrive(fate, written, again):
    """The component can't tell the first two apart: both are a timeout, and it tries again later."""
    model, state = at_the_call(ASTRAY)
    step = done(model, state, CallWentAstray(CLERK, fate))

    assert data(step.state) == written
    assert bool(step.state.processes[CLERK].wakes) is again
    assert any("reason=Timeout" in str(note) for note in step.notes) is again
    assert data(settle(model, step.state).state) == {"done": "yes"}


def test_a_restarted_process_knows_nothing_and_lists_anew():
    """Its turn is over, what it remembered is gone, and everything is to be looked at."""
    model, state = at_the_call(RESTART)
    again = done(model, state, ProcessRestarted(CLERK)).state
    process = again.processes[CLERK]

    assert ProcessRestarted(CLERK) in model.enabled(state)
    assert process.working is None
    assert not again.working
    assert not process.memory
    assert list(process.queue.order) == [KEY]
    assert data(settle(model, again).state) == {"done": "yes"}


@pytest.mark.parametrize("fault", [ASTRAY, RESTART])
def test_a_fault_happens_as_often_as_its_budget_says(fault):
    """Then it is refused, and no longer offered."""
    model, state = at_the_call(fault)
    event = ProcessRestarted(CLERK) if fault == RESTART else CallWentAstray(CLERK, Fate.REQUEST_LOST)
    spent = attrs.evolve(state, budget=state.budget.set(fault, 0))

    assert event in model.enabled(state)
    assert event not in model.enabled(spent)
    assert "budget of this fault is spent" in str(model.step(spent, event))


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.INTERLEAVED, Timing.LAGGING], ids=lambda one: one.value)
def test_only_a_lossy_timing_offers_losses(timing):
    """A budget alone makes no fault."""
    model, state = booted(nodes=1, timing=timing, budget={ASTRAY: 5, RESTART: 5})
    state = applied(model, state, pod("p"))
    seen = set()
    while offered := model.enabled(state):
        seen.update(type(event) for event in offered)
        state = done(model, state, offered[-1]).state

    assert seen.isdisjoint({CallWentAstray, ProcessRestarted})


def test_a_run_without_choices_has_no_losses():
    """Settling takes what the cluster does of itself; faults are somebody's choice."""
    model, state = booted(nodes=1, timing=Timing.LOSSY, budget={ASTRAY: 5, RESTART: 5})
    settled = settle(model, applied(model, state, pod("p"))).state

    assert dict(settled.budget) == {ASTRAY: 5, RESTART: 5}
    assert [one.status.phase for one in settled.store.list("Pod")] == ["Running"]


def test_time_passes_under_no_timing_before_everything_due_has_happened():
    """A queue with work, a turn under way, a change to hear of: each holds the clock."""
    model, state = booted(clerk(fill), timing=Timing.LAGGING)
    pending = applied(model, state, config_map())
    ready = done(model, pending, Delivered(CLERK, pending.store.revision)).state
    working = done(model, ready, TurnTaken(CLERK, KEY)).state

    for held in (pending, ready, working):
        refusal = model.step(held, TimePassed(held.now + 1))
        assert isinstance(refusal, Refusal)
        assert "something is due now" in str(refusal)


def test_an_alarm_set_earlier_does_not_go_off_first_among_those_of_one_time():
    """Alarms of one time go off by process and key, whichever was set first: history decides nothing."""

    def reconcile(memory, view, key):
        return Turn(memory=1, wake_at=None if memory else view.now() + 1000 - 500 * (key[2] == "c"))

    def later(memory, view, key):
        return Turn(memory=1, wake_at=None if memory else view.now() + 1000)

    orders = []
    for names in (("c", "d"), ("d", "c")):
        model, state = booted(clerk(later, watch=own_key))
        for name in names:
            state, _, _ = calm(model, applied(model, state, config_map(name)))
        state = done(model, state, model.next_move(state)).state
        orders.append(list(state.processes[CLERK].queue.order))

    assert orders[0] == orders[1] == [KEY, tuple(key_of_map("d"))]
