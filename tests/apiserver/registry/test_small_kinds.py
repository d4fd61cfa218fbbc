"""Kinds that nobody acts on here: what the server fills in, refuses and keeps."""

from __future__ import annotations

import copy

import pytest

from kcore.apiserver.registry import strategy_of

TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}

GOOD = {
    "ServiceAccount": {"metadata": {"name": "robot", "namespace": "default"}},
    "PodTemplate": {"metadata": {"name": "t", "namespace": "default"}, "template": TEMPLATE},
    "Endpoints": {
        "metadata": {"name": "e", "namespace": "default"},
        "subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}],
    },
    "IngressClass": {"metadata": {"name": "nginx"}, "spec": {"controller": "example.com/nginx"}},
    "VolumeAttributesClass": {
        "metadata": {"name": "gold"},
        "driverName": "csi.example.com",
        "parameters": {"iops": "9"},
    },
    "CSIStorageCapacity": {
        "metadata": {"name": "c", "namespace": "default"},
        "storageClassName": "fast",
        "capacity": "1024Mi",
    },
    "ServiceCIDR": {"metadata": {"name": "range"}, "spec": {"cidrs": ["10.0.0.0/24"]}},
    "IPAddress": {
        "metadata": {"name": "10.0.0.9"},
        "spec": {"parentRef": {"resource": "services", "namespace": "default", "name": "s"}},
    },
}


def changed(kind, **fields):
    """Return the good object of a kind with other fields; those in "spec" are laid over."""
    wire = copy.deepcopy(GOOD[kind])
    for name, value in fields.items():
        wire[name] = {**wire.get(name, {}), **value} if name == "spec" else value
    return wire


def errors(kind, wire):
    """Return the paths and types of what is wrong with an object, once it has its defaults."""
    strategy_of(kind).default(wire)
    return [(one.path, one.type.name) for one in strategy_of(kind).validate(wire)]


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_object_is_valid_and_defaulting_it_twice_is_defaulting_it_once(kind):
    """What is well formed is taken, and its defaults are stable."""
    wire = copy.deepcopy(GOOD[kind])

    assert errors(kind, wire) == []
    again = copy.deepcopy(wire)
    strategy_of(kind).default(again)
    assert again == wire


@pytest.mark.parametrize(
    ("kind", "fields", "found"),
    [
        pytest.param(
            "ServiceAccount", {"metadata": {"name": "Robot", "namespace": "x"}}, ("metadata.name", "INVALID"), id="name"
        ),
        pytest.param(
            "PodTemplate", {"template": {"spec": {}}}, ("template.spec.containers", "REQUIRED"), id="no containers"
        ),
        pytest.param("Endpoints", {"subsets": [{"ports": [{"port": 80}]}]}, ("subsets[0]", "REQUIRED"), id="nobody"),
        pytest.param(
            "Endpoints",
            {"subsets": [{"addresses": [{"ip": "127.0.0.1"}]}]},
            ("subsets[0].addresses[0].ip", "INVALID"),
            id="an address of the node itself",
        ),
        pytest.param(
            "Endpoints",
            {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80, "name": "a"}, {"port": 81}]}]},
            ("subsets[0].ports[1].name", "REQUIRED"),
            id="two ports, one name",
        ),
        pytest.param("IngressClass", {"spec": {"controller": ""}}, ("spec.controller", "REQUIRED"), id="no controller"),
        pytest.param(
            "IngressClass", {"spec": {"controller": "nginx"}}, ("spec.controller", "INVALID"), id="without a domain"
        ),
        pytest.param(
            "IngressClass",
            {"spec": {"parameters": {"kind": "P", "name": "p", "scope": "Namespace"}}},
            ("spec.parameters.namespace", "REQUIRED"),
            id="parameters in no namespace",
        ),
        pytest.param("VolumeAttributesClass", {"parameters": {}}, ("parameters", "REQUIRED"), id="nothing to set"),
        pytest.param("CSIStorageCapacity", {"capacity": "-1"}, ("capacity", "INVALID"), id="less than nothing"),
        pytest.param("ServiceCIDR", {"spec": {"cidrs": []}}, ("spec.cidrs", "REQUIRED"), id="no range"),
        pytest.param(
            "ServiceCIDR",
            {"spec": {"cidrs": ["10.0.0.0/24", "10.1.0.0/24"]}},
            ("spec", "INVALID"),
            id="one family twice",
        ),
        pytest.param(
            "IPAddress", {"metadata": {"name": "10.0.0.09"}}, ("metadata.name", "INVALID"), id="not canonical"
        ),
        pytest.param("IPAddress", {"spec": {"parentRef": None}}, ("spec.parentRef", "REQUIRED"), id="nobody's"),
    ],
)
def test_a_fault_is_found(kind, fields, found):
    """Each fault is an error at its path."""
    assert found in errors(kind, changed(kind, **fields))


@pytest.mark.parametrize(
    ("kind", "fields", "path"),
    [
        pytest.param("IngressClass", {"spec": {"controller": "example.com/other"}}, "spec.controller", id="controller"),
        pytest.param("VolumeAttributesClass", {"driverName": "other.example.com"}, "driverName", id="driver"),
        pytest.param("CSIStorageCapacity", {"storageClassName": "slow"}, "storageClassName", id="storage class"),
        pytest.param("ServiceCIDR", {"spec": {"cidrs": ["10.9.0.0/24"]}}, "spec.cidrs", id="range"),
        pytest.param("IPAddress", {"spec": {"parentRef": {"name": "other"}}}, "spec.parentRef", id="owner"),
    ],
)
def test_what_an_object_is_for_stays(kind, fields, path):
    """An update that changes it is refused at its path."""
    old, new = changed(kind), changed(kind, **fields)
    for wire in (old, new):
        wire["metadata"]["resourceVersion"] = "1"

    assert path in [one.path for one in strategy_of(kind).validate_update(new, old)]


def test_amounts_get_their_canonical_text():
    """A capacity is written as the server writes quantities."""
    wire = changed("CSIStorageCapacity")
    strategy_of("CSIStorageCapacity").default(wire)

    assert wire["capacity"] == "1Gi"
