"""Between objects and JSON: the round trips of every kind, and what Go would write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api import fields
from kcore.api.apps.deployment import Deployment, RollingUpdateDeployment
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.convert import from_wire, structure, to_wire, unstructure
from kcore.api.core.configmap import ConfigMap
from kcore.api.core.container import Container
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.kinds import KINDS, custom_kind, kind_of
from kcore.api.object import OpaqueObject
from kcore.api.quantity import Quantity

DEPTH = 7
SHALLOW = 5
CLAIM = "core.v1.PersistentVolumeClaim"
MODELLED = [kind for kind in KINDS if kind.cls]
PRESENT = st.integers(0, 9).map(bool)
LEAVES = {
    "string": st.sampled_from(["", "a", "web-0", "é", "10%"]),
    "bytes": st.sampled_from(["", "dg==", "AAEC"]),
    "boolean": st.booleans(),
    "int32": st.integers(-1, 2**31 - 1),
    "int64": st.integers(-1, 2**53),
    "float64": st.sampled_from([0.5, 2.0]),
    "Quantity": st.sampled_from(["1", "100m", "64Mi", "1500m", "2Gi", "1e3"]),
    "IntOrString": st.integers(0, 100) | st.sampled_from(["25%", "http"]),
    "Time": st.sampled_from(["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z"]),
    "MicroTime": st.sampled_from(["1970-01-01T00:00:00.000000Z", "2000-02-29T23:59:59.000001Z"]),
    "any": st.sampled_from([{"a": [1, {"b": None}]}, {}, {"x": "y"}]),
}


def _values(of, depth):
    """JSON values of a published type."""
    if of.shape == "object":
        return _objects(of.struct, depth)
    if of.shape == "list":
        return st.lists(_values(of.element, depth), min_size=depth < SHALLOW, max_size=2)
    if of.shape == "map":
        return st.dictionaries(st.sampled_from(["app", "cpu", "k8s.io/x"]), _values(of.element, depth), max_size=2)
    return LEAVES[of.shape]


@st.composite
def _objects(draw, name, depth=0):
    """JSON objects of a published type with a few of its fields."""
    published = fields.struct(name).fields
    header = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"} if depth and name == CLAIM else {}
    names = sorted(set(published) - {"apiVersion", "kind"} if depth == 0 or header else published)
    if depth >= DEPTH or not names:
        return header
    fewest = min(2, len(names)) if depth < SHALLOW else 0
    chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=fewest, max_size=5))
    body = {field: draw(_values(published[field].type, depth + 1)) if draw(PRESENT) else None for field in chosen}
    return {**header, **body}


@st.composite
def _wires(draw):
    """An object of any kind that is stored, with apiVersion and kind."""
    kind = draw(st.sampled_from(MODELLED) | st.sampled_from(KINDS))
    body = draw(_objects(fields.kind_info(kind.api_version, kind.kind).type))
    return {"apiVersion": kind.api_version, "kind": kind.kind, **body}


def _full(value):
    """What is left of JSON without what is null, false, zero or empty."""
    if isinstance(value, dict):
        return {key: _full(item) for key, item in value.items() if not _is_empty(item)}
    return [_full(item) for item in value] if isinstance(value, list) else value


def _is_empty(value):
    if isinstance(value, dict):
        return all(_is_empty(item) for item in value.values())
    return not value


@given(wire=_wires())
def test_reading_and_writing_loses_nothing(wire):
    """What comes out is what went in, but for empty values: fields without rules ride along."""
    assert _full(to_wire(from_wire(wire))) == _full(wire)


@given(wire=_wires())
def test_an_object_survives_the_round_trip(wire):
    """An object that was written and read again is the same value, and hashes alike."""
    obj = from_wire(wire)

    again = from_wire(to_wire(obj))

    assert again == obj
    assert hash(again) == hash(obj)


@given(wire=_wires())
def test_writing_is_stable(wire):
    """Writing what was written and read gives the same JSON, keys in the same order."""
    written = to_wire(from_wire(wire))

    assert list(written)[:2] == ["apiVersion", "kind"]
    assert repr(to_wire(from_wire(written))) == repr(written)


@given(wire=_wires())
def test_what_was_written_belongs_to_the_caller(wire):
    """Changing the JSON that was written does not change the object."""
    obj = from_wire(wire)
    before = hash(from_wire(to_wire(obj)))
    _scribble(to_wire(obj))

    assert hash(from_wire(to_wire(obj))) == before


def _scribble(value):
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            _scribble(item)
    if isinstance(value, dict):
        value["scribble"] = "x"
    else:
        value.append("x")


def _pod(spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec, "status": {}}


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(
            _pod({"containers": [{"name": "c", "image": "x", "resources": {}}], "securityContext": {}}),
            id="a pointer to an empty struct, and an empty struct by value",
        ),
        pytest.param(
            _pod({"containers": [], "priority": 0, "enableServiceLinks": False}), id="pointers to zero values"
        ),
        pytest.param(
            _pod(
                {"containers": [], "affinity": {"podAffinity": {}}, "nodeName": "n", "dnsConfig": {"searches": ["a"]}}
            ),
            id="a field that rides along beside modelled ones",
        ),
        pytest.param(
            _pod({"containers": [], "hostPID": True, "volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]}),
            id="a volume source that rides along",
        ),
        pytest.param(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": "n"},
                "spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"]},
                "status": {
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
                    "nodeInfo": dict.fromkeys(
                        [
                            *("machineID", "systemUUID", "bootID", "kernelVersion", "osImage"),
                            *("containerRuntimeVersion", "kubeletVersion", "kubeProxyVersion", "operatingSystem"),
                            "architecture",
                        ],
                        "",
                    ),
                },
            },
            id="a node that says nothing of its machine",
        ),
        pytest.param(
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {},
                "spec": {"template": {"metadata": {}, "spec": {"containers": []}}},
                "status": {"replicas": 0},
            },
            id="counts that are always written",
        ),
        pytest.param(
            {"apiVersion": "example.com/v1", "kind": "Kafka", "metadata": {}, "spec": {"a": [{"b": 0}]}},
            id="an object of an unknown kind",
        ),
    ],
)
def test_what_is_written_is_what_go_writes(wire):
    """JSON as a real API server answered it comes back to the letter, zero values included."""
    assert to_wire(from_wire(wire)) == wire


def test_claim_templates_say_what_they_are():
    """The claims in a StatefulSet are whole objects: they are written with apiVersion and kind, given or not."""
    wire = {
        "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]}
    }

    claim = structure(StatefulSet, wire).spec.volume_claim_templates[0]

    assert isinstance(claim, PersistentVolumeClaim)
    assert not claim.extra
    assert unstructure(claim)["apiVersion"] == "v1"
    assert unstructure(claim)["kind"] == "PersistentVolumeClaim"


def test_null_is_absent():
    """A field that is null is one that was not given; in a map of texts it is the empty text, as Go reads it."""
    wire = {"metadata": {"name": "c", "labels": None, "annotations": {"a": None}}, "data": None, "future": None}

    config_map = structure(ConfigMap, wire)

    assert config_map.metadata.annotations == FrozenMap({"a": ""})
    assert config_map == structure(ConfigMap, {"metadata": {"name": "c", "annotations": {"a": ""}}})


def test_null_among_elements_is_the_zero_value():
    """A null in a list or a map is what Go makes of it: an empty text, struct, quantity."""
    wire = {"command": ["a", None], "ports": [None], "resources": {"limits": {"cpu": None}}}

    assert structure(Container, wire) == structure(
        Container, {"command": ["a", ""], "ports": [{}], "resources": {"limits": {"cpu": "0"}}}
    )


def test_values_are_typed():
    """Quantities, times, numbers or percentages, maps and lists arrive as their types."""
    pod = structure(
        Pod,
        {
            "metadata": {"creationTimestamp": "2000-01-01T00:00:00Z"},
            "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": 0.5}}}], "hostNetwork": True},
        },
    )
    rolling = structure(RollingUpdateDeployment, {"maxSurge": "25%", "maxUnavailable": 1})

    assert pod.metadata.creation_timestamp == 946684800
    assert isinstance(pod.spec.containers[0], Container)
    assert pod.spec.containers[0].resources.requests == {"cpu": Quantity.parse("500m")}
    assert pod.spec.host_network
    assert (rolling.max_surge, rolling.max_unavailable) == ("25%", 1)


def test_quantities_are_written_in_canonical_form():
    """A quantity comes back as the API writes it, not as it was typed."""
    wire = {"resources": {"limits": {"cpu": 1, "memory": "1024Mi"}}}

    assert unstructure(structure(Container, wire))["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}


def test_what_rides_along_is_kept_by_content():
    """Fields without an attribute are one immutable value, in whatever order they came."""
    one = structure(Container, {"name": "c", "b": 1, "a": {"y": 1, "x": 2}})
    other = structure(Container, {"a": {"x": 2, "y": 1}, "b": 1, "name": "c"})

    assert one == other
    assert one.extra == Json.of({"a": {"x": 2, "y": 1}, "b": 1})


def test_the_kind_may_be_given():
    """A caller who knows the kind, from a path say, need not have it in the body."""
    crd = {
        "spec": {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"kind": "Kafka", "plural": "kafkas"},
            "versions": [{"name": "v1", "storage": True}],
        }
    }
    custom = {"apiVersion": "example.com/v1", "kind": "Kafka", "metadata": {"name": "k"}}

    assert isinstance(from_wire({"metadata": {"name": "d"}}, kind=kind_of("apps/v1", "Deployment")), Deployment)
    assert isinstance(from_wire(custom, kind=custom_kind(crd)), OpaqueObject)
    assert to_wire(from_wire({"metadata": {"name": "k"}}, kind=custom_kind(crd))) == custom
