"""Services: what is handed out, what is taken over, what is refused."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.registry import strategy_of

SERVICE = strategy_of("Service")
PORTS = [{"port": 80, "protocol": "TCP"}]


class Counter:
    """An allocator that hands out numbers in order and refuses the ones it was told to."""

    def __init__(self, refused=()):
        self.refused = refused
        self.given = 0

    def cluster_ip(self, wanted):
        self.given += 1
        return (wanted, "taken") if wanted in self.refused else (wanted or f"10.96.0.{self.given}", "")

    def node_port(self, wanted, protocol):
        self.given += 1
        return (wanted, "taken") if wanted in self.refused else (wanted or 30000 + self.given, "")


def created(spec, refused=()):
    """Return a new Service's spec after allocation, and the paths of its errors."""
    wire = {"metadata": {"name": "s", "namespace": "default"}, "spec": copy.deepcopy(spec)}
    SERVICE.default(wire)
    errors = SERVICE.allocate(wire, None, Counter(refused))
    return wire["spec"], [error.path for error in errors]


ALLOCATED = {
    "a Service gets an address": ({}, {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"]}),
    "a Service may ask for one": ({"clusterIP": "10.96.0.9"}, {"clusterIPs": ["10.96.0.9"], "ipFamilies": ["IPv4"]}),
    "a headless one gets none": ({"clusterIP": "None", "selector": {"a": "b"}}, {"clusterIPs": ["None"]}),
    "a headless one without pods has both families": (
        {"clusterIP": "None"},
        {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"},
    ),
    "a name gets nothing": ({"type": "ExternalName"}, {"clusterIP": None, "ipFamilies": None}),
    "a node port is handed out": ({"type": "NodePort"}, {"nodePort": 30002}),
    "a load balancer may do without": (
        {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False},
        {"nodePort": None},
    ),
    "a load balancer that asks nodes has a port for it": (
        {"type": "LoadBalancer", "externalTrafficPolicy": "Local"},
        {"healthCheckNodePort": 30003},
    ),
}


@pytest.mark.parametrize(("spec", "expected"), ALLOCATED.values(), ids=ALLOCATED)
def test_what_a_service_is_given(spec, expected):
    """Addresses, families and ports are there before anything is validated."""
    found, errors = created({"ports": PORTS, **spec})
    found["nodePort"] = found["ports"][0].get("nodePort")

    assert errors == []
    assert expected == {field: found.get(field) for field in expected}


REFUSED = {
    "an address that is taken": ({"clusterIP": "10.96.0.9"}, ["spec.clusterIPs"]),
    "a port that is taken": (
        {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30007}]},
        ["spec.ports[0].nodePort"],
    ),
    "no address at all": ({"clusterIP": "x"}, ["spec.clusterIPs[0]"]),
    "two families in a cluster of one": ({"ipFamilyPolicy": "RequireDualStack"}, ["spec.ipFamilyPolicy"]),
    "another family": ({"ipFamilies": ["IPv6"]}, ["spec.ipFamilies[0]"]),
    "an address of another family": ({"clusterIP": "fd00::1"}, ["spec.clusterIPs[0]"]),
    "an address that does not match the list": (
        {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.2"]},
        ["spec.clusterIPs"],
    ),
    "one family by policy and two by list": (
        {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4", "IPv6"]},
        ["spec.ipFamilyPolicy"],
    ),
}


@pytest.mark.parametrize(("spec", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_a_service_is_refused(spec, expected):
    """The errors of allocation are the answer, before those of validation."""
    assert expected == created(spec, refused=("10.96.0.9", 30007))[1]


INVALID = {
    "a Service has ports": ({}, ["REQUIRED spec.ports"]),
    "one of several ports has a name": (
        {"ports": [{"port": 1, "name": "a"}, {"port": 2}]},
        ["REQUIRED spec.ports[1].name"],
    ),
    "a port stands once": (
        {"ports": [{"port": 1, "name": "a"}, {"port": 1, "name": "b"}]},
        ["DUPLICATE spec.ports[1]"],
    ),
    "a name is a domain": ({"type": "ExternalName", "externalName": "A"}, ["INVALID spec.externalName"]),
    "a name has no address": (
        {"type": "ExternalName", "externalName": "a", "clusterIP": "10.96.0.3"},
        ["FORBIDDEN spec.clusterIPs"],
    ),
    "a headless Service has no node ports": (
        {"type": "NodePort", "clusterIP": "None", "ports": PORTS},
        ["INVALID spec.clusterIPs[0]"],
    ),
    "an external address is not the node's own": (
        {"ports": PORTS, "externalIPs": ["127.0.0.1"]},
        ["INVALID spec.externalIPs[0]"],
    ),
    "ranges are for load balancers": (
        {"ports": PORTS, "loadBalancerSourceRanges": ["10.0.0.0/8"]},
        ["FORBIDDEN spec.LoadBalancerSourceRanges"],
    ),
    "a range is a range": (
        {"ports": PORTS, "type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0"]},
        ["INVALID spec.LoadBalancerSourceRanges[0]"],
    ),
    "a class is for load balancers": ({"ports": PORTS, "loadBalancerClass": "a"}, ["FORBIDDEN spec.loadBalancerClass"]),
    "a client is kept for a day at most": (
        {
            "ports": PORTS,
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86401}},
        },
        ["INVALID spec.sessionAffinityConfig.clientIP.timeoutSeconds"],
    ),
    "traffic is spread in a known way": (
        {"ports": PORTS, "trafficDistribution": "x"},
        ["NOT_SUPPORTED spec.trafficDistribution"],
    ),
    "a type is known": ({"ports": PORTS, "type": "x"}, ["NOT_SUPPORTED spec.type"]),
}


@pytest.mark.parametrize(("spec", "expected"), INVALID.values(), ids=INVALID)
def test_each_fault_of_a_service_is_found(spec, expected):
    """The errors are those that upstream gives."""
    found, _ = created(spec)
    wire = {"metadata": {"name": "s", "namespace": "default"}, "spec": found}

    assert expected == [f"{error.type.name} {error.path}" for error in SERVICE.validate(wire)]


def updated(before, after):
    """Return the spec of a Service after an update prepared it."""
    old, new = ({"metadata": {"name": "s"}, "spec": copy.deepcopy(spec)} for spec in (before, after))
    for wire in (old, new):
        SERVICE.default(wire)
    SERVICE.allocate(old, None, Counter())
    SERVICE.prepare_update(new, old)
    return new["spec"]


def test_an_update_that_does_not_mention_what_was_handed_out_keeps_it():
    """A client that sends its manifest again keeps address and node port."""
    spec = updated({"type": "NodePort", "ports": PORTS}, {"type": "NodePort", "ports": PORTS})

    assert (spec["clusterIP"], spec["ports"][0]["nodePort"]) == ("10.96.0.1", 30002)


def test_a_service_that_becomes_a_name_loses_its_address():
    """What the new type has no use for goes."""
    before = {"ports": PORTS, "clusterIP": "10.96.0.4"}
    spec = updated(before, {**before, "clusterIPs": ["10.96.0.4"], "ipFamilies": ["IPv4"], "type": "ExternalName"})

    assert "clusterIP" not in spec
    assert "ipFamilies" not in spec


def test_a_service_that_is_no_longer_seen_from_outside_loses_its_node_ports():
    """The port goes with the type."""
    before = {"type": "NodePort", "ports": [{**PORTS[0], "nodePort": 30005}]}

    assert "nodePort" not in updated(before, {**before, "type": "ClusterIP"})["ports"][0]
