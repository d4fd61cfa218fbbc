"""Host ports: who answers at the address of a node itself."""

from __future__ import annotations

import pytest
from network_models import OUTSIDE, applied, asked, booted, names, pod, policy, service, target, then, web

from kcore.api.object import ObjectKey
from kcore.cluster.network import network_of
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.machine_lost import MachineLost
from kcore.network.path import path_from_outside
from kcore.users.delete import Delete


def holding(name="front", node="n1", **port):
    """A pod on a node with a port of the node."""
    made = pod(name, node, app="front")
    made["spec"]["containers"][0]["ports"] = [{"containerPort": 8080, "hostPort": 80, **port}]
    return made


def at_home(name="agent", node="n1"):
    """A pod in the network of its node."""
    return pod(name, node, app="agent", port=9100, hostNetwork=True)


def address(state, node="n1"):
    """The address of a node."""
    return state.store.get(ObjectKey("Node", "", node)).status.addresses[0].address


def from_outside(state, port, node="n1"):
    """What becomes of a request from outside at a port of a node."""
    return path_from_outside(network_of(state), OUTSIDE, address(state, node), port)


@pytest.mark.parametrize(
    ("made", "port", "who"),
    [
        pytest.param(holding(), 80, ["front"], id="a host port is handed on to the container"),
        pytest.param(at_home(), 9100, ["agent"], id="a pod in its node's network listens there"),
        pytest.param(holding(hostIP="192.0.2.1"), 80, [], id="the port of another address"),
        pytest.param(holding(protocol="UDP"), 80, [], id="the port of another protocol"),
        pytest.param(holding(), 8080, [], id="the container's own port is not the node's"),
    ],
)
def test_who_answers_at_a_port_of_a_node(made, port, who):
    """From inside as from outside, and on no other node."""
    state = applied(web(), made)

    assert names(from_outside(state, port)) == who
    assert names(asked(state, address(state), port)) == who
    assert names(from_outside(state, port, "n2")) == []


def test_a_node_port_comes_before_a_host_port():
    """As the rules of the kube-proxy come first."""
    taken = service(type="NodePort")
    taken["spec"]["ports"][0]["nodePort"] = 30080
    state = applied(web(svc=taken), holding(hostPort=30080))

    assert names(from_outside(state, 30080)) == ["web-1", "web-2"]


def test_nobody_answers_who_is_gone_or_not_running():
    """And the reason is told."""
    state = applied(booted(), holding(), at_home())

    crashed = then(state, ContainerCrash(target("Pod", "front")), settled=False)
    gone = then(state, Delete(target=target("Pod", "front")))

    assert "no container of Pod/front runs" in from_outside(crashed, 80).why_not
    assert "no Service has the node port" in from_outside(gone, 80).why_not
    assert from_outside(then(state, MachineLost("n1"), settled=False), 9100).why_not == "n1 is off"


def test_policies_hold_for_host_ports_and_not_for_the_nodes_own_network():
    """A pod in its node's network is the node."""
    closed = policy("closed", "front", policyTypes=["Ingress"])
    open_ = policy("nobody", "agent", policyTypes=["Ingress"])
    state = applied(web(), holding(), at_home(), closed, open_)

    assert "isolated by closed" in from_outside(state, 80).why_not
    assert names(from_outside(state, 9100)) == ["agent"]
