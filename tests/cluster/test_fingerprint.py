"""Fingerprints: what they forget, what they tell apart, and that keeping them up is as good as making them anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from cluster_models.small import CAPACITY, applied, booted, calm, clerk, config_map, done, get, idler, key_of_map, pod
from cluster_models.writers import KEY, adder

from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey
from kcore.client.turn import Turn
from kcore.cluster.asking import committed
from kcore.cluster.control_plane import ApiServer
from kcore.cluster.events import Committed, Delivered, TimePassed, TurnTaken
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.timing import Timing
from kcore.model import START, NodeSpec, Plan, boot, build_model, settle
from kcore.world.container import Exit

CLERK, KUBELET = ComponentKey("clerk", "m1"), ComponentKey("kubelet", "n1")


def fingerprint(state):
    """The fingerprint of a state, made anew."""
    return Fingerprinter()(state)


def run(model, state, choose, most=200):
    """The states of a run whose events are chosen."""
    states = [state]
    while (offered := model.enabled(states[-1])) and len(states) < most:
        states.append(done(model, states[-1], choose(offered)).state)
    return states


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
@pytest.mark.parametrize("place", [0, -1], ids=["first choices", "last choices"])
def test_a_fingerprint_that_was_kept_up_is_that_made_anew(timing, place):
    """Whatever the fingerprinter has seen before, forwards or backwards, makes no difference."""
    model, state = booted(nodes=2, timing=timing, budget={"callAstray": 1, "processRestart": 1})
    states = run(model, applied(model, state, pod("a"), pod("b")), lambda offered: offered[place])
    forwards, backwards = Fingerprinter(), Fingerprinter()
    anew = [fingerprint(state) for state in states]

    assert [forwards(state) for state in states] == anew
    assert [backwards(state) for state in reversed(states)] == anew[::-1]


def test_states_of_one_run_differ():
    """Something happens in each step."""
    model, state = booted(nodes=1)
    states = run(model, applied(model, state, pod("a")), lambda offered: offered[0])

    assert len({fingerprint(state) for state in states}) == len(states)


def test_uids_revisions_and_times_are_forgotten():
    """A cluster in which something came and went before, and an hour later, is the same cluster."""
    model, state = booted(nodes=1)
    state = settle(model, state).state
    detour = settle(model, applied(model, state, config_map("x"))).state
    detour = attrs.evolve(detour, store=detour.store.remove(key_of_map("x")), now=detour.now + 3_600_000)
    pods = [applied(model, one, pod("a")) for one in (state, detour)]
    ends = [settle(model, one).state for one in pods]

    assert pods[0].store.list("Pod")[0].metadata.uid != pods[1].store.list("Pod")[0].metadata.uid
    assert fingerprint(pods[0]) == fingerprint(pods[1])
    assert fingerprint(ends[0]) == fingerprint(ends[1])


def replaced(state, name="c"):
    """The state in which a map was replaced by another one of the same name and content."""
    found = state.store.get(key_of_map(name))
    uid = found.metadata.uid[:-1] + "x"
    other = attrs.evolve(found, metadata=attrs.evolve(found.metadata, uid=uid))
    return attrs.evolve(state, store=state.store.remove(key_of_map(name)).put(other))


def touched(state, name="c"):
    """The state in which a map was changed there and back."""
    found = state.store.get(key_of_map(name))
    changed = attrs.evolve(found, data=found.data.set("v", "1"))
    return attrs.evolve(state, store=state.store.put(changed).put(found))


def owned(state, owner="c", name="d"):
    """The state in which one map is owned by another."""
    uid = state.store.get(key_of_map(owner)).metadata.uid
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": uid}
    body = config_map(name)
    body["metadata"]["ownerReferences"] = [reference]
    return applied(build_model([clerk(idler)]), state, body)


def with_maps(*names, timing=Timing.PROMPT, reconcile=idler):
    """A model and a calm cluster with some maps."""
    model, state = booted(clerk(reconcile), timing=timing)
    return model, applied(model, state, *map(config_map, names))


def test_an_owner_that_was_replaced_by_another_of_its_name_is_told_apart():
    """The dependent is an orphan now, whatever the names say."""
    _, state = with_maps("c")
    state = owned(state)

    assert fingerprint(touched(state)) == fingerprint(state)
    assert fingerprint(replaced(state)) != fingerprint(state)


def test_an_owner_is_told_apart_by_a_fingerprinter_that_goes_along():
    """Who refers to what has changed is weighed anew, although it has not changed itself."""
    _, state = with_maps("c")
    state = owned(state)
    along = Fingerprinter()
    along(state)

    assert along(replaced(state)) == fingerprint(replaced(state))


def test_remaining_times_are_told_apart():
    """An alarm in half a second and one in a second are two things to wait for."""

    def sleeper(milliseconds):
        return lambda memory, view, key: Turn(memory=1, wake_at=None if memory else view.now() + milliseconds)

    late, early = [], []
    for kept, period in ((early, 500), (late, 1000)):
        model, state = with_maps("c", reconcile=sleeper(period))
        state, _, _ = calm(model, state)
        kept.append(state)
    shortened = done(model, late[0], TimePassed(START + 500)).state

    assert fingerprint(early[0]) != fingerprint(late[0])
    assert fingerprint(early[0]) == fingerprint(shortened)


def test_how_far_a_status_is_behind_is_told_apart_and_how_far_it_has_counted_is_not():
    """Generation 7 of 8 is one behind, as is 1 of 2."""
    model, state = booted(nodes=1)
    state = settle(model, applied(model, state, pod("p"))).state
    key = ObjectKey("Pod", "default", "p")

    def at(generation, observed):
        found = state.store.get(key)
        metadata = attrs.evolve(found.metadata, generation=generation)
        conditions = tuple(attrs.evolve(one, observed_generation=observed) for one in found.status.conditions)
        status = attrs.evolve(found.status, observed_generation=observed, conditions=conditions)
        return fingerprint(
            attrs.evolve(state, store=state.store.put(attrs.evolve(found, metadata=metadata, status=status)))
        )

    assert at(2, 1) != at(2, 2)
    assert at(2, 1) == at(8, 7)


def waiting_write(change, *, careful=True, timing=Timing.INTERLEAVED):
    """The fingerprints of a state whose write waits to be committed, before and after a change of its object."""
    _, state = with_maps("c", timing=timing, reconcile=adder(careful=careful))
    model = build_model([clerk(adder(careful=careful))])
    state = done(model, state, TurnTaken(CLERK, KEY)).state
    return fingerprint(state), fingerprint(change(state))


def test_a_write_that_will_conflict_is_told_apart_from_one_that_will_not():
    """The object reads the same after a change there and back, but the waiting write names an old version of it."""
    before, after = waiting_write(touched)

    assert before != after


def test_a_write_without_a_precondition_is_the_same_either_way():
    """Where no version is named, none makes a difference."""
    before, after = waiting_write(touched, careful=False)

    assert before == after


def test_a_write_to_another_object_of_the_same_name_is_told_apart():
    """The body carries the uid of the one that it means."""
    before, after = waiting_write(replaced, careful=False)

    assert before != after


def test_a_cache_that_has_something_to_hear_of_is_told_apart():
    """Cache and store hold the same, but a change there and back is still to be told."""
    model, state = with_maps("c", timing=Timing.LAGGING)
    state = done(model, state, Delivered(CLERK, state.store.revision)).state
    found = state.store.get(key_of_map())
    changed = committed(state, model.components, state.store.put(attrs.evolve(found, data=found.data.set("v", "1"))))
    back = committed(changed, model.components, changed.store.put(found))

    assert len({fingerprint(state), fingerprint(changed), fingerprint(back)}) == 3


def test_answers_count_while_more_is_wanted_of_them():
    """A live read that saw another value leads elsewhere; once the turn is over it does not matter."""

    def reader(memory, view, key):
        return Turn() if len(view.answers) == 2 else Turn(requests=(get(),), more=True)

    model, state = with_maps("c", timing=Timing.INTERLEAVED, reconcile=reader)
    state = done(model, state, TurnTaken(CLERK, KEY)).state
    found = state.store.get(key_of_map())

    def read(value):
        other = attrs.evolve(state, store=state.store.put(attrs.evolve(found, data=found.data.set("v", value))))
        return done(model, other, Committed(CLERK)).state

    one, two = read("1"), read("2")
    same = attrs.evolve(two, store=one.store)

    assert fingerprint(same) != fingerprint(one)
    assert fingerprint(done(model, same, Committed(CLERK)).state) == fingerprint(
        done(model, one, Committed(CLERK)).state
    )


def test_the_order_of_service_counts_where_it_decides():
    """A prompt run serves in order; where anybody may go first, the order is nothing."""

    def two(timing, first, second):
        _, state = booted(clerk(idler, family="one"), clerk(idler, family="two"), timing=timing)
        for family in (first, second):
            state = state.enqueue(ComponentKey(family, "m1"), KEY)
        return fingerprint(state)

    assert two(Timing.PROMPT, "one", "two") != two(Timing.PROMPT, "two", "one")
    assert two(Timing.INTERLEAVED, "one", "two") == two(Timing.INTERLEAVED, "two", "one")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda state: attrs.evolve(state, budget=state.budget.set("callAstray", 0)), id="the budget"),
        pytest.param(lambda state: attrs.evolve(state, timing=Timing.INTERLEAVED), id="the timing"),
        pytest.param(
            lambda state: attrs.evolve(
                state,
                control_plane=attrs.evolve(
                    state.control_plane, leaders=state.control_plane.leaders.set("scheduler", "m2")
                ),
            ),
            id="who leads",
        ),
        pytest.param(
            lambda state: attrs.evolve(
                state,
                control_plane=attrs.evolve(
                    state.control_plane, servers=state.control_plane.servers.set("m1", ApiServer(up=False))
                ),
            ),
            id="which servers are up",
        ),
        pytest.param(lambda state: attrs.evolve(state, world=state.world.add_machine("n9")), id="the machines"),
        pytest.param(lambda state: state.enqueue(KUBELET, ("Pod", "default", "x")), id="a key to look at"),
        pytest.param(
            lambda state: state.with_process(KUBELET, attrs.evolve(state.processes[KUBELET], linked=False)),
            id="who is cut off",
        ),
    ],
)
def test_what_decides_is_told_apart(change):
    """Each of these leads to other states."""
    _, state = booted(nodes=1, budget={"callAstray": 1})

    assert fingerprint(change(state)) != fingerprint(state)


def test_how_a_container_ended_is_told_apart():
    """An exit code decides whether there is a restart."""
    model, state = booted(nodes=1)
    state = settle(model, applied(model, state, pod("p"))).state
    (sandbox,) = state.world.sandboxes_on("n1")
    (container,) = sandbox.containers

    def ended(**changes):
        other = attrs.evolve(sandbox, containers=(attrs.evolve(container, **changes),))
        sandboxes = state.world.sandboxes.set(sandbox.id, other)
        return fingerprint(attrs.evolve(state, world=attrs.evolve(state.world, sandboxes=sandboxes)))

    exits = [Exit(code=code, started=START, finished=START + ran) for code in (0, 1) for ran in (10, 20)]

    assert len({ended(exit=exit_) for exit_ in exits}) == 4
    assert ended(restarts=1) != ended(restarts=0)


def test_two_fingerprints_are_equal_only_of_states_that_go_the_same_ways():
    """In a whole search: states with one fingerprint offer moves to the same fingerprints."""
    model, state = booted(nodes=2, timing=Timing.LAGGING)
    of = Fingerprinter()
    waiting, ways = [applied(model, state, pod("a"))], {}
    for state in waiting:
        steps = [step.state for _, step in model.table.steps(state)]
        there = sorted(of(step) for step in steps)
        here = of(state)
        known = ways.setdefault(here, there)
        assert there == known
        if known is there:
            waiting += steps

    assert len(waiting) > len(ways) > 40


SCRIPT = """
from cluster_models.pods import bare_pods
from cluster_models.small import applied, booted, pod
from cluster_models.writers import no_update_is_lost, two_writers
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.timing import Timing
from kcore.machine import explore
from kcore.model import settle
from kcore.model.components import COMPONENTS

of = Fingerprinter()
for timing in Timing:
    model, state = booted(*COMPONENTS, nodes=3, timing=timing)
    state = applied(model, state, *(pod(f"p{number}") for number in range(4)))
    settled = settle(model, state, watcher=lambda event, step: print(event, of(step.state), *map(str, step.notes)))
    print(settled.events, of(settled.state))
for timing in (Timing.INTERLEAVED, Timing.LAGGING):
    print(explore(bare_pods(timing, nodes=2)[1]))
print(explore(two_writers(Timing.INTERLEAVED, careful=False)[1], [no_update_is_lost()]))
"""


def said(hash_seed):
    """What the script prints in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_runs_fingerprints_and_searches_do_not_depend_on_the_hash_seed():
    """Two processes with different seeds take the same events to the same fingerprints, and find the same."""
    one, other = said("1"), said("4242")

    assert one == other
    assert len(one.splitlines()) > 100


def test_nodes_are_booted_alike_whatever_their_order_of_naming():
    """A node is told by its name."""
    model = build_model()
    states = [
        boot(model, Plan(nodes=[NodeSpec(name=name, capacity=CAPACITY) for name in names]))
        for names in (("n1", "n2"), ("n2", "n1"))
    ]

    one, other = (sorted(state.store.objects) for state in states)

    assert one == other
