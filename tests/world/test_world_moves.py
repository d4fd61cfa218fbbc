"""The world: sandboxes come and go, things fall due, addresses are nobody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.client.turn import Action
from kcore.errors import MisuseError
from kcore.world.actions import CreateSandbox, RemoveSandbox, StartContainer, StopSandbox
from kcore.world.container import ContainerState
from kcore.world.machine import BLOCK, free_address, pod_prefix
from kcore.world.sandbox import SandboxId
from kcore.world.view import MachineView
from kcore.world.world import Behavior, build_world

NODES = ("n1", "n2")
CRASH = Behavior(image="*:crash", exit_code=1, after=400)
ONCE = Behavior(image="*:once", exit_code=0)
WORLD = build_world(NODES, behaviors=(CRASH, ONCE), pod_start=150, pod_stop=150)


def pod(name):
    return ObjectKey("Pod", "default", name)


def create(node="n1", uid="u1", name="a", **given):
    return CreateSandbox(id=SandboxId(node, uid), pod=pod(name), grace=30, **given)


def start(node="n1", uid="u1", name="c", image="app:v1"):
    return StartContainer(id=SandboxId(node, uid), name=name, image=image)


def stop(node="n1", uid="u1", grace=30):
    return StopSandbox(id=SandboxId(node, uid), grace=grace)


def remove(node="n1", uid="u1"):
    return RemoveSandbox(id=SandboxId(node, uid))


def after(*actions, world=WORLD, now=0):
    for action in actions:
        world = world.act(action, now)
    return world


def state_of(world, uid="u1"):
    return [one.state for one in world.sandboxes[SandboxId("n1", uid)].containers]


def test_a_pod_runs_when_its_start_is_through():
    """The machine tells which pod it was, and nothing is due before or after."""
    world = after(create(), start())

    assert world.next_time() == 150
    assert world.fire(149) == (world, ())

    world, fired = world.fire(150)

    assert fired == (("n1", pod("a")),)
    assert state_of(world) == [ContainerState.RUNNING]
    assert world.next_time() is None


def test_containers_of_one_sandbox_move_together():
    """Two that are due at one time are told as one."""
    world, _ = after(create(), start(name="c"), start(name="d")).fire(150)

    assert state_of(world) == [ContainerState.RUNNING, ContainerState.RUNNING]
    assert world.next_time() is None


def test_a_crash_and_a_restart_take_their_times():
    """A crashing image ends 400 ms after each start, and starts again at once when asked to."""
    world, _ = after(create(), start(image="app:crash")).fire(150)
    world, _ = world.fire(550)

    assert state_of(world) == [ContainerState.EXITED]

    world = after(start(image="app:crash"), world=world, now=600)

    assert state_of(world) == [ContainerState.RUNNING]
    assert world.next_time() == 1_000


def test_what_ends_at_once_ends_in_the_same_moment():
    """A run of no time is two moves of the world at one time."""
    world, _ = after(create(), start(image="app:once")).fire(150)

    assert world.next_time() == 150
    assert state_of(world.fire(150)[0]) == [ContainerState.EXITED]


def test_a_sandbox_stops_as_a_whole():
    """Its processes end, and only then is it stopped."""
    world, _ = after(create(), start()).fire(150)
    world = after(stop(), world=world, now=1_000)

    assert not world.sandboxes[SandboxId("n1", "u1")].stopped
    assert world.next_time() == 1_150

    world, _ = world.fire(1_150)

    assert world.sandboxes[SandboxId("n1", "u1")].stopped


def test_nothing_is_started_in_a_sandbox_that_stops():
    """A container that ended because its pod goes stays ended."""
    world, _ = after(create(), start()).fire(150)
    world, _ = after(stop(), world=world, now=200).fire(350)

    assert after(start(), start(name="d"), world=world, now=400) is world


def test_a_timer_goes_with_its_sandbox():
    """What was due in a sandbox that is removed is due no more."""
    assert after(create(), start(), remove()).next_time() is None


def test_a_removed_sandbox_leaves_nothing_behind():
    """Only the count of addresses tells that it was there."""
    world = after(create(), start(), remove())

    assert (world.sandboxes, world.of_machine, world.of_pod) == (WORLD.sandboxes, WORLD.of_machine, WORLD.of_pod)


@pytest.mark.parametrize(
    "action",
    [create(), start(), stop(), remove(), remove(uid="nobody"), stop(uid="nobody"), start(uid="nobody")],
    ids=["create", "start", "stop", "remove", "remove nothing", "stop nothing", "start in nothing"],
)
def test_an_action_made_twice_is_made_once(action):
    """A kubelet that lost its memory may ask again."""
    world = after(create(), start(), stop(), action)

    assert after(action, world=world, now=5) == world


def test_a_replaced_pod_has_another_address():
    """The address of a pod that has just gone is not handed out again at once."""
    world = after(create(uid="u1"), remove(uid="u1"), create(uid="u2"))

    assert world.sandboxes[SandboxId("n1", "u2")].address == "10.244.0.3"


def test_a_pod_in_the_network_of_its_machine_has_no_address_of_its_own():
    """It takes none from the block."""
    world = after(create(uid="u1", host_network=True), create(uid="u2", name="b"))

    assert world.sandboxes[SandboxId("n1", "u1")].address == ""
    assert world.sandboxes[SandboxId("n1", "u2")].address == "10.244.0.2"


def test_a_machine_without_a_free_address_makes_no_sandbox():
    """The 254th pod at a time has to wait until another one stops."""
    world = after(*(create(uid=f"u{number:03}", name=f"p{number}") for number in range(BLOCK)))

    assert after(create(uid="x", name="x"), world=world) is world

    world = after(stop(uid="u007"), create(uid="x", name="x"), world=world)

    assert world.sandboxes[SandboxId("n1", "x")].address == "10.244.0.9"


def test_machines_have_blocks_of_their_own():
    """No two of them share a prefix, and none is in the range of Services."""
    prefixes = [pod_prefix(number) for number in range(61_440)]

    assert len(set(prefixes)) == len(prefixes)
    assert prefixes[0] == "10.244.0."
    assert not [prefix for prefix in prefixes if 96 <= int(prefix.split(".")[1]) < 112]
    with pytest.raises(MisuseError, match="61440 machines"):
        pod_prefix(61_440)


def test_addresses_go_round():
    """After the last address of the block comes the first that is free."""
    assert free_address("10.244.0.", BLOCK - 1, ()) == ("10.244.0.254", BLOCK)
    assert free_address("10.244.0.", BLOCK, {"10.244.0.2"}) == ("10.244.0.3", BLOCK + 2)


def test_misuse_is_refused():
    """A second machine of one name, a machine that is not there and an unknown action are mistakes."""
    with pytest.raises(MisuseError, match="n1"):
        WORLD.add_machine("n1")
    with pytest.raises(MisuseError, match="n9"):
        WORLD.machine("n9")
    with pytest.raises(MisuseError, match="Action"):
        WORLD.act(Action(), 0)


def test_a_kubelet_sees_its_own_machine_only():
    """Each question and its answer is recorded."""
    world = after(create("n1", "u1"), create("n2", "u2"))
    reads = []
    view = MachineView(Store(), 0, (), reads, world=world, node="n2")

    assert view.machine().name == "n2"
    assert view.sandbox("u1") is None
    assert view.sandboxes_of(pod("a")) == (world.sandboxes[SandboxId("n2", "u2")],)
    assert [question for question, _ in reads] == [("machine",), ("sandbox", "u1"), ("sandboxes_of", pod("a"))]


NODE = st.sampled_from(NODES)
UID = st.sampled_from(["u1", "u2", "u3"])
MOVES = st.one_of(
    st.builds(create, NODE, UID, st.sampled_from("ab")),
    st.builds(start, NODE, UID, st.sampled_from("cd"), st.sampled_from(["app:v1", "app:crash", "app:once"])),
    st.builds(stop, NODE, UID, st.sampled_from([2, 30])),
    st.builds(remove, NODE, UID),
    st.integers(0, 700),
)


def histories():
    """The worlds that a random history goes through, each with its time."""

    def run(moves):
        world, now = WORLD, 0
        seen = [(world, now)]
        for move in moves:
            if isinstance(move, int):
                while (due := world.next_time()) is not None and due <= now + move:
                    now = due
                    world, fired = world.fire(now)
                    assert fired
                    seen.append((world, now))
                now += move
            else:
                world = world.act(move, now)
            seen.append((world, now))
        return seen

    return st.lists(MOVES, min_size=8, max_size=40).map(run)


@given(histories())
def test_no_address_is_shared(history):
    """Two sandboxes that have not stopped never have one address."""
    for world, _ in history:
        addresses = [one.address for one in world.sandboxes.values() if not one.stopped]
        assert len(set(addresses)) == len(addresses)


@given(histories())
def test_the_next_time_is_when_something_is_due(history):
    """The first timer is never out of date, and none is missing."""
    for world, _ in history:
        dues = [one.due for one in world.sandboxes.values() if one.due is not None]
        assert world.next_time() == min(dues, default=None)


@given(histories())
def test_the_indexes_agree_with_the_sandboxes(history):
    """Each sandbox is found under its machine and its pod, and nothing else is."""
    world, _ = history[-1]

    assert sorted(one for ids in world.of_machine.values() for one in ids) == sorted(world.sandboxes)
    assert {(id_.node, one.pod) for id_, one in world.sandboxes.items()} == set(world.of_pod)
    for (node, name), ids in world.of_pod.items():
        assert [one.id for one in world.sandboxes_of(node, name)] == list(ids) == sorted(ids)


@given(histories())
def test_nothing_happens_in_the_past(history):
    """What is due in a container is due now or later."""
    for world, now in history:
        for sandbox in world.sandboxes.values():
            assert sandbox.due is None or sandbox.due >= now
