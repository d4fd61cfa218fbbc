"""What counts as a fact of a settled cluster, section by section."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.conformance.facts import SECTIONS, facts

READY = {"type": "Ready", "status": "True"}


def _metadata(name, owner="", **more):
    """`owner` is "ReplicaSet/web-5d4f"."""
    kind, _, owner_name = owner.partition("/")
    references = {"ownerReferences": [{"kind": kind, "name": owner_name, "uid": "u"}]} if owner else {}
    return {"name": name, **references, **more}


def _pod(name, owner="", node="n1", phase="Running", address="", state=None, ready=True, **metadata):
    return {
        "metadata": _metadata(name, owner, **metadata),
        "spec": {"containers": [{"name": "c", "image": "app:v1"}], **({"nodeName": node} if node else {})},
        "status": {
            "phase": phase,
            "conditions": [{**READY, "status": str(ready)}],
            **({"podIP": address} if address else {}),
            **({"containerStatuses": [{"name": "c", "state": state}]} if state else {}),
        },
    }


def _replica_set(name, owner="", revision="1", image="app:v1", labels=None, **status):
    return {
        "metadata": _metadata(
            name, owner, annotations={"deployment.kubernetes.io/revision": revision}, labels=labels or {}
        ),
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": image}]}}},
        "status": status,
    }


def _deployment(generation=1, **status):
    return {
        "metadata": {
            "name": "web",
            "generation": generation,
            "annotations": {"deployment.kubernetes.io/revision": "3"},
        },
        "spec": {"replicas": 2},
        "status": status,
    }


def _node(name, zone="", **spec):
    labels = {"topology.kubernetes.io/zone": zone} if zone else {}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"conditions": [READY]}}


def _slice(service, *endpoints, **more):
    return {
        "metadata": {"name": f"{service}-x", "labels": {"kubernetes.io/service-name": service}},
        "endpoints": list(endpoints),
        **more,
    }


def _endpoint(pod, address):
    conditions = {"ready": True, "serving": True, "terminating": False}
    return {"targetRef": {"name": pod}, "addresses": [address], "conditions": conditions}


def _workload(found, key="Deployment/web"):
    return found["workloads"][key]


# Workloads


def test_a_workload_is_its_figures_conditions_and_revision():
    """Zeros, booleans, collisions and the observed generation itself are no figures."""
    conditions = [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "any"}]
    found = facts(
        {
            "Deployment": [
                _deployment(
                    replicas=2, readyReplicas=0, observedGeneration=1, collisionCount=1, odd=True, conditions=conditions
                )
            ]
        }
    )

    assert found == {
        "workloads": {
            "Deployment/web": {
                "replicas": 2,
                "status": {"replicas": 2, "observed": True},
                "conditions": {"Available": "True/MinimumReplicasAvailable"},
                "deleting": False,
                "revision": "3",
            }
        }
    }


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_a_workload_says_whether_its_controller_has_seen_it(kind):
    """The spec is observed once the status carries its generation."""
    assert _workload(facts({kind: [_deployment(2, observedGeneration=1)]}), f"{kind}/web")["status"] == {
        "observed": False
    }
    assert _workload(facts({kind: [_deployment(2, observedGeneration=2)]}), f"{kind}/web")["status"] == {
        "observed": True
    }


@pytest.mark.parametrize(
    ("wire", "called"),
    [
        pytest.param(_replica_set("web-5d4f", "Deployment/web"), "ReplicaSet/web#1[app:v1]", id="after its Deployment"),
        pytest.param(
            _replica_set("web-5d4f", "Deployment/web", revision="2", image="app:v2"),
            "ReplicaSet/web#2[app:v2]",
            id="with its revision and image",
        ),
        pytest.param(_replica_set("alone"), "ReplicaSet/alone#1[app:v1]", id="by its own name when nobody owns it"),
        pytest.param(
            _replica_set("web-5d4f", labels={"pod-template-hash": "5d4f"}),
            "ReplicaSet/web#1[app:v1]",
            id="without its hash when it was orphaned",
        ),
    ],
)
def test_a_replica_set_is_called_after_what_it_is(wire, called):
    """Its own name holds a hash, which no model can know."""
    assert list(facts({"ReplicaSet": [wire]})["workloads"]) == [called]


def test_a_job_is_its_figures_indexes_and_conditions():
    """A finished job says what it completed."""
    job = {
        "metadata": {"name": "sum"},
        "spec": {},
        "status": {
            "succeeded": 2,
            "failed": 0,
            "completedIndexes": "0,1",
            "conditions": [{"type": "Complete", "status": "True"}],
        },
    }

    assert facts({"Job": [job]}) == {
        "jobs": {"sum": {"status": {"succeeded": 2}, "completedIndexes": "0,1", "conditions": {"Complete": "True/"}}}
    }


# Pods


@pytest.mark.parametrize(
    ("pod", "fact"),
    [
        pytest.param(
            _pod("web-5d4f-x", "ReplicaSet/web-5d4f"),
            "ReplicaSet/web#1[app:v1]:* Running ready=True deleting=False placed app:v1",
            id="one of many, when a ReplicaSet owns it",
        ),
        pytest.param(
            _pod("db-0", "StatefulSet/db", ready=False),
            "StatefulSet/db:db-0 Running ready=False deleting=False placed app:v1",
            id="itself, when a StatefulSet owns it",
        ),
        pytest.param(
            _pod("alone"), "-:alone Running ready=True deleting=False placed app:v1", id="itself, when nobody owns it"
        ),
        pytest.param(
            _pod("agent-x", "DaemonSet/agent"),
            "DaemonSet/agent:* Running ready=True deleting=False placed app:v1",
            id="one of many, when a DaemonSet owns it",
        ),
        pytest.param(
            _pod("alone", node="", phase="Pending", ready=False),
            "-:alone Pending ready=False deleting=False unplaced app:v1",
            id="unplaced, while it has no node",
        ),
        pytest.param(
            _pod("alone", deletionTimestamp="2000-01-01T00:00:00Z"),
            "-:alone Running ready=True deleting=True placed app:v1",
            id="being deleted",
        ),
        pytest.param(
            _pod("alone", state={"waiting": {"reason": "ImagePullBackOff"}}, ready=False),
            "-:alone Running ready=False deleting=False placed app:v1 ImagePullBackOff",
            id="with the reason why its container waits",
        ),
        pytest.param(
            _pod("alone", state={"running": {"startedAt": "2000-01-01T00:00:00Z"}}),
            "-:alone Running ready=True deleting=False placed app:v1",
            id="without a reason while its container runs",
        ),
    ],
)
def test_a_pod_is(pod, fact):
    """Its owner, its name where that is an identity, and its state."""
    found = facts({"Pod": [pod], "ReplicaSet": [_replica_set("web-5d4f", "Deployment/web")]})

    assert found["pods"] == {fact: 1}


def test_alike_pods_are_counted():
    """Two pods of one ReplicaSet are two of the same."""
    pods = [_pod("web-a", "ReplicaSet/web"), _pod("web-b", "ReplicaSet/web")]

    assert facts({"Pod": pods})["pods"] == {"ReplicaSet/web:* Running ready=True deleting=False placed app:v1": 2}


@pytest.mark.parametrize(
    ("addresses", "fact"),
    [
        pytest.param([("a", "Running"), ("b", "Pending")], True, id="different addresses are"),
        pytest.param([("a", "Running"), ("a", "Running")], False, id="equal addresses are not"),
        pytest.param([("a", "Running"), ("a", "Failed")], True, id="a finished pod may have had the same one"),
        pytest.param([("", "Running"), ("", "Failed")], None, id="without an address there is no such fact"),
    ],
)
def test_the_addresses_of_running_pods_are_all_different(addresses, fact):
    """Addresses themselves differ from run to run; that they are different does not."""
    pods = [_pod(f"p{i}", address=address, phase=phase) for i, (address, phase) in enumerate(addresses)]

    assert facts({"Pod": pods})["pods"].get("addresses are all different") is fact


def test_placement_is_how_many_pods_share_a_node_and_a_zone():
    """Which node is left out: nodes are alike."""
    nodes = [_node("n1", "a"), _node("n2", "a"), _node("n3", "b")]
    pods = [_pod(f"p{i}", "ReplicaSet/web", node) for i, node in enumerate(["n1", "n2", "n3", "n3", ""])]

    assert facts({"Node": nodes, "Pod": pods})["placement"] == {
        "ReplicaSet/web": {"per_node": [2, 1, 1], "per_zone": [2, 2]}
    }


# Services


def test_a_service_is_its_endpoints_by_the_pods_behind_them():
    """Slices of one Service count together, those of another do not."""
    found = facts(
        {
            "Service": [{"metadata": {"name": "web"}, "spec": {"type": "ClusterIP", "clusterIP": "None"}}],
            "Pod": [_pod("a", "ReplicaSet/web", address="1.1.1.1"), _pod("b", "ReplicaSet/web", address="1.1.1.2")],
            "EndpointSlice": [
                _slice("web", _endpoint("a", "1.1.1.1"), ports=[{"name": "http", "port": 80, "protocol": "TCP"}]),
                _slice("web", _endpoint("b", "1.1.1.2"), ports=[{"port": 53, "protocol": "UDP"}]),
                _slice("other", _endpoint("a", "1.1.1.1")),
            ],
        }
    )

    assert found["services"] == {
        "web": {
            "type": "ClusterIP",
            "headless": True,
            "endpoints": {"ReplicaSet/web:* ready=True serving=True terminating=False": 2},
            "ports": [":53/UDP", "http:80/TCP"],
            "addresses are those of the pods": True,
        }
    }


@pytest.mark.parametrize(
    ("endpoint", "right"),
    [
        pytest.param(_endpoint("a", "1.1.1.1"), True, id="the pod's own address is right"),
        pytest.param(_endpoint("a", "1.1.1.2"), False, id="another address is wrong"),
        pytest.param(_endpoint("gone", "1.1.1.1"), False, id="an endpoint of no pod is wrong"),
        pytest.param({"addresses": ["1.1.1.1"]}, False, id="an endpoint of nothing is wrong"),
    ],
)
def test_the_addresses_of_endpoints_are_those_of_the_pods(endpoint, right):
    """Traffic goes where the address says, not where the name says."""
    found = facts(
        {
            "Service": [{"metadata": {"name": "web"}, "spec": {}}],
            "Pod": [_pod("a", address="1.1.1.1")],
            "EndpointSlice": [_slice("web", endpoint)],
        }
    )

    assert found["services"]["web"]["addresses are those of the pods"] is right


# The rest


def test_a_budget_is_its_four_figures():
    """A figure that the status lacks is 0."""
    budget = {"metadata": {"name": "web"}, "spec": {}, "status": {"currentHealthy": 3, "expectedPods": 3}}

    assert facts({"PodDisruptionBudget": [budget]})["budgets"] == {
        "web": {"currentHealthy": 3, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 3}
    }


def test_a_claim_is_its_phase_binding_and_owner():
    """Which volume it is bound to is the binder's choice."""
    claim = {
        "metadata": _metadata("data-db-0", "StatefulSet/db", deletionTimestamp="2000-01-01T00:00:00Z"),
        "spec": {"volumeName": "pv-1"},
        "status": {"phase": "Bound"},
    }

    assert facts({"PersistentVolumeClaim": [claim]})["claims"] == {
        "data-db-0": {"phase": "Bound", "bound": True, "deleting": True, "owner": "StatefulSet/db"}
    }


def test_a_volume_is_its_phase():
    """Nothing else of a volume changes by itself."""
    volume = {"metadata": {"name": "pv-1"}, "spec": {}, "status": {"phase": "Available"}}

    assert facts({"PersistentVolume": [volume]})["volumes"] == {"pv-1": "Available"}


def test_a_node_is_its_taints_its_cordon_and_its_readiness():
    """Taints have no order, and a value only sometimes."""
    taints = [
        {"key": "z", "effect": "NoSchedule", "timeAdded": "any"},
        {"key": "a", "value": "x", "effect": "NoExecute"},
    ]

    assert facts({"Node": [_node("n1", taints=taints, unschedulable=True)]})["nodes"] == {
        "n1": {"taints": ["a=x:NoExecute", "z=:NoSchedule"], "unschedulable": True, "ready": "True"}
    }
    assert facts({"Node": [{"metadata": {"name": "n2"}}]})["nodes"] == {
        "n2": {"taints": [], "unschedulable": False, "ready": None}
    }


@pytest.mark.parametrize("kind", ["ConfigMap", "Event", "Lease", "Secret", "Namespace", "EndpointSlice"])
def test_what_has_no_section_is_no_fact(kind):
    """Configuration, heartbeats and events may differ, and slices count through their Service only."""
    assert facts({kind: [{"metadata": {"name": "any"}}]}) == {}


def test_an_empty_cluster_has_no_facts():
    """A section without entries is left out."""
    assert facts({}) == {}
    assert facts({kind: [] for kind in ("Pod", "Node", "Deployment", "ReplicaSet", "Service")}) == {}


@given(st.data())
def test_the_order_of_objects_is_no_fact(data):
    """However the lists are ordered, the facts are the same."""
    sets = [
        _replica_set("web-a", "Deployment/web"),
        _replica_set("web-b", "Deployment/web", revision="2", image="app:v2"),
    ]
    objects = {
        "Node": [_node("n1", "a"), _node("n2", "b")],
        "ReplicaSet": sets,
        "Pod": [
            _pod(f"p{i}", f"ReplicaSet/web-{'ab'[i % 2]}", f"n{i % 2 + 1}", address=f"1.1.1.{i}") for i in range(4)
        ],
        "Service": [{"metadata": {"name": "web"}, "spec": {"type": "ClusterIP"}}],
        "EndpointSlice": [_slice("web", *(_endpoint(f"p{i}", f"1.1.1.{i}") for i in range(4)))],
    }
    shuffled = {kind: data.draw(st.permutations(found)) for kind, found in objects.items()}

    assert facts(shuffled) == facts(objects)
    assert set(facts(objects)) <= set(SECTIONS)
