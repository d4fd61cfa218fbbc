"""The EndpointSlice controller: what a slice says of the pods behind a Service."""

from __future__ import annotations

import pytest
from endpointslice_bench import make_pod, make_service, run

# Endpoints


@pytest.mark.parametrize(
    ("pod", "publish", "ready", "serving", "terminating"),
    [
        pytest.param({}, False, True, True, False, id="a ready pod is ready and serves"),
        pytest.param({"ready": False}, False, False, False, False, id="an unready one is neither"),
        pytest.param({"deleting": True}, False, False, True, True, id="one that ends serves but gets nothing new"),
        pytest.param({"ready": False, "deleting": True}, False, False, False, True, id="an unready one that ends"),
        pytest.param({"ready": False}, True, True, False, False, id="published although unready, it counts as ready"),
        pytest.param({"deleting": True}, True, True, True, True, id="published although it ends, it counts as ready"),
    ],
)
def test_the_conditions_of_an_endpoint_follow_from_its_pod(pod, publish, ready, serving, terminating):
    """Only publishNotReadyAddresses makes an endpoint ready whose pod is not."""
    bench = run(make_service(publishNotReadyAddresses=publish), make_pod(**pod))

    expected = {"ready": ready, "serving": serving, "terminating": terminating}
    assert bench.endpoints["a"]["conditions"] == expected


@pytest.mark.parametrize(
    ("pod", "counts"),
    [
        pytest.param(make_pod(phase="Pending"), True, id="one with an address that is not running yet"),
        pytest.param(make_pod(phase="Succeeded"), False, id="not one that has succeeded"),
        pytest.param(make_pod(phase="Failed"), False, id="not one that has failed"),
        pytest.param(make_pod(labels={"app": "db"}), False, id="not one that is not selected"),
        pytest.param(make_pod("a", ""), False, id="not one without an address"),
    ],
)
def test_a_pod_counts_while_it_has_an_address_and_has_not_ended(pod, counts):
    """A pod that is none leaves the placeholder."""
    bench = run(make_service(), pod)

    assert (list(bench.endpoints) == ["a"]) is counts
    assert len(bench.slices) == 1


def test_an_endpoint_says_whose_it_is_and_where():
    """Target, node and zone; a hostname only if the pod's subdomain is the Service."""
    named = make_pod("b", "10.1.0.2", hostname="b", subdomain="web")
    bench = run(make_service(), make_pod(), named, make_pod("c", "10.1.0.3", hostname="c", subdomain="db"))

    assert bench.endpoints["a"] == {
        "addresses": ["10.1.0.1"],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "targetRef": {"kind": "Pod", "namespace": "default", "name": "a", "uid": "u-a"},
        "nodeName": "n1",
        "zone": "za",
    }
    assert [bench.endpoints[name].get("hostname") for name in "abc"] == [None, "b", None]


@pytest.mark.parametrize(
    ("service", "families"),
    [
        pytest.param({}, ["IPv4"], id="one family"),
        pytest.param({"ipFamilies": ["IPv6"]}, ["IPv6"], id="the other"),
        pytest.param({"ipFamilies": ["IPv6", "IPv4"]}, ["IPv4", "IPv6"], id="both"),
        pytest.param({"ipFamilies": []}, ["IPv4"], id="unsaid, that of the address"),
        pytest.param({"ipFamilies": [], "clusterIP": "fd00::1"}, ["IPv6"], id="unsaid, that of an IPv6 address"),
        pytest.param({"ipFamilies": [], "clusterIP": "None"}, ["IPv4", "IPv6"], id="unsaid and headless, both"),
    ],
)
def test_each_family_of_addresses_has_slices_of_its_own(service, families):
    """A slice holds addresses of one family, and only those that are of it."""
    bench = run(make_service(**service), make_pod("a", "10.1.0.1", "FD00:0::01"))

    found = {wire["addressType"]: wire["endpoints"][0]["addresses"] for wire in bench.slices}
    every = {"IPv4": ["10.1.0.1"], "IPv6": ["fd00::1"]}
    assert found == {family: every[family] for family in families}


CONTAINERS = [
    {"name": "c", "image": "i", "ports": [{"name": "web", "containerPort": 8080, "protocol": "TCP"}]},
    {"name": "d", "image": "i", "ports": [{"name": "web", "containerPort": 8081, "protocol": "UDP"}]},
]
SIDECAR = {"name": "s", "image": "i", "ports": [{"name": "side", "containerPort": 7000, "protocol": "TCP"}]}


@pytest.mark.parametrize(
    ("port", "number"),
    [
        pytest.param({"targetPort": 9}, 9, id="a number is taken as it is"),
        pytest.param({"targetPort": "web"}, 8080, id="a name is looked up in the containers"),
        pytest.param({"targetPort": "web", "protocol": "UDP"}, 8081, id="with its protocol"),
        pytest.param({"targetPort": "side"}, 7000, id="and in the sidecars"),
        pytest.param({"targetPort": "init"}, None, id="not in containers that only prepare"),
        pytest.param({"targetPort": "none"}, None, id="a name that no container has is left out"),
    ],
)
def test_the_port_of_an_endpoint_is_its_pods(port, number):
    """The slice carries the Service's name for it and the pod's number."""
    init = {**SIDECAR, "name": "i", "ports": [{"name": "init", "containerPort": 1, "protocol": "TCP"}]}
    pod = make_pod(containers=CONTAINERS, initContainers=[{**SIDECAR, "restartPolicy": "Always"}, init])
    bench = run(make_service({"name": "http", "port": 80, "protocol": "TCP", **port}), pod)

    protocol = port.get("protocol", "TCP")
    wanted = [] if number is None else [{"name": "http", "protocol": protocol, "port": number}]
    assert [wire["ports"] for wire in bench.slices] == [wanted]


def test_pods_with_other_numbers_for_a_port_are_in_another_slice():
    """A slice has one set of ports; pods of two versions with a named port make two slices."""
    new = [{"name": "c", "image": "i", "ports": [{"name": "web", "containerPort": 9090, "protocol": "TCP"}]}]
    service = make_service({"name": "http", "port": 80, "protocol": "TCP", "targetPort": "web"})
    bench = run(service, make_pod("a", containers=CONTAINERS), make_pod("b", "10.1.0.2", containers=new))

    found = {wire["ports"][0]["port"]: wire["endpoints"][0]["targetRef"]["name"] for wire in bench.slices}
    assert found == {8080: "a", 9090: "b"}


# Hints


@pytest.mark.parametrize(
    ("service", "hints"),
    [
        pytest.param({}, None, id="none by default"),
        pytest.param({"trafficDistribution": "PreferSameZone"}, {"forZones": [{"name": "za"}]}, id="the zone"),
        pytest.param({"trafficDistribution": "PreferClose"}, {"forZones": [{"name": "za"}]}, id="by its old name"),
        pytest.param(
            {"trafficDistribution": "PreferSameNode"},
            {"forZones": [{"name": "za"}], "forNodes": [{"name": "n1"}]},
            id="zone and node",
        ),
        pytest.param(
            {
                "trafficDistribution": "PreferSameZone",
                "metadata": {"annotations": {"service.kubernetes.io/topology-mode": "Auto"}},
            },
            None,
            id="none if the annotation is there",
        ),
    ],
)
def test_ready_endpoints_carry_the_hints_that_the_service_asks_for(service, hints):
    """An unready endpoint carries none."""
    bench = run(make_service(**service), make_pod(), make_pod("b", "10.1.0.2", ready=False))

    assert bench.endpoints["a"].get("hints") == hints
    assert "hints" not in bench.endpoints["b"]


def test_hints_follow_the_service():
    """They come and go with trafficDistribution although no endpoint has changed otherwise."""
    bench = run(make_service(), make_pod())
    bench.put(make_service(trafficDistribution="PreferSameZone"))

    assert bench.run() == [("update", 200)]
    assert bench.endpoints["a"]["hints"] == {"forZones": [{"name": "za"}]}
    bench.put(make_service())
    assert bench.run() == [("update", 200)]
    assert "hints" not in bench.endpoints["a"]
