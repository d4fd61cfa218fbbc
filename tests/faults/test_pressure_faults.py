"""Faults of a node's room and pace: what is taken, slow, flaps or shuts down, refuses what is not so, and is mended."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.faults.disk_full import DiskCleared, DiskFilled
from kcore.faults.machine_lost import MachineLost
from kcore.faults.memory_pressure import MemoryFreed, MemoryTaken
from kcore.faults.node_shutdown import NodeShutDown
from kcore.faults.probe_flapping import ProbesFlapping, ProbesSteady
from kcore.faults.slow_start import StartsSlowed, StartsUsual
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.apply import Apply

MODEL = build_model()
ROOM = FrozenMap({"cpu": "4", "memory": "1Gi", "pods": "110", "ephemeral-storage": "10Gi"})
WEB = Target(kind="Pod", namespace="default", name="web")
MISSING = Target(kind="Pod", namespace="default", name="nobody")
PROBE = {"exec": {"command": ["true"]}, "periodSeconds": 5}
BUDGETS = {"memoryPressure": 1, "diskFull": 1, "slowStart": 1, "probeFlapping": 1}


def pod(probe="readinessProbe", **container):
    one = {"name": "c", "image": "a:1", probe: PROBE, **container}
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [one]}})


def running(*, room=ROOM, one=None, **budget):
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=room)], budget=FrozenMap(budget)))
    return settle(MODEL, MODEL.step(state, Apply(objects=(one or pod(),))).state).state


def then(state, event, seconds=0):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return advance(MODEL, step.state, step.state.now + 1000 * seconds)


def ready(state):
    (status,) = state.store.get(ObjectKey("Pod", "default", "web")).status.container_statuses
    return status.ready


def condition(state, kind):
    found = state.store.get(ObjectKey("Node", "", "n1")).status.conditions
    return next(one.status for one in found if one.type == kind)


@pytest.mark.parametrize(
    ("fault", "mending"),
    [
        pytest.param(MemoryTaken("n1"), MemoryFreed("n1"), id="memory"),
        pytest.param(DiskFilled("n1"), DiskCleared("n1"), id="disk"),
        pytest.param(StartsSlowed("n1"), StartsUsual("n1"), id="starts"),
        pytest.param(ProbesFlapping(WEB), ProbesSteady(WEB), id="probes"),
    ],
)
def test_what_is_so_is_refused_and_what_is_mended_can_happen_again(fault, mending):
    """Each is offered once by its budget, and its mending as long as there is something to mend."""
    state = running(**BUDGETS)

    assert isinstance(MODEL.step(state, mending), Refusal)
    assert fault in MODEL.enabled(state)

    state = then(state, fault)

    assert isinstance(MODEL.step(state, fault), Refusal)
    assert fault not in MODEL.enabled(state)
    assert mending in MODEL.enabled(state)

    state = then(state, mending)

    assert mending not in MODEL.enabled(state)
    assert not isinstance(MODEL.step(state, fault), Refusal)


@pytest.mark.parametrize(
    "event",
    [
        MemoryTaken("n9"),
        DiskFilled("n9"),
        StartsSlowed("n9"),
        NodeShutDown("n9"),
        ProbesFlapping(MISSING),
        ProbesSteady(MISSING),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_not_there_is_refused(event):
    """No machine of that name, and no such pod."""
    assert isinstance(MODEL.step(running(), event), Refusal)


@pytest.mark.parametrize("event", [MemoryTaken("n1"), DiskFilled("n1"), StartsSlowed("n1"), NodeShutDown("n1")])
def test_nothing_happens_to_a_machine_that_is_off(event):
    """It is refused."""
    assert isinstance(MODEL.step(then(running(), MachineLost("n1")), event), Refusal)


def test_a_node_that_does_not_say_what_it_has_can_not_run_out():
    """Nobody knows how much would be enough."""
    state = running(room=FrozenMap({"cpu": "4", "pods": "110"}))

    assert isinstance(MODEL.step(state, MemoryTaken("n1")), Refusal)
    assert isinstance(MODEL.step(state, DiskFilled("n1")), Refusal)


@pytest.mark.parametrize(
    ("event", "mending", "kind"),
    [(MemoryTaken("n1"), MemoryFreed("n1"), "MemoryPressure"), (DiskFilled("n1"), DiskCleared("n1"), "DiskPressure")],
    ids=["memory", "disk"],
)
def test_a_node_says_that_it_runs_out(event, mending, kind):
    """At its next look, and for five minutes after the last time."""
    state = then(running(), event, 11)

    assert condition(state, kind) == "True"

    state = then(state, mending, 280)

    assert condition(state, kind) == "True"
    assert condition(advance(MODEL, state, state.now + 40_000), kind) == "False"


def test_readiness_comes_and_goes_by_turns():
    """A minute each, as the probe notices."""
    state = then(running(), ProbesFlapping(WEB), 30)
    seen = []
    for _ in range(4):
        seen.append(ready(state))
        state = advance(MODEL, state, state.now + 60_000)

    assert seen == [False, True, False, True]


def test_a_pod_that_nobody_probes_for_readiness_can_not_flap():
    """A liveness probe alone says nothing of readiness."""
    assert isinstance(MODEL.step(running(one=pod("livenessProbe")), ProbesFlapping(WEB)), Refusal)


def test_a_slow_start_is_late_by_a_minute():
    """The readiness probe finds it so."""
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)]))
    state = then(then(state, StartsSlowed("n1")), Apply(objects=(pod(),)), 55)

    assert not ready(state)
    assert ready(advance(MODEL, state, state.now + 15_000))
