"""Admission by the kubelet, and deadlines: which pods it takes, and how long it lets them run."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire


def node(*, cpu="2", pods="3", labels=None, taints=()):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "n1", "labels": labels or {}},
            "spec": {"taints": list(taints)},
            "status": {"allocatable": {"cpu": cpu, "pods": pods}},
        }
    )


def wanting(cpu="500m", port=0, **spec):
    """A pod's spec that asks for this."""
    ports = [{"containerPort": 80, "hostPort": port}] if port else []
    one = {"name": "c0", "image": "app:v1", "ports": ports, "resources": {"requests": {"cpu": cpu}}}
    return {"containers": [one], **spec}


NO_EXECUTE = {"key": "out", "effect": "NoExecute"}
NO_SCHEDULE = {"key": "out", "effect": "NoSchedule"}
RED = {"nodeSelector": {"color": "red"}}

REJECTED = [
    pytest.param(
        node(),
        wanting("1800m"),
        "OutOfcpu",
        "Node didn't have enough resource: cpu, requested: 1800, used: 500, capacity: 2000",
        id="no cpu is left",
    ),
    pytest.param(
        node(pods="1"),
        wanting(),
        "OutOfpods",
        "Node didn't have enough resource: pods, requested: 1, used: 1, capacity: 1",
        id="there are pods enough",
    ),
    pytest.param(
        node(),
        wanting(**RED),
        "NodeAffinity",
        "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
        id="it is not the node that was asked for",
    ),
    pytest.param(
        node(),
        wanting(port=8080),
        "NodePorts",
        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
        id="a port is taken",
    ),
    pytest.param(
        node(taints=[NO_EXECUTE]),
        wanting(),
        "TaintToleration",
        "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
        id="it would be evicted",
    ),
]


@pytest.fixture
def taken(bench, pod):
    """A bench on which a pod with half a CPU and a host port runs."""
    bench.put(pod("first", **wanting(port=8080)))
    bench.run(1_000)
    return bench


@pytest.mark.parametrize(("where", "spec", "reason", "message"), REJECTED)
def test_a_pod_that_does_not_fit_fails_with_the_reason(taken, pod, where, spec, reason, message):
    """And nothing of it ever runs."""
    taken.store = taken.store.put(where)
    taken.put(pod("p", **spec))
    taken.run(600_000)
    status = taken.status()

    assert (status["phase"], status["reason"]) == ("Failed", reason)
    assert status["message"] == f"Pod was rejected: {message}"
    assert "containerStatuses" not in status
    assert [one.id.pod_uid for one in taken.sandboxes()] == ["u-first"]


FITTING = [
    pytest.param(node(), wanting("1500m"), id="all that is left"),
    pytest.param(node(labels={"color": "red"}), wanting(**RED), id="the node that was asked for"),
    pytest.param(node(), wanting(port=8081), id="another port"),
    pytest.param(node(taints=[NO_SCHEDULE]), wanting(), id="a taint that evicts nobody"),
    pytest.param(
        node(taints=[NO_EXECUTE]), wanting(tolerations=[{"operator": "Exists"}]), id="a taint that is tolerated"
    ),
]


@pytest.mark.parametrize(("where", "spec"), FITTING)
def test_a_pod_that_fits_runs(taken, pod, where, spec):
    """Beside the one that is there."""
    taken.store = taken.store.put(where)
    taken.put(pod("p", **spec))
    taken.run(2_000)

    assert taken.status()["phase"] == "Running"


def test_what_has_ended_takes_no_room(taken, pod):
    """The pod that failed is not counted."""
    taken.store = taken.store.put(node(pods="2"))
    taken.put(pod("failing", "app:exit1", restartPolicy="Never"))
    taken.run(10_000)
    taken.put(pod())
    taken.run(20_000)

    assert taken.status("failing")["phase"] == "Failed"
    assert taken.status()["phase"] == "Running"


def test_two_pods_that_come_at_once_are_not_both_turned_away(bench, pod):
    """The first that is looked at has the room."""
    bench.store = bench.store.put(node(pods="1"))
    bench.put(pod("a"))
    bench.put(pod("b"))
    bench.run(1_000)

    assert [bench.status(name)["phase"] for name in "ab"] == ["Running", "Failed"]


def test_what_was_taken_stays_whatever_becomes_of_the_node(taken):
    """Admission is asked once."""
    taken.store = taken.store.put(node(cpu="0", pods="0", taints=[NO_EXECUTE]))
    taken.add(taken.sandboxes()[0].pod)
    taken.run(10_000)

    assert taken.status("first")["phase"] == "Running"


def test_a_rejected_pod_that_is_deleted_is_gone(taken, pod):
    """There is nothing to stop."""
    taken.store = taken.store.put(node())
    taken.put(pod("p", **wanting("4")))
    taken.run(2_000)
    taken.delete()
    taken.run(3_000)

    assert taken.pod() is None


def test_a_pod_beyond_its_deadline_fails(bench, pod):
    """At its deadline, with the reason; its containers are stopped."""
    bench.put(pod(activeDeadlineSeconds=60))
    bench.run(59_999)

    assert bench.status()["phase"] == "Running"

    bench.run(60_200)

    assert (bench.status()["phase"], bench.status()["reason"]) == ("Failed", "DeadlineExceeded")
    assert bench.status()["message"] == "Pod was active on the node longer than the specified deadline"
    assert bench.containers() == [("terminated", 143)]
