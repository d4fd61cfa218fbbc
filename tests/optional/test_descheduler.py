"""The descheduler: whom each policy names, and what comes of it in a cluster."""

from __future__ import annotations

from collections import Counter

import pytest

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.errors import Place
from kcore.model import build_model, components_of
from kcore.optional.descheduler import (
    descheduler,
    low_node_utilization,
    remove_duplicates,
    remove_pods_violating_node_taints,
    remove_pods_violating_topology_spread_constraint,
)
from kcore.optional.descheduler.placed import placed
from kcore.verify.run import run
from kcore.verify.scenario import parse_scenario

ZONE = "topology.kubernetes.io/zone"
SPREAD = {
    "maxSkew": 1,
    "topologyKey": ZONE,
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": {"matchLabels": {"app": "a"}},
}


def node(name, zone="a", taints=(), **spec):
    meta = {"name": name, "labels": {ZONE: zone, "kubernetes.io/hostname": name}}
    allocatable = {"cpu": "4", "memory": "8Gi", "pods": "10"}
    spec |= {"taints": [{"key": key, "effect": "NoSchedule"} for key in taints]}
    wire = {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": spec, "status": {"allocatable": allocatable}}
    return from_wire(wire)


def pod(name, on, owner="web", cpu="1", kind="ReplicaSet", priority=0, **spec):
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": f"u-{owner}", "controller": True}
    meta = {"name": name, "namespace": "default", "uid": name, "labels": {"app": "a"}}
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**meta, "ownerReferences": [reference] if owner else []},
            "spec": {
                "nodeName": on,
                "priority": priority,
                "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}],
                **spec,
            },
            "status": {"phase": "Running"},
        }
    )


def named(policy, *objects):
    return [one.metadata.name for one in policy(placed(View(Store.of(objects), 0)))]


TWO = (node("n1"), node("n2", "b"))
CROWD = tuple(pod(name, "n1") for name in "abcd")


@pytest.mark.parametrize(
    ("policy", "objects", "expected"),
    [
        pytest.param(remove_duplicates(), (*TWO, *CROWD), ["a", "b"], id="duplicates: more than an even spread"),
        pytest.param(remove_duplicates(), (*TWO, pod("a", "n1"), pod("b", "n2")), [], id="duplicates: an even spread"),
        pytest.param(
            remove_duplicates(),
            (node("n1"), node("n2", unschedulable=True), *CROWD),
            [],
            id="duplicates: nowhere else to go",
        ),
        pytest.param(
            remove_duplicates(),
            (*TWO, *(pod(name, "n1", kind="DaemonSet") for name in "ab")),
            [],
            id="duplicates: pods of a DaemonSet stay",
        ),
        pytest.param(
            remove_duplicates(),
            (*TWO, *(pod(name, "n1", owner="") for name in "ab")),
            [],
            id="duplicates: bare pods stay",
        ),
        pytest.param(
            remove_pods_violating_node_taints(),
            (node("n1", taints=["x"]), pod("a", "n1"), pod("b", "n1", tolerations=[{"operator": "Exists"}])),
            ["a"],
            id="taints: one that is not tolerated",
        ),
        pytest.param(
            remove_pods_violating_topology_spread_constraint(),
            (*TWO, *(pod(name, "n1", topologySpreadConstraints=[SPREAD]) for name in "abc")),
            ["a"],
            id="spread: what is beyond the skew",
        ),
        pytest.param(
            remove_pods_violating_topology_spread_constraint(),
            (*TWO, *(pod(name, "n1", topologySpreadConstraints=[SPREAD]) for name in "a")),
            [],
            id="spread: what is within it",
        ),
        pytest.param(
            low_node_utilization({"cpu": 20, "pods": 20}, {"cpu": 50, "pods": 50}),
            (*TWO, *CROWD),
            ["a", "b"],
            id="use: down to the target",
        ),
        pytest.param(
            low_node_utilization({"cpu": 20, "pods": 20}, {"cpu": 50, "pods": 50}),
            (*TWO, *CROWD, pod("e", "n2")),
            [],
            id="use: nobody lies below the thresholds",
        ),
        pytest.param(
            low_node_utilization({"cpu": 20}, {"cpu": 50}),
            (*TWO, pod("a", "n1", cpu="3", priority=9), pod("b", "n1", priority=1)),
            ["b", "a"],
            id="use: the least important go first",
        ),
    ],
)
def test_a_policy_names_who_is_to_go(policy, objects, expected):
    """In order, and nobody else."""
    assert named(policy, *objects) == expected


def test_evictions_go_through_the_api_once_in_a_while():
    """A round evicts, the next one comes after the interval."""
    store = Store.of([*TWO, *CROWD])
    component = descheduler(remove_duplicates(), interval=1000, most_per_node=1)
    turn = component.reconcile(None, View(store, 5000), ("Round",))
    later = component.reconcile(5000, View(store, 5500), ("Round",))

    assert [(one.request.key, one.request.subresource) for one in turn.requests] == [(key_of(CROWD[0]), "eviction")]
    assert (later.requests, later.wake_at) == ((), 6000)


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 4,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "app:v1"}]},
        },
    },
}


def ended(*extra):
    """How many pods are on each node after a cordon, a Deployment and the end of the cordon."""
    nodes = [{"name": name, "capacity": {"cpu": "4", "memory": "8Gi", "pods": "10"}} for name in ("n1", "n2")]
    steps = [
        {"cordon": "n2"},
        {"apply": [DEPLOYMENT]},
        {"settle": {"quiet": 2}},
        {"uncordon": "n2"},
        {"wait": 700},
        {"settle": {"quiet": 2}},
    ]
    wire = {"apiVersion": "kcore/v1", "kind": "Scenario", "metadata": {"name": "s"}, "nodes": nodes, "steps": steps}
    scenario = parse_scenario(wire, lambda _: Place())
    model = build_model((*components_of(scenario.config), *extra))
    state = [result.state for result in run(scenario, model=model)][-1]
    return Counter(one.spec.node_name for one in state.store.list("Pod"))


def test_pods_are_spread_again_after_a_node_comes_back():
    """Without a descheduler they stay where they are; with one they are even."""
    assert ended() == {"n1": 4}
    assert ended(descheduler(remove_duplicates(), interval=300_000)) == {"n1": 2, "n2": 2}
