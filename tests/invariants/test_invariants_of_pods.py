"""Laws about pods and where they are put, on states made by hand: those that meet them and those that break them."""

from __future__ import annotations

import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import at, changed, cluster, node, pod

from kcore.api.object import ObjectKey

GOING = {"deletionTimestamp": "2000-01-01T00:00:30Z", "deletionGracePeriodSeconds": 30}
RUNNING = {"running": {"startedAt": "2000-01-01T00:00:00Z"}}
N1 = ObjectKey("Node", "", "n1")
FREE = {"apiVersion": "v1", "kind": "Node"}


def container(policy, **state):
    """A pod of a container in some state, under a restart policy."""
    status = {"containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": False, "state": state}]}
    return pod("p", policy=policy, status=status)


def exited(code):
    """The state of a container that has ended."""
    return {"terminated": {"exitCode": code}}


def asking(name, *, node="n1", cpu="1", port=0, ip="", **more):
    """A pod that asks for CPU and, if it is not 0, for a port of its node."""
    wanted = [{"containerPort": 80, "hostPort": port, "hostIP": ip, "protocol": "TCP"}] if port else []
    container = {"name": "c", "image": "a", "resources": {"requests": {"cpu": cpu}}, "ports": wanted}
    return pod(name, node=node, spec={"containers": [container], **more})


def scheduled(*pods):
    """Pods, each first without a node and then bound."""
    return [each for one in pods for each in ({**one, "spec": {**one["spec"], "nodeName": ""}}, one)]


def unschedulable():
    """A pod for which the scheduler has found no node."""
    said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes"}
    return pod("p", node="", phase="Pending", status={"conditions": [said]})


PODS = [
    pytest.param("phases-in-table", cluster(pod("p", phase="Pending"), pod("p")), (), id="phases: pending, running"),
    pytest.param("phases-in-table", cluster(pod("p"), pod("p", phase="Failed")), (), id="phases: running, failed"),
    pytest.param(
        "phases-in-table", cluster(pod("p", phase="Failed"), pod("p")), ("Pod/p",), id="phases: failed, running"
    ),
    pytest.param(
        "phases-in-table",
        cluster(pod("p", phase="Succeeded"), pod("p", phase="Failed")),
        ("Pod/p",),
        id="phases: succeeded, failed",
    ),
    pytest.param(
        "phases-in-table",
        cluster(pod("p", phase="Failed"), at(pod("p")), pod("p", uid="new")),
        (),
        id="phases: another pod of the name",
    ),
    pytest.param(
        "ended-containers-stay-ended",
        cluster(container("Always", **exited(0)), container("Always", **RUNNING)),
        (),
        id="containers: always restarted",
    ),
    pytest.param(
        "ended-containers-stay-ended",
        cluster(container("OnFailure", **exited(1)), container("OnFailure", **RUNNING)),
        (),
        id="containers: restarted on failure",
    ),
    pytest.param(
        "ended-containers-stay-ended",
        cluster(container("OnFailure", **exited(0)), container("OnFailure", **RUNNING)),
        ("Pod/p",),
        id="containers: restarted after success",
    ),
    pytest.param(
        "ended-containers-stay-ended",
        cluster(container("Never", **exited(1)), container("Never", **RUNNING)),
        ("Pod/p",),
        id="containers: never to be restarted",
    ),
    pytest.param("bound-once", cluster(*scheduled(pod("p"))), (), id="binding: once"),
    pytest.param("bound-once", cluster(pod("p"), pod("p", node="n2")), ("Pod/p",), id="binding: to another node"),
    pytest.param(
        "addresses-unique", cluster(pod("p", ip="10.0.0.1"), pod("q", ip="10.0.0.2")), (), id="addresses: two"
    ),
    pytest.param(
        "addresses-unique",
        cluster(pod("p", ip="10.0.0.1"), pod("q", ip="10.0.0.1")),
        ("Pod/p", "Pod/q"),
        id="addresses: one for two",
    ),
    pytest.param(
        "addresses-unique",
        cluster(pod("p", ip="10.0.0.1", phase="Failed"), pod("q", ip="10.0.0.1")),
        (),
        id="addresses: of a pod that has ended",
    ),
    pytest.param(
        "addresses-unique",
        cluster(*(pod(one, ip="10.0.0.1", spec={"hostNetwork": True}) for one in "pq")),
        (),
        id="addresses: the node's own",
    ),
    pytest.param("runs-where-bound", cluster(pod("p"), runs=[("n1", "p", "p")]), (), id="running: where bound"),
    pytest.param(
        "runs-where-bound", cluster(pod("p"), runs=[("n2", "p", "p")]), ("Pod/p",), id="running: on another machine"
    ),
    pytest.param(
        "runs-where-bound",
        cluster(pod("p"), runs=[("n1", "p", "p"), ("n2", "p", "p")]),
        ("Pod/p",),
        id="running: on two machines",
    ),
    pytest.param(
        "at-most-one-running-pod-per-identity",
        cluster(pod("p"), runs=[("n1", "p", "p"), ("n2", "q", "q")]),
        (),
        id="identity: two pods",
    ),
    pytest.param(
        "at-most-one-running-pod-per-identity",
        cluster(pod("p"), runs=[("n1", "p", "p"), ("n2", "p", "old")]),
        ("Pod/p",),
        id="identity: an older pod of the name runs on",
    ),
    pytest.param("pods-go-gracefully", cluster(pod("p"), pod("p", **GOING), at(pod("p"))), (), id="going: asked first"),
    pytest.param("pods-go-gracefully", cluster(pod("p", node=""), at(pod("p"))), (), id="going: never bound"),
    pytest.param("pods-go-gracefully", cluster(pod("p"), at(pod("p"))), ("Pod/p",), id="going: at once"),
    pytest.param("pods-go-gracefully", cluster(pod("p"), N1, at(pod("p"))), (), id="going: after its node"),
]

PLACES = [
    pytest.param(
        "bound-within-allocatable", cluster(*scheduled(asking("p"), asking("q"))), (), id="room: just enough CPU"
    ),
    pytest.param(
        "bound-within-allocatable",
        cluster(*scheduled(asking("p"), asking("q", cpu="1001m"))),
        ("Node/n1", "Pod/p", "Pod/q"),
        id="room: too little CPU",
    ),
    pytest.param(
        "bound-within-allocatable",
        cluster(*scheduled(*(pod(name) for name in "pqrs"))),
        ("Node/n1", "Pod/p", "Pod/q", "Pod/r", "Pod/s"),
        id="room: too many pods",
    ),
    pytest.param(
        "bound-within-allocatable",
        cluster(*scheduled(asking("p", cpu="2")), asking("q", cpu="2")),
        (),
        id="room: a pod that was made on the node is its kubelet's to refuse",
    ),
    pytest.param(
        "host-ports-unique", cluster(*scheduled(asking("p", port=80), asking("q", port=81))), (), id="ports: two"
    ),
    pytest.param(
        "host-ports-unique",
        cluster(*scheduled(asking("p", port=80), asking("q", port=80, ip="10.0.0.1"))),
        ("Pod/p", "Pod/q"),
        id="ports: one on all addresses and on one of them",
    ),
    pytest.param(
        "host-ports-unique",
        cluster(*scheduled(asking("p", port=80), asking("q", port=80, node="n2"))),
        (),
        id="ports: one on two nodes",
    ),
    pytest.param("bound-where-allowed", cluster(node("n1"), *scheduled(pod("p"))), (), id="place: a free node"),
    pytest.param(
        "bound-where-allowed",
        cluster(node("n1", unschedulable=True), *scheduled(pod("p"))),
        ("Pod/p",),
        id="place: a cordoned node",
    ),
    pytest.param(
        "bound-where-allowed",
        cluster(node("n1", taints=[{"key": "a", "effect": "NoSchedule"}]), *scheduled(pod("p"))),
        ("Pod/p",),
        id="place: a taint",
    ),
    pytest.param(
        "bound-where-allowed",
        cluster(
            node("n1", taints=[{"key": "a", "effect": "NoSchedule"}]),
            *scheduled(asking("p", tolerations=[{"key": "a", "operator": "Exists"}])),
        ),
        (),
        id="place: a taint that is tolerated",
    ),
    pytest.param(
        "bound-where-allowed",
        cluster(node("n1", {"disk": "hdd"}), *scheduled(asking("p", nodeSelector={"disk": "ssd"}))),
        ("Pod/p",),
        id="place: a node that is not selected",
    ),
    pytest.param(
        "bound-where-allowed",
        cluster(node("n1"), *scheduled(pod("p")), node("n1", unschedulable=True)),
        (),
        id="place: a node that was cordoned later",
    ),
    pytest.param(
        "every-pod-is-schedulable", cluster(pod("p", node="", phase="Pending")), (), id="schedulable: not tried"
    ),
    pytest.param("every-pod-is-schedulable", cluster(unschedulable()), ("Pod/p",), id="schedulable: tried in vain"),
    pytest.param("nothing-stays-bound-to-a-missing-node", cluster(pod("p")), (), id="missing node: it is there"),
    pytest.param("nothing-stays-bound-to-a-missing-node", cluster(pod("p"), N1), ("Pod/p",), id="missing node: gone"),
]


@pytest.mark.parametrize(("name", "state", "culprits"), [*PODS, *PLACES])
def test_an_invariant_of_pods_blames_who_breaks_it(name, state, culprits):
    """Nobody where it holds, and else the objects, in order."""
    assert blamed(name, state) == culprits


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("phases-in-table", cluster(pod("p", phase="Pending"), pod("p")), id="a phase that changes"),
        pytest.param(
            "ended-containers-stay-ended",
            cluster(container("Never", **exited(0)), container("Never", **exited(0))),
            id="a container that ended for good",
        ),
        pytest.param("bound-once", cluster(pod("p"), changed(pod("p"), labels={})), id="a bound pod that changes"),
        pytest.param(
            "addresses-unique", cluster(pod("p", ip="10.0.0.1"), pod("q", ip="10.0.0.2")), id="two pods with addresses"
        ),
        pytest.param("runs-where-bound", cluster(runs=[("n1", "p", "p")]), id="something that runs"),
        pytest.param("pods-go-gracefully", cluster(pod("p"), at(pod("p"))), id="a pod that went"),
        pytest.param("bound-within-allocatable", cluster(*scheduled(pod("p"), pod("q"))), id="two pods on a node"),
        pytest.param("host-ports-unique", cluster(*scheduled(asking("p", port=80))), id="a port that is wanted"),
        pytest.param(
            "bound-where-allowed",
            cluster(node("n2", unschedulable=True), *scheduled(pod("p"))),
            id="a node that is not free",
        ),
        pytest.param("every-pod-is-schedulable", cluster(pod("p")), id="a bound pod"),
        pytest.param("nothing-stays-bound-to-a-missing-node", cluster(pod("p"), N1), id="a node that is gone"),
    ],
)
def test_an_invariant_of_pods_is_put_to_the_test(name, state):
    """The witness tells the states in which it says something."""
    assert witnessed(name, state)
    assert not witnessed(name, cluster())
