"""Routing: which pods a request from a node may reach, and why it may reach none."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.network.route import route, route_to_node_port, route_to_service

WEB = ObjectKey("Service", "default", "web")


def service(**spec):
    given = {"clusterIP": "10.96.0.7", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}], **spec}
    return from_wire(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"}, "spec": given}
    )


def endpoint(address, node, *, ready=True, serving=True, terminating=False, zones=(), nodes=()):
    hints = {"forZones": [{"name": one} for one in zones], "forNodes": [{"name": one} for one in nodes]}
    return {
        "hints": {name: given for name, given in hints.items() if given} or None,
        "addresses": [address],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "nodeName": node,
        "targetRef": {"kind": "Pod", "namespace": "default", "name": f"web-{address[-1]}"},
    }


def slice_of(*endpoints, name="web-abc", port=8080, port_name="http"):
    return from_wire(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": name, "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4",
            "endpoints": list(endpoints),
            "ports": [{"name": port_name, "port": port, "protocol": "TCP"}],
        }
    )


def view(*objects):
    return View(Store.of(objects), 0)


def node(name, zone):
    labels = {"topology.kubernetes.io/zone": zone}
    return from_wire({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})


def addresses(found):
    return [backend.address for backend in found.backends]


def test_a_request_to_a_cluster_ip_may_reach_every_ready_endpoint():
    """All slices of the Service count, at the port that they have for it, and the pod is known."""
    seen = view(service(), slice_of(endpoint("10.0.0.1", "n1")), slice_of(endpoint("10.0.1.2", "n2"), name="web-def"))

    found = route(seen, "n1", "10.96.0.7", 80)

    assert addresses(found) == ["10.0.0.1", "10.0.1.2"]
    assert found.backends[0].port == 8080
    assert found.backends[0].pod == ObjectKey("Pod", "default", "web-1")


@pytest.mark.parametrize(
    ("endpoints", "reached"),
    [
        pytest.param([endpoint("10.0.0.1", "n1", ready=False, serving=False)], [], id="an endpoint that is not ready"),
        pytest.param(
            [endpoint("10.0.0.1", "n1", ready=False, terminating=True)],
            ["10.0.0.1"],
            id="the last resort is one that terminates and still serves",
        ),
        pytest.param(
            [endpoint("10.0.0.1", "n1", ready=False, terminating=True), endpoint("10.0.0.2", "n1")],
            ["10.0.0.2"],
            id="a ready one comes before one that terminates",
        ),
        pytest.param(
            [endpoint("10.0.0.1", "n1", ready=False, serving=False, terminating=True)],
            [],
            id="one that terminates and no longer serves is out",
        ),
    ],
)
def test_conditions_decide_who_is_sent_to(endpoints, reached):
    """Ready endpoints first, serving ones that terminate as the last resort."""
    assert addresses(route(view(service(), slice_of(*endpoints)), "n1", "10.96.0.7", 80)) == reached


def test_a_service_without_endpoints_says_so():
    """The refusal names the Service and the port."""
    found = route(view(service()), "n1", "10.96.0.7", 80)

    assert found.refusal == "Service web has no endpoints for port http"


def test_the_internal_policy_local_keeps_a_request_on_its_node():
    """Only endpoints of the node itself are sent to, and none is a refusal that names the node."""
    seen = view(service(internalTrafficPolicy="Local"), slice_of(endpoint("10.0.0.1", "n1")))

    assert addresses(route(seen, "n1", "10.96.0.7", 80)) == ["10.0.0.1"]
    assert "on n2" in route(seen, "n2", "10.96.0.7", 80).refusal


def test_a_node_port_follows_the_external_policy():
    """From outside any node serves under Cluster, only nodes with an endpoint under Local; from inside any does."""
    ports = [{"name": "http", "port": 80, "nodePort": 30080}]
    slices = slice_of(endpoint("10.0.0.1", "n1"))
    anywhere = view(service(type="NodePort", ports=ports), slices)
    local = view(service(type="NodePort", ports=ports, externalTrafficPolicy="Local"), slices)

    assert addresses(route_to_node_port(anywhere, "n2", 30080)) == ["10.0.0.1"]
    assert addresses(route_to_node_port(local, "n1", 30080)) == ["10.0.0.1"]
    assert "on n2" in route_to_node_port(local, "n2", 30080).refusal
    assert addresses(route_to_node_port(local, "n2", 30080, inside=True)) == ["10.0.0.1"]
    assert "no Service has the node port 31000" in route_to_node_port(anywhere, "n1", 31000).refusal


def test_an_address_of_no_service_is_reached_directly():
    """A pod's address needs no table."""
    assert addresses(route(view(service()), "n1", "10.0.0.9", 8080)) == ["10.0.0.9"]


def test_a_headless_service_has_no_address_to_send_to():
    """Its clients ask the DNS for the pods."""
    found = route_to_service(view(service(clusterIP="None")), "n1", service(clusterIP="None"), 80)

    assert "no cluster IP" in found.refusal


def test_ports_are_matched_by_name():
    """A slice that does not have the port of that name has no endpoint for it."""
    seen = view(service(), slice_of(endpoint("10.0.0.1", "n1"), port_name="admin"))

    assert route(seen, "n1", "10.96.0.7", 80).backends == ()


@pytest.mark.parametrize(
    ("first", "second", "reached"),
    [
        pytest.param({"zones": "a"}, {"zones": "b"}, ["10.0.0.1"], id="those of the zone"),
        pytest.param({"zones": "b"}, {"zones": "b"}, ["10.0.0.1", "10.0.0.2"], id="all where none is of the zone"),
        pytest.param({"zones": "a"}, {}, ["10.0.0.1", "10.0.0.2"], id="all where one has no hint"),
        pytest.param(
            {"zones": "a", "nodes": ["n1"]}, {"zones": "a", "nodes": ["n2"]}, ["10.0.0.1"], id="those of the node"
        ),
        pytest.param(
            {"zones": "a", "nodes": ["n2"]},
            {"zones": "b", "nodes": ["n3"]},
            ["10.0.0.1"],
            id="the zone if not the node",
        ),
        pytest.param(
            {"zones": "a", "ready": False, "serving": False}, {"zones": "b"}, ["10.0.0.2"], id="only ready ones count"
        ),
        pytest.param(
            {"zones": "b", "ready": False, "terminating": True},
            {"ready": False, "serving": False},
            ["10.0.0.1"],
            id="the last resort has no use for hints",
        ),
    ],
)
def test_hints_narrow_the_choice_where_all_endpoints_have_them(first, second, reached):
    """By node, then by zone, and never to nothing."""
    slices = slice_of(endpoint("10.0.0.1", "n1", **first), endpoint("10.0.0.2", "n2", **second))

    assert addresses(route(view(node("n1", "a"), service(), slices), "n1", "10.96.0.7", 80)) == reached


@pytest.mark.parametrize(
    ("timeout", "idle", "stays"),
    [
        pytest.param(60, 60, True, id="within the timeout"),
        pytest.param(60, 61, False, id="idle for too long"),
        pytest.param(None, 10_800, True, id="three hours unless it says otherwise"),
    ],
)
def test_a_client_stays_with_its_backend_by_session_affinity(timeout, idle, stays):
    """As long as that is there; without affinity each connection is on its own."""
    config = {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": timeout}}} if timeout else {}
    slices = slice_of(endpoint("10.0.0.1", "n1"), endpoint("10.0.0.2", "n1"))
    found = route(view(service(sessionAffinity="ClientIP", **config), slices), "n1", "10.96.0.7", 80)
    last = found.backends[1]

    assert found.kept(last, idle).backends == ((last,) if stays else found.backends)
    assert found.kept(None, 0) == found
    gone = route(view(service(sessionAffinity="ClientIP"), slice_of(endpoint("10.0.0.1", "n1"))), "n1", "10.96.0.7", 80)
    assert addresses(gone.kept(last, 0)) == ["10.0.0.1"]
    free = route(view(service(), slices), "n1", "10.96.0.7", 80)
    assert free.kept(last, 0) == free
