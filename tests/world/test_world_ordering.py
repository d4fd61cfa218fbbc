"""Sidecars stop last, and in the reverse order of their starts."""

from __future__ import annotations

import pytest

from kcore.api.object import ObjectKey
from kcore.world.actions import CreateSandbox, StartContainer, StopSandbox
from kcore.world.sandbox import SandboxId
from kcore.world.world import build_world

ID = SandboxId("n1", "u1")
KEY = ObjectKey("Pod", "default", "p")
START, STOP = 1_000, 10_000


def stopped(*containers, grace=30, takes=150):
    """When each of the containers, given as (name, place, hook in ms), ends after a stop at STOP, and its exit code."""
    world = build_world(["n1"], pod_stop=takes).act(CreateSandbox(id=ID, pod=KEY, grace=grace), START)
    for name, place, hook in containers:
        world = world.act(StartContainer(id=ID, name=name, image="a", sidecar=place, pre_stop=hook), START)
    world, _ = world.fire(START)
    world = world.act(StopSandbox(id=ID, grace=grace), STOP)
    while world.next_time() is not None:
        world, _ = world.fire(world.next_time())
    ((sandbox),) = world.sandboxes_on("n1")
    return {one.name: (one.exit.finished - STOP, one.exit.code) for one in sandbox.containers}


@pytest.mark.parametrize(
    ("containers", "ends"),
    [
        pytest.param([("a", 0, 0), ("b", 0, 0)], {"a": (150, 143), "b": (150, 143)}, id="without sidecars all at once"),
        pytest.param(
            [("s1", 1, 0), ("s2", 2, 0), ("a", 0, 0)],
            {"a": (150, 143), "s2": (300, 143), "s1": (450, 143)},
            id="the last sidecar first",
        ),
        pytest.param(
            [("s1", 1, 0), ("a", 0, 4_000)],
            {"a": (4_150, 143), "s1": (4_300, 143)},
            id="after the hook of a regular container",
        ),
        pytest.param(
            [("s1", 1, 3_000), ("a", 0, 0)],
            {"a": (150, 143), "s1": (3_150, 143)},
            id="a sidecar's own hook runs from the beginning",
        ),
        pytest.param(
            [("s1", 1, 3_000), ("a", 0, 5_000)],
            {"a": (5_150, 143), "s1": (5_300, 143)},
            id="a hook is over before its turn has come",
        ),
    ],
)
def test_sidecars_wait_for_their_turn(containers, ends):
    """Each is told to stop when those that it serves have ended."""
    assert stopped(*containers) == ends


def test_a_sidecar_whose_turn_comes_late_has_two_seconds():
    """When the grace period is over it is told to stop all the same."""
    ends = stopped(("s1", 1, 0), ("a", 0, 0), grace=5, takes=60_000)

    assert ends == {"a": (5_000, 137), "s1": (7_000, 137)}
