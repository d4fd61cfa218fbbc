"""Laws that any sequence of acts, turns, commits, deliveries and losses keeps, under every timing."""

from __future__ import annotations

import attrs
import pytest
from cluster_models.small import booted, config_map, pod
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.clock import next_event_time
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.kubelet import KUBELET
from kcore.machine import Refusal
from kcore.scheduler import SCHEDULER
from kcore.users.apply import Apply
from kcore.users.delete import Delete, Evict
from kcore.users.patch import Cordon, Label

REAL = (GARBAGE_COLLECTOR, SCHEDULER, KUBELET)
NAMES = st.sampled_from(["a", "b", "c"])
PODS = st.builds(lambda name: Target(kind="Pod", namespace="default", name=name), NAMES)
NODES = st.sampled_from(["n1", "n2", "n9"])


def acts():
    """What people do, sensible or not."""
    created = st.builds(pod, NAMES) | st.builds(config_map, NAMES) | st.builds(lambda name: pod(name, image=""), NAMES)
    return st.one_of(
        st.builds(lambda body: Apply(objects=(Json.of(body),)), created),
        st.builds(Delete, target=PODS, grace_period_seconds=st.sampled_from([None, 0, 1])),
        st.builds(Evict, target=PODS),
        st.builds(Label, target=PODS, labels=st.sampled_from([FrozenMap({"x": "y"}), FrozenMap({"x": None})])),
        st.builds(Cordon, node=NODES, unschedulable=st.booleans()),
    )


def moves():
    """An act, or so many of the enabled events by their places."""
    places = st.lists(st.integers(0, 30), min_size=1, max_size=30)
    return st.lists(acts() | places, min_size=2, max_size=8)


def events(model, state, move):
    """The events of one move, each chosen in the state that it meets."""
    if not isinstance(move, list):
        step = model.step(state, move)
        yield move, state, step
        return
    for place in move:
        offered = model.enabled(state)
        if not offered:
            return
        step = model.step(state, offered[place % len(offered)])
        yield offered[place % len(offered)], state, step
        state = step.state


def walked(timing, plan):
    """Each step of a run: the event, the state before, the step or refusal."""
    model, state = booted(*REAL, nodes=2, timing=timing, budget={"callAstray": 2, "processRestart": 2})
    for move in plan:
        for event, before, step in events(model, state, move):
            yield event, before, step
            state = before if isinstance(step, Refusal) else step.state


def check_revisions(before, after):
    """Every new version has a greater revision, and no revision comes without one."""
    assert (after.store.revision > before.store.revision) or after.store is before.store
    revisions = [change.revision for change in after.store.log]
    assert revisions == sorted(set(revisions))
    changes = after.store.changes_since(before.store.revision)
    for change in changes:
        assert change.new is None or int(change.new.metadata.resource_version) == change.revision
    assert after.now >= before.now


def check_queues(state):
    """Who is ready has a key and no turn under way; keys wait once; a turn under way has its key there."""
    processes = state.processes
    assert sorted(state.ready) == sorted(name for name, one in processes.items() if len(one.queue) and not one.working)
    assert sorted(state.working) == sorted(name for name, one in processes.items() if one.working)
    for process in processes.values():
        assert sorted(process.queue.order) == sorted(process.queue.waiting)
        assert set(process.queue.under_way) == ({process.working.key} if process.working else set())
        assert process.queue.dirty <= process.queue.under_way


def check_alarms(state):
    """No alarm is in the past, and the first of them is the next."""
    wakes = [due for process in state.processes.values() for due in process.wakes.values()]
    first = state.alarms.peek()
    assert all(due > state.now for due in wakes)
    assert (None if first is None else first[0]) == min(wakes, default=None)
    due = next_event_time(state)
    assert due is None or due >= state.now


def check_world(state):
    """A pod runs in one sandbox, on one machine; what runs was once bound there."""
    running = [one.id.pod_uid for one in state.world.sandboxes.values() if one.running]
    assert len(running) == len(set(running))
    assert sorted(state.world.sandboxes) == sorted(
        one.id for name in state.world.machines for one in state.world.sandboxes_on(name)
    )


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(plan=moves())
def test_every_sequence_of_events_keeps_the_laws(timing, plan):
    """Revisions, queues, alarms, machines, caches and fingerprints are in order after every step."""
    of, seen = Fingerprinter(), {}
    for _, before, step in walked(timing, plan):
        if isinstance(step, Refusal):
            continue
        seen.setdefault(before.store.revision, before.store)
        check_revisions(before, step.state)
        check_queues(step.state)
        check_alarms(step.state)
        check_world(step.state)
        seen[step.state.store.revision] = step.state.store
        for process in step.state.processes.values():
            if process.cache is not None:
                then = seen[process.cache.revision]
                assert (process.cache.objects, process.cache.indexes) == (then.objects, then.indexes)
        assert of(step.state) == Fingerprinter()(step.state)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(before=st.lists(acts(), max_size=4), act=acts())
def test_an_act_that_the_api_server_refuses_leaves_the_very_same_state(before, act):
    """Not an equal one: the same. What is granted changes the store or is a repetition."""
    model, state = booted(*REAL, nodes=2)
    for event in before:
        step = model.step(state, event)
        state = state if isinstance(step, Refusal) else step.state
    step = model.step(state, act)
    if isinstance(step, Refusal):
        return
    codes = [dict(note.fields)["code"] for note in step.notes if note.name == "users.answered"]

    assert codes
    if all(code >= 400 for code in codes):
        assert step.state is state


@settings(max_examples=20, deadline=None, derandomize=True)
@given(plan=moves())
def test_the_same_events_lead_to_the_same_state(plan):
    """Replaying what was recorded gives the same states and notes, whatever happened in between."""
    model, state = booted(*REAL, nodes=2, timing=Timing.LOSSY, budget={"callAstray": 2, "processRestart": 2})
    recorded = [(event, step) for event, _, step in walked(Timing.LOSSY, plan)]
    for event, step in recorded:
        again = model.step(state, event)
        assert again == step
        state = state if isinstance(again, Refusal) else again.state

    assert state == attrs.evolve(state)
