"""Faults: what each breaks, what it leaves alone, and that it can be mended where it can."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.config import ClusterConfig
from kcore.cluster.target import Target
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.kubelet_stopped import KubeletStarted, KubeletStopped
from kcore.faults.machine_lost import MachineLost
from kcore.faults.node_cut_off import NodeCutOff, NodeReconnected
from kcore.faults.readiness_lost import ReadinessLost, ReadinessRegained
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, components_of, settle
from kcore.model.faults import FAULTS
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.world.disk import DiskId, Mount, MountVolumes

ZONE = "topology.kubernetes.io/zone"
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "20Gi"})
PROBED = {"containers": [{"name": "c", "image": "app:v1", "readinessProbe": {"exec": {"command": ["true"]}}}]}
POD = ObjectKey("Pod", "default", "web")
WEB = Target(kind="Pod", namespace="default", name="web")
MODEL = build_model(components_of(ClusterConfig(cloud_provider="external")))


GUARD = Json.of(
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "guard"},
        "webhooks": [
            {
                "name": "pods.guard.example.com",
                "clientConfig": {"url": "https://guard.example.com"},
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }
)
"""A webhook that is about nothing."""


def pod(**spec):
    given = {"containers": [{"name": "c", "image": "app:v1"}], "nodeName": "n1", **spec}
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": given})


def running(budget=None, **spec):
    """A cluster of two nodes and a webhook, with a pod that runs on the first and has written to a disk."""
    zones = {"n1": "a", "n2": "b"}
    nodes = [NodeSpec(name=name, capacity=ROOM, labels=FrozenMap({ZONE: zones[name]})) for name in sorted(zones)]
    state = boot(MODEL, Plan(nodes=nodes, masters=2, budget=FrozenMap(budget or {})))
    state = settle(MODEL, then(state, Apply(objects=(pod(**spec), GUARD)))).state
    mount = MountVolumes(id=state.world.sandboxes_on("n1")[0].id, mounts=(Mount(DiskId("nfs", "files:/v"), "claim"),))
    return attrs.evolve(state, world=state.world.act(mount, state.now))


def then(state, event):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return step.state


def condition(state, key, name="Ready"):
    conditions = {one.type: one.status for one in state.store.get(key).status.conditions}
    return conditions[name]


def processes(state, node):
    return [one.running for one in state.world.sandboxes_on(node)]


def test_a_node_that_is_cut_off_is_unknown_after_the_grace_period_and_its_containers_run_on():
    """The API says Unknown, the machine says running: two worlds."""
    state = advance(MODEL, then(running(), NodeCutOff("n1")), running().now + 70_000)

    assert condition(state, ObjectKey("Node", "", "n1")) == "Unknown"
    assert condition(state, ObjectKey("Node", "", "n2")) == "True"
    assert condition(state, POD) == "False"
    assert processes(state, "n1") == [True]


def test_a_node_that_comes_back_reports_itself_and_its_pods_anew():
    """Heartbeats go on, conditions and readiness are set right."""
    away = advance(MODEL, then(running(), NodeCutOff("n1")), running().now + 70_000)

    back = settle(MODEL, then(away, NodeReconnected("n1")), quiet=20_000).state

    assert condition(back, ObjectKey("Node", "", "n1")) == "True"
    assert condition(back, POD) == "True"
    assert back.store.get(ObjectKey("Node", "", "n1")).spec.taints == ()


def test_what_a_cut_off_kubelet_misses_it_does_when_it_hears_of_it():
    """A pod that is deleted meanwhile keeps running until the link is back, and only then goes."""
    away = then(then(running(), NodeCutOff("n1")), Delete(target=WEB))
    waiting = settle(MODEL, away).state

    gone = settle(MODEL, then(waiting, NodeReconnected("n1"))).state

    assert waiting.store.get(POD).metadata.deletion_timestamp is not None
    assert processes(waiting, "n1") == [True]
    assert gone.store.get(POD) is None
    assert processes(gone, "n1") == []


def test_lost_readiness_is_reported_and_regained_readiness_too():
    """The containers go on running all the while."""
    unready = settle(MODEL, then(running(), ReadinessLost(WEB))).state
    ready = settle(MODEL, then(unready, ReadinessRegained(WEB))).state

    assert condition(unready, POD) == "False"
    assert unready.store.get(POD).status.phase == "Running"
    assert condition(ready, POD) == "True"
    assert ready.store.get(POD).status.container_statuses[0].restart_count == 0


def test_a_crashed_container_is_restarted_by_its_kubelet():
    """One restart more, and ready again."""
    state = settle(MODEL, then(running(), ContainerCrash(WEB))).state

    assert state.store.get(POD).status.container_statuses[0].restart_count == 1
    assert condition(state, POD) == "True"


def test_a_crashed_container_that_is_never_restarted_fails_its_pod():
    """With restartPolicy Never the pod has failed."""
    state = settle(MODEL, then(running(restartPolicy="Never"), ContainerCrash(WEB))).state

    assert state.store.get(POD).status.phase == "Failed"


def test_a_lost_machine_runs_nothing_and_nobody_says_so():
    """The pod is still shown as running until the heartbeats are missed."""
    lost = then(running(), MachineLost("n1"))
    noticed = advance(MODEL, lost, lost.now + 70_000)

    assert processes(lost, "n1") == [False]
    assert condition(lost, POD) == "True"
    assert condition(noticed, POD) == "False"


def test_a_kubelet_that_starts_again_finds_its_containers_running():
    """Nothing is restarted by it."""
    stopped = then(running(), KubeletStopped("n1"))
    state = settle(MODEL, then(stopped, KubeletStarted("n1"))).state

    assert processes(stopped, "n1") == [True]
    assert state.store.get(POD).status.container_statuses[0].restart_count == 0
    assert condition(state, POD) == "True"


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([NodeCutOff("n9")], id="there is no such node"),
        pytest.param([NodeCutOff("n1"), NodeCutOff("n1")], id="it is cut off already"),
        pytest.param([NodeReconnected("n1")], id="it was never cut off"),
        pytest.param([MachineLost("n1"), MachineLost("n1")], id="the machine is lost already"),
        pytest.param([KubeletStopped("n1"), KubeletStopped("n1")], id="the kubelet is stopped already"),
        pytest.param([KubeletStarted("n1")], id="the kubelet runs"),
        pytest.param([MachineLost("n1"), KubeletStarted("n1")], id="the machine is off"),
        pytest.param([ReadinessLost(Target(kind="Pod", namespace="default", name="x"))], id="there is no such pod"),
        pytest.param([ContainerCrash(Target(kind="Pod", namespace="default", selector="a=b"))], id="none is selected"),
    ],
)
def test_a_fault_that_is_not_possible_is_refused(events):
    """A refusal in the rule's name, and the state is as it was."""
    state = running()
    for event in events[:-1]:
        state = then(state, event)

    refusal = MODEL.step(state, events[-1])

    assert isinstance(refusal, Refusal)
    assert refusal.rule.startswith("faults.")


@pytest.mark.parametrize("fault", [one for one in FAULTS if one.budget], ids=lambda one: one.rule)
def test_a_fault_is_offered_while_its_budget_lasts(fault):
    """None without a budget; one event fewer may be offered after each."""
    assert not [event for event in MODEL.enabled(running()) if isinstance(event, fault.event)]

    state = running({fault.budget: 1}, **PROBED)
    offered = [event for event in MODEL.enabled(state) if isinstance(event, fault.event)]

    assert offered
    after = then(state, offered[0])
    assert not [event for event in MODEL.enabled(after) if isinstance(event, fault.event)]
