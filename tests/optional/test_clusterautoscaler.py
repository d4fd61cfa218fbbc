"""The cluster autoscaler: nodes come for pods without a place, and go when nobody needs them."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.apiserver.store import Store
from kcore.errors import Place
from kcore.model import build_model, components_of
from kcore.model.cloud import with_cloud
from kcore.optional.clusterautoscaler import AutoscalerConfig, NodeGroup, cluster_autoscaler
from kcore.optional.clusterautoscaler.drainability import Skips, drainable
from kcore.optional.clusterautoscaler.groups import wishes_of
from kcore.optional.clusterautoscaler.planning import scale_up, unneeded
from kcore.verify.run import run
from kcore.verify.scenario import parse_scenario

SMALL = NodeGroup(name="small", most=3, capacity=FrozenMap({"cpu": "2", "memory": "4Gi", "pods": "10"}))
LARGE = NodeGroup(name="large", most=1, capacity=FrozenMap({"cpu": "8", "memory": "16Gi", "pods": "10"}))
KEPT = NodeGroup(name="kept", least=2, most=3, capacity=SMALL.capacity)


def pod(name, cpu="1500m", on="", tried=True, owner=True, **spec):
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}] if tried and not on else []
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "rs", "controller": True}
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "ownerReferences": [reference] if owner else []},
            "spec": {
                "nodeName": on,
                "schedulerName": "default-scheduler",
                "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}],
                **spec,
            },
            "status": {"phase": "Running" if on else "Pending", "conditions": conditions},
        }
    )


def wish(**machines):
    meta = {"name": "cluster-autoscaler-machines", "namespace": "kube-system"}
    data = {group: " ".join(names) for group, names in machines.items()} | {"next": "9"}
    return from_wire({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})


@pytest.mark.parametrize(
    ("groups", "objects", "expected"),
    [
        pytest.param((SMALL,), [pod("a"), pod("b")], {"small": 2}, id="one for each pod that needs one"),
        pytest.param((SMALL,), [pod("a", "500m"), pod("b", "500m")], {"small": 1}, id="pods share one"),
        pytest.param((SMALL,), [pod(name) for name in "abcde"], {"small": 3}, id="no more than there may be"),
        pytest.param((SMALL, LARGE), [pod("a", "4")], {"large": 1}, id="of a group that would do"),
        pytest.param((SMALL,), [pod("a", "4")], {}, id="none that would not help"),
        pytest.param((SMALL,), [pod("a", nodeSelector={"disk": "ssd"})], {}, id="none of the wrong labels"),
        pytest.param((SMALL,), [pod("a", tried=False)], {}, id="none before the scheduler has tried"),
        pytest.param((KEPT,), [], {"kept": 2}, id="as many as there must be"),
        pytest.param((SMALL,), [pod("a"), wish(small=["small-1"])], {"small": 1}, id="one that is on its way will do"),
    ],
)
def test_machines_are_wanted_for_pods_without_a_place(groups, objects, expected):
    """As many as they need together, within the bounds of the groups."""
    wishes = scale_up(groups, Store.of(objects))

    assert {group: len(names) for group, names in wishes.machines.items() if names} == expected


@pytest.mark.parametrize(
    ("groups", "pods", "expected"),
    [
        pytest.param((SMALL,), [], ("small-1", "small-2"), id="empty ones"),
        pytest.param((SMALL,), [pod("a", on="small-1")], ("small-2",), id="not one in use"),
        pytest.param(
            (SMALL,),
            [pod("a", "500m", "small-1"), pod("b", "1500m", "small-2")],
            ("small-1",),
            id="one whose pods fit elsewhere",
        ),
        pytest.param(
            (SMALL,),
            [pod("a", "900m", "small-1"), pod("b", "1500m", "small-2")],
            (),
            id="not one whose pods fit nowhere else",
        ),
        pytest.param(
            (SMALL,),
            [pod("a", "100m", "small-1", owner=False), pod("b", "1900m", "small-2")],
            (),
            id="not one with a pod that nobody makes anew",
        ),
        pytest.param((NodeGroup(name="small", least=2, most=3, capacity=SMALL.capacity),), [], (), id="not the least"),
    ],
)
def test_a_node_is_not_needed_if_its_few_pods_fit_elsewhere(groups, pods, expected):
    """And its group has more than it must."""
    nodes = [SMALL.node(name) for name in ("small-1", "small-2")]

    assert unneeded(groups, 50, Store.of([*nodes, *pods, wish(small=["small-1", "small-2"])])) == expected


SCRATCH = [{"name": "d", "emptyDir": {}}]
MEMORY = [{"name": "d", "emptyDir": {"medium": "Memory"}}]
SAFE = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}
UNSAFE = {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}


def budget(allowed, namespace="default"):
    return from_wire(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "b", "namespace": namespace},
            "spec": {"selector": {}},
            "status": {"disruptionsAllowed": allowed},
        }
    )


def annotated(found, annotations):
    return evolve(found, metadata=evolve(found.metadata, annotations=FrozenMap(annotations)))


def in_namespace(found, namespace):
    return evolve(found, metadata=evolve(found.metadata, namespace=namespace))


@pytest.mark.parametrize(
    ("pods", "budgets", "skips", "may_go"),
    [
        pytest.param([pod("a")], [], Skips(), True, id="one that is made anew"),
        pytest.param([pod("a", owner=False)], [], Skips(), False, id="not one that nobody makes anew"),
        pytest.param([annotated(pod("a", owner=False), SAFE)], [], Skips(), True, id="one that says that it is safe"),
        pytest.param([annotated(pod("a"), UNSAFE)], [], Skips(), False, id="not one that says that it is not"),
        pytest.param([pod("a", volumes=SCRATCH)], [], Skips(), False, id="not one with local storage"),
        pytest.param([pod("a", volumes=SCRATCH)], [], Skips(local_storage=False), True, id="local storage, if told so"),
        pytest.param([pod("a", volumes=MEMORY)], [], Skips(), True, id="one with storage in memory"),
        pytest.param([in_namespace(pod("a"), "kube-system")], [], Skips(), False, id="not one of the system"),
        pytest.param(
            [in_namespace(pod("a"), "kube-system")], [budget(1, "kube-system")], Skips(), True, id="of it with a budget"
        ),
        pytest.param([pod("a")], [budget(0)], Skips(), False, id="not one that a budget keeps"),
        pytest.param([pod("a"), pod("b")], [budget(1)], Skips(), False, id="not more than a budget allows"),
        pytest.param([pod("a"), pod("b")], [budget(2)], Skips(), True, id="as many as a budget allows"),
        pytest.param([pod("a")], [budget(0, "other")], Skips(), True, id="one that the budget of others covers"),
    ],
)
def test_a_node_is_let_go_of_if_all_its_pods_may_go(pods, budgets, skips, may_go):
    """What keeps a pod on its node keeps the node."""
    assert drainable(Store.of(budgets), pods, skips) == may_go


def workload(replicas):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "a", "resources": {"requests": {"cpu": "1500m"}}}]},
            },
        },
    }


def test_a_cluster_grows_with_its_pods_and_shrinks_after_them():
    """Three pods on a cluster with room for one; later none, and after the delays no machine is wanted."""
    nodes = [{"name": "n1", "capacity": {"cpu": "2", "memory": "4Gi", "pods": "10"}}]
    steps = [
        {"apply": [workload(3)]},
        {"wait": 30},
        {"scale": {"kind": "Deployment", "name": "web", "replicas": 1}},
        {"wait": 400},
    ]
    wire = {"apiVersion": "kcore/v1", "kind": "Scenario", "metadata": {"name": "s"}, "nodes": nodes, "steps": steps}
    scenario = parse_scenario(wire, lambda _: Place())
    config = AutoscalerConfig(groups=(SMALL,), scale_down_unneeded_time=60_000, scale_down_delay_after_add=60_000)
    model = with_cloud(build_model((*components_of(scenario.config), cluster_autoscaler(config))), config.groups)
    states = [result.state for result in run(scenario, model=model)]
    grown, shrunk = states[1], states[-1]

    assert sorted(one.metadata.name for one in grown.store.list("Node")) == ["n1", "small-1", "small-2"]
    assert all(one.spec.node_name for one in grown.store.list("Pod"))
    assert len(shrunk.store.list("Node")) <= 2
    assert len(wishes_of(shrunk.store).machines["small"]) == len(shrunk.store.list("Node")) - 1
