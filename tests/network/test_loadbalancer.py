"""Requests from outside: node ports, load balancers and their health checks, and the controller that asks for them."""

from __future__ import annotations

import attrs
import pytest
from network_models import MODEL, NODES, OUTSIDE, names, path, service, target, then, web

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.network import network_of
from kcore.controllers.service.controller import FINALIZER
from kcore.faults.health_check_late import HealthChecksLate, HealthChecksResumed
from kcore.faults.machine_lost import MachineLost
from kcore.faults.network_partition import NetworkPartitioned
from kcore.machine import Refusal
from kcore.model import Plan, boot, build_model, settle
from kcore.network.path import Client, path_from_outside
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Label, Patch

WEB = ObjectKey("Service", "default", "web")
BALANCED = service(type="LoadBalancer")
LOCAL = service(type="LoadBalancer", externalTrafficPolicy="Local")


def found(state):
    """The Service."""
    return state.store.get(WEB)


def address(state):
    """The address of its load balancer."""
    return found(state).status.load_balancer.ingress[0].ip


def asked(state, host=None, port=80, source=OUTSIDE):
    """What becomes of a request from outside."""
    return path_from_outside(network_of(state), source, host or address(state), port)


def by(state):
    """The nodes that the load balancer sends to."""
    return sorted({one.by for one in asked(state).arrivals})


def test_a_service_gets_a_load_balancer():
    """An address of its own, and a finalizer that holds it until that is given back."""
    state = web(svc=BALANCED)

    assert FINALIZER in found(state).metadata.finalizers
    assert address(state) == "100." + found(state).spec.cluster_ip.partition(".")[2]


def test_without_a_cloud_it_stays_pending():
    """As in a cluster that runs on nobody's cloud."""
    model = build_model()
    state = model.step(boot(model, Plan(nodes=NODES)), Apply(objects=(Json.of(BALANCED),))).state

    assert found(settle(model, state).state).status.load_balancer.ingress == ()


def test_a_class_of_load_balancers_is_somebody_elses():
    """The cloud leaves it alone."""
    assert found(web(svc=service(type="LoadBalancer", loadBalancerClass="example.com/lb"))).metadata.finalizers == ()


def test_a_service_that_is_deleted_gives_its_load_balancer_back():
    """And is gone then."""
    state = then(web(svc=BALANCED), Delete(target=target("Service", "web")))

    assert found(state) is None


def test_a_service_of_another_type_gives_its_load_balancer_back():
    """And lives on."""
    patch = Patch(target=target("Service", "web"), patch=Json.of({"spec": {"type": "ClusterIP"}}))
    state = then(web(svc=BALANCED), patch)

    assert found(state).status.load_balancer.ingress == ()
    assert FINALIZER not in found(state).metadata.finalizers


def test_a_request_goes_through_any_node_to_any_pod():
    """From the load balancer to a node, and by its table to a pod on another."""
    state = web(svc=BALANCED)

    assert by(state) == ["n1", "n2", "n3"]
    assert set(names(asked(state))) == {"web-1", "web-2"}


def test_the_external_policy_local_uses_nodes_that_have_pods():
    """Their health check node ports say so, and nobody sends on to another node."""
    state = web(svc=LOCAL)

    assert found(state).spec.health_check_node_port
    assert by(state) == ["n1", "n2"]
    assert all(one.by == one.backend.node for one in asked(state).arrivals)


def test_from_inside_the_address_of_a_load_balancer_leads_to_every_pod():
    """The external policy is not asked."""
    state = web(svc=LOCAL)
    pod = state.store.get(ObjectKey("Pod", "default", "client-n3"))

    assert len(path(network_of(state), Client.of(pod), address(state), 80).answered) == 2


def test_a_node_that_is_excluded_is_not_sent_to():
    """By its label."""
    label = FrozenMap({"node.kubernetes.io/exclude-from-external-load-balancers": ""})
    node = attrs.evolve(target("Node", "n2"), namespace="")

    assert by(then(web(svc=BALANCED), Label(target=node, labels=label))) == ["n1", "n3"]


def test_late_health_checks_go_on_using_a_node_that_is_off():
    """Until they arrive again."""
    late = then(then(web(svc=BALANCED), HealthChecksLate()), MachineLost("n3"), settled=False)

    assert "n3 is off" in asked(late).why_not
    assert by(then(late, HealthChecksResumed(), settled=False)) == ["n1", "n2"]
    assert isinstance(MODEL.step(web(svc=BALANCED), HealthChecksResumed()), Refusal)


def test_late_health_checks_go_on_using_a_node_whose_pod_is_gone():
    """Which refuses what it gets, since it has no endpoint."""
    late = then(then(web(svc=LOCAL), HealthChecksLate()), Delete(target=target("Pod", "web-1")))

    assert "no endpoints on n1" in asked(late).why_not
    assert asked(then(late, HealthChecksResumed())).why_not == ""


def test_without_pods_no_node_is_healthy():
    """And the load balancer says so."""
    state = web(svc=LOCAL)
    for name in ("web-1", "web-2"):
        state = then(state, Delete(target=target("Pod", name)))

    assert "no node is healthy" in asked(state).why_not


@pytest.mark.parametrize(
    ("source", "refused"),
    [
        pytest.param("198.51.100.7", False, id="a client of the range"),
        pytest.param("192.0.2.1", True, id="any other client"),
    ],
)
def test_source_ranges_let_in_nobody_else(source, refused):
    """At the address of the load balancer."""
    state = web(svc=service(type="LoadBalancer", loadBalancerSourceRanges=["198.51.100.0/24"]))

    assert bool(asked(state, source=Client(address=source)).refusal) is refused


def test_a_node_port_is_reached_at_every_node():
    """And a node that does not reach another loses what it sends there."""
    state = web(svc=service(type="NodePort"))
    port = found(state).spec.ports[0].node_port
    host = next(one.address for one in state.store.get(ObjectKey("Node", "", "n3")).status.addresses)
    cut = then(state, NetworkPartitioned(("n3",), ("n1",)))

    assert len(asked(state, host, port).answered) == 2
    assert asked(cut, host, port).why_not == "n3 does not reach n1"
    assert "no Service has the node port 1/TCP" in asked(state, host, 1).why_not


def test_an_external_address_of_a_service_leads_in():
    """By whichever node it is routed to."""
    state = web(svc=service(externalIPs=["198.51.100.80"]))

    assert len({one.backend for one in asked(state, "198.51.100.80").answered}) == 2
