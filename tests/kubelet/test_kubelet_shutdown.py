"""Graceful shutdown: which pods are ended when, and what becomes of the node."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError, Place
from kcore.faults.node_shutdown import NodeShutDown
from kcore.kubelet.config import Period, shutdown_periods
from kcore.kubelet.shutdown import group_of
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, components_of, settle
from kcore.users.apply import Apply
from kcore.world.world import Behavior

ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
PERIODS = (Period(0, 20), Period(1000, 10), Period(2_000_000_000, 5))
LEVELS = ClusterConfig(shutdown_grace_period_by_pod_priority=((0, 20), (1000, 10), (2_000_000_000, 5)))


@pytest.mark.parametrize(
    ("whole", "critical", "by_priority", "periods"),
    [
        pytest.param(0, 0, (), (), id="nothing is configured"),
        pytest.param(30_000, 10_000, (), (Period(0, 20), Period(2_000_000_000, 10)), id="critical pods have the rest"),
        pytest.param(10_000, 30_000, (), (), id="critical pods can't have more than all"),
        pytest.param(0, 0, ((100, 5), (0, 10)), (Period(0, 10), Period(100, 5)), id="by priority, sorted"),
    ],
)
def test_the_periods_follow_from_the_configuration(whole, critical, by_priority, periods):
    """As upstream migrates its two old settings to the new one."""
    assert shutdown_periods(whole, critical, by_priority) == periods


@pytest.mark.parametrize(
    ("priority", "group"),
    [
        pytest.param(-5, 0, id="lower than the lowest is the lowest"),
        pytest.param(0, 0, id="the lowest"),
        pytest.param(999, 0, id="between two is the lower one"),
        pytest.param(1000, 1, id="the one itself"),
        pytest.param(2_000_001_000, 2, id="higher than the highest is the highest"),
    ],
)
def test_the_group_of_a_pod_follows_from_its_priority(pod, priority, group):
    """That of the period whose priority is the next lower one."""
    assert group_of(pod("p", "a", priority=priority), PERIODS) == group


def class_of(name, value):
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
    }


def wire(name, image="a:1", **spec):
    containers = [{"name": "c", "image": image}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}}


class Run:
    """A node that shuts down, with these pods."""

    def __init__(self, config, *objects, behaviors=()):
        self.model = build_model(components_of(config))
        state = boot(
            self.model, Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)], config=config, behaviors=tuple(behaviors))
        )
        self.state = state
        if objects:
            self.do(Apply(objects=tuple(map(Json.of, objects))))
            self.state = settle(self.model, self.state).state
        self.do(NodeShutDown("n1"))

    def do(self, event):
        step = self.model.step(self.state, event)
        assert not isinstance(step, Refusal), step
        self.state = step.state

    def after(self, seconds):
        self.state = advance(self.model, self.state, self.state.now + round(seconds * 1000))
        return self

    @property
    def running(self):
        return [one.pod.name for one in self.state.world.sandboxes_on("n1") if one.running]

    @property
    def machine(self):
        return self.state.world.machines["n1"]

    def status(self, name):
        return self.state.store.get(ObjectKey("Pod", "default", name)).status


def test_groups_are_ended_one_after_the_other():
    """The next begins when the one before it has ended, which the kubelet sees within a second."""
    low, high = wire("low"), wire("high", priorityClassName="high")
    run = Run(LEVELS, class_of("high", 1000), low, high).after(0.5)

    assert run.running == ["high"]
    assert run.machine.powered

    run.after(2.5)

    assert run.running == []
    assert {run.status(name).reason for name in ("low", "high")} == {"Terminated"}


def test_a_pod_that_takes_its_time_is_killed_when_that_is_over():
    """Its own grace period, or the period of its group where that is shorter."""
    slow = {"lifecycle": {"preStop": {"exec": {"command": ["sleep", "300"]}}}}
    short, long = wire("short", terminationGracePeriodSeconds=5), wire("long", terminationGracePeriodSeconds=600)
    for one in (short, long):
        one["spec"]["containers"][0].update(slow)
    run = Run(LEVELS, short, long)

    assert run.after(4).running == ["long", "short"]
    assert run.after(4).running == ["long"]
    assert run.after(13).running == []


def test_groups_without_pods_are_passed_over():
    """A node without pods goes off at once."""
    assert not Run(LEVELS).after(2).machine.powered


def test_a_pod_of_which_nothing_runs_has_failed_too():
    """It waits for its image, and will not get it."""
    run = Run(LEVELS, wire("stuck", "bad:1"), behaviors=[Behavior(image="bad:*", waiting="ImagePullBackOff")]).after(5)

    assert (run.status("stuck").phase, run.status("stuck").reason) == ("Failed", "Terminated")
    assert not run.machine.powered


def test_a_pod_that_has_succeeded_stays_so():
    """It is no pod to be ended."""
    done = wire("done", "job:1", restartPolicy="Never")
    run = Run(LEVELS, done, behaviors=[Behavior(image="job:*", exit_code=0, after=100)]).after(5)

    assert (run.status("done").phase, run.status("done").reason) == ("Succeeded", "")


def test_without_periods_the_machine_is_lost():
    """Nobody is told, and the API goes on showing what it showed."""
    run = Run(ClusterConfig(), wire("p"))

    assert not run.machine.powered
    assert run.running == []
    assert run.status("p").phase == "Running"


def test_a_machine_shuts_down_once():
    """It is off, or will be."""
    run = Run(LEVELS, wire("p"))

    assert isinstance(run.model.step(run.state, NodeShutDown("n1")), Refusal)

    run.after(10)

    assert isinstance(run.model.step(run.state, NodeShutDown("n1")), Refusal)


def test_a_machine_that_is_off_gives_no_sign_of_life():
    """Its node becomes unknown, and nothing waits for it any more."""
    run = Run(LEVELS, wire("p")).after(120)
    node = run.state.store.get(ObjectKey("Node", "", "n1"))

    assert [one.status for one in node.status.conditions if one.type == "Ready"] == ["Unknown"]


@pytest.mark.parametrize("given", [3, [{"priority": 1}], [{"priority": True, "shutdownGracePeriodSeconds": 1}]])
def test_periods_that_are_none_are_refused(given):
    """With what was expected."""
    with pytest.raises(InputError, match="shutdownGracePeriodByPodPriority"):
        ClusterConfig.from_wire({"shutdownGracePeriodByPodPriority": given}, Place())


def test_periods_are_read_from_a_file():
    """Priorities and seconds."""
    given = [{"priority": 5, "shutdownGracePeriodSeconds": 7}]
    config = ClusterConfig.from_wire({"shutdownGracePeriodByPodPriority": given}, Place())

    assert config.shutdown_grace_period_by_pod_priority == ((5, 7),)


def test_a_machine_that_went_off_runs_no_processes():
    """Neither its kubelet nor anything else on it."""
    run = Run(LEVELS, wire("p"))

    assert {name.instance for name in run.state.processes if name.family == "kubelet"} == {"n1"}

    run.after(10)

    assert [name for name in run.state.processes if name.instance == "n1"] == []
