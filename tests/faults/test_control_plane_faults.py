"""Faults of the control plane, of zones and of pods: what each breaks, who takes over, and what goes on."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey
from kcore.cluster.target import Target
from kcore.faults.api_server_down import ApiServerStarted, ApiServerStopped
from kcore.faults.component_restarted import ComponentRestarted
from kcore.faults.etcd_member_lost import EtcdMemberBack, EtcdMemberLost
from kcore.faults.leader_moved import LeaderMoved
from kcore.faults.master_lost import MasterLost
from kcore.faults.pod_deleted import PodDeleted, PodForceDeleted
from kcore.faults.zone_lost import ZoneLost
from kcore.machine import Refusal
from kcore.model import TOTAL, NodeSpec, Plan, boot, build_model, offer, settle
from kcore.users.apply import Apply
from kcore.users.patch import Cordon, Scale

MODEL = build_model()
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
ZONE = "topology.kubernetes.io/zone"
WEB = Target(kind="Deployment", namespace="default", name="web")
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:v1"}]}}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
}


def cluster(model=MODEL, masters=1, budget=None):
    """Three nodes in two zones with a Deployment of two pods that has settled."""
    nodes = [
        NodeSpec(name=name, capacity=ROOM, labels=FrozenMap({ZONE: zone}))
        for name, zone in (("n1", "a"), ("n2", "b"), ("n3", "b"))
    ]
    state = boot(model, Plan(nodes=nodes, masters=masters, budget=FrozenMap(budget or {})))
    return settle(model, then(state, Apply(objects=(Json.of(DEPLOYMENT),)), model=model)).state


def then(state, *events, model=MODEL):
    for event in events:
        step = model.step(state, event)
        assert not isinstance(step, Refusal), step
        state = step.state
    return state


def ready(state):
    pods = state.store.list("Pod")
    return sum(any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions) for pod in pods)


def scaled(state, replicas=3):
    """The state after somebody scaled the Deployment, once it has settled."""
    return settle(MODEL, then(state, Scale(target=WEB, replicas=replicas))).state


def test_a_lost_zone_takes_all_its_machines():
    """The machines of the other zone stay on."""
    state = then(cluster(), ZoneLost("b"))

    assert {name: machine.powered for name, machine in state.world.machines.items()} == {
        "n1": True,
        "n2": False,
        "n3": False,
    }


def test_a_restarted_component_forgets_and_looks_at_everything():
    """The controller goes on from what the API says."""
    state = then(cluster(), ComponentRestarted("replicaset-controller", "m1"))
    process = state.processes[ComponentKey("replicaset-controller", "m1")]

    assert not process.memory
    assert process.queue.order
    assert ready(scaled(state)) == 3


def test_another_master_takes_over_a_family():
    """The new leader does what the old one would have done."""
    before = cluster(masters=2)
    family = "replicaset-controller"
    state = then(before, LeaderMoved(family, "m2"))

    assert (before.control_plane.leaders[family], state.control_plane.leaders[family]) == ("m1", "m2")
    assert ready(scaled(state)) == 3


def test_without_an_api_server_nothing_is_written_and_everything_runs_on():
    """Once it answers again, what was asked for is done."""
    down = then(cluster(), ApiServerStopped("m1"))
    later = settle(MODEL, then(down, Scale(target=WEB, replicas=3))).state
    back = scaled(then(later, ApiServerStarted("m1")))

    assert later.store.get(ObjectKey("Deployment", "default", "web")).spec.replicas == 2
    assert sum(one.running for one in later.world.sandboxes.values()) == 2
    assert ready(back) == 3


def test_one_of_two_api_servers_is_enough():
    """Clients ask the other one."""
    assert ready(scaled(then(cluster(masters=2), ApiServerStopped("m1")))) == 3


@pytest.mark.parametrize(
    ("masters", "lost", "replicas"),
    [
        pytest.param(1, 1, 2, id="one of one is none"),
        pytest.param(3, 1, 3, id="two of three are a majority"),
        pytest.param(3, 2, 2, id="one of three is none"),
    ],
)
def test_etcd_grants_writes_with_a_majority_of_its_members(masters, lost, replicas):
    """A member that comes back makes it one again."""
    members = [f"m{number + 1}" for number in range(lost)]
    state = then(cluster(masters=masters), *map(EtcdMemberLost, members))

    assert ready(scaled(state)) == replicas
    assert ready(scaled(then(state, *map(EtcdMemberBack, members)))) == 3


def test_another_master_takes_over_from_one_that_is_lost():
    """With three masters the quorum is kept and all families are led."""
    state = then(cluster(masters=3), MasterLost("m1"))

    assert set(state.control_plane.leaders.values()) == {"m2"}
    assert ready(scaled(state)) == 3


def test_the_only_master_leaves_nobody_in_control():
    """What runs on the nodes runs on."""
    state = settle(MODEL, then(cluster(), MasterLost("m1"))).state

    assert sum(one.running for one in state.world.sandboxes.values()) == 2
    assert not [name for name in state.processes if name.instance == "m1"]


@pytest.mark.parametrize("event", [PodDeleted, PodForceDeleted], ids=["gracefully", "by force"])
def test_a_deleted_pod_is_replaced(event):
    """Deleting by force takes the pod from the API at once."""
    before = cluster()
    pod = before.store.list("Pod")[0].metadata.name
    state = then(before, event(Target(kind="Pod", namespace="default", name=pod)))

    assert (state.store.get(ObjectKey("Pod", "default", pod)) is None) is (event is PodForceDeleted)
    assert ready(settle(MODEL, state).state) == 2


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(ZoneLost("x"), id="there is no such zone"),
        pytest.param(ComponentRestarted("kubelet", "n9"), id="no such process runs"),
        pytest.param(LeaderMoved("replicaset-controller", "m1"), id="it leads already"),
        pytest.param(LeaderMoved("replicaset-controller", "m9"), id="no such master"),
        pytest.param(LeaderMoved("nobody", "m1"), id="no such family"),
        pytest.param(ApiServerStarted("m1"), id="the API server is up"),
        pytest.param(ApiServerStopped("m9"), id="there is no such API server"),
        pytest.param(EtcdMemberBack("m1"), id="the member is up"),
        pytest.param(MasterLost("m9"), id="there is no such master"),
        pytest.param(PodDeleted(Target(kind="Pod", namespace="default", name="x")), id="there is no such pod"),
        pytest.param(PodForceDeleted(Target(kind="Pod", namespace="default", name="x")), id="nor one to force"),
    ],
)
def test_a_fault_of_the_control_plane_that_is_not_possible_is_refused(event):
    """A refusal in the rule's name."""
    refusal = MODEL.step(cluster(), event)

    assert isinstance(refusal, Refusal)
    assert refusal.rule.startswith("faults.")


# Budgets


def test_the_total_bounds_the_sum_of_the_faults():
    """After two faults of whatever kind none is offered."""
    state = cluster(budget={"nodeCrash": 3, "podDelete": 3, TOTAL: 2})
    for _ in range(2):
        faults = [event for event in MODEL.enabled(state) if type(event).__module__.startswith("kcore.faults")]
        assert faults
        state = then(state, faults[0])

    assert not [event for event in MODEL.enabled(state) if type(event).__module__.startswith("kcore.faults")]


def test_an_act_is_offered_while_its_budget_lasts_and_possible_afterwards():
    """A search offers it twice; a person may do it as often as it makes sense."""
    cordon, uncordon = Cordon(node="n1"), Cordon(node="n1", unschedulable=False)
    model = build_model(acts=[offer("cordon", cordon)])
    state = cluster(model, budget={"cordon": 1})

    once = then(state, cordon, model=model)

    assert cordon in model.enabled(state)
    assert cordon not in model.enabled(once)
    assert not isinstance(model.step(then(once, uncordon, model=model), cordon), Refusal)
