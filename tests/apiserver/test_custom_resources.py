"""Custom resources: a definition brings a kind, with defaults, pruning and validation by its schema."""

from __future__ import annotations

import copy

import pytest

from kcore.api.convert import to_wire
from kcore.apiserver.request import Verb

KIND = "Cake.example.com"
SPEC = {
    "type": "object",
    "required": ["flavour"],
    "properties": {
        "flavour": {"type": "string", "enum": ["lemon", "poppy"]},
        "layers": {"type": "integer", "default": 2, "minimum": 1, "maximum": 9},
        "height": {"type": "number", "exclusiveMaximum": True, "maximum": 1},
        "note": {"type": "string", "nullable": True, "maxLength": 5, "pattern": "^[a-z]*$"},
        "size": {"x-kubernetes-int-or-string": True},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set", "maxItems": 2},
        "guests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "seat": {"type": "integer", "default": 1}},
            },
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "anything": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


SCALE = {
    "specReplicasPath": ".spec.layers",
    "statusReplicasPath": ".status.slices",
    "labelSelectorPath": ".status.selector",
}


def definition(**spec):
    schema = {
        "type": "object",
        "properties": {
            "spec": copy.deepcopy(SPEC),
            "status": {
                "type": "object",
                "properties": {
                    "eaten": {"type": "integer", "minimum": 0},
                    "slices": {"type": "integer"},
                    "selector": {"type": "string"},
                },
            },
        },
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "cakes.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "cakes", "kind": "Cake"},
            "versions": [{**version, "subresources": {"status": {}, "scale": SCALE}}],
            **spec,
        },
    }


def cake(**spec):
    return {
        "apiVersion": "example.com/v1",
        "kind": "Cake",
        "metadata": {"name": "c"},
        "spec": {"flavour": "lemon", **spec},
    }


@pytest.fixture
def bakery(server):
    """A server that knows cakes."""
    response = server.ask(Verb.CREATE, "CustomResourceDefinition", namespace="", body=definition())
    assert response.ok, response.status
    return server


def bake(server, wire):
    return server.ask(Verb.CREATE, KIND, body=wire)


def test_a_kind_is_served_once_it_is_defined(server):
    """Before the definition there is no such resource; after it there is."""
    assert bake(server, cake()).code == 404
    made = server.ask(Verb.CREATE, "CustomResourceDefinition", namespace="", body=definition()).object

    assert to_wire(made)["spec"]["names"] == {
        "plural": "cakes",
        "kind": "Cake",
        "singular": "cake",
        "listKind": "CakeList",
    }
    assert [one["type"] for one in to_wire(made)["status"]["conditions"]] == ["NamesAccepted", "Established"]
    assert bake(server, cake()).code == 201


def test_what_the_schema_does_not_say_is_filled_in_or_dropped(bakery):
    """Defaults are set at every depth, and unknown fields are pruned unless the schema keeps them."""
    wire = cake(
        guests=[{"name": "ann", "diet": "none"}], candles=7, anything={"goes": [1]}, labels={"a": "b"}, layers=None
    )
    spec = to_wire(bake(bakery, {**wire, "frosting": True}).object)["spec"]

    assert spec == {
        "flavour": "lemon",
        "layers": 2,
        "guests": [{"name": "ann", "seat": 1}],
        "anything": {"goes": [1]},
        "labels": {"a": "b"},
    }


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"flavour": "tar"}, 'spec.flavour: Unsupported value: "tar": supported values: "lemon", "poppy"'),
        pytest.param(
            {"layers": "two"},
            'spec.layers: Invalid value: "two": spec.layers in body must be of type integer: "string"',
        ),
        pytest.param(
            {"layers": 0}, "spec.layers: Invalid value: 0: spec.layers in body should be greater than or equal to 1"
        ),
        pytest.param({"height": 1}, "spec.height: Invalid value: 1: spec.height in body should be less than 1"),
        pytest.param({"note": "muchtoolong"}, "spec.note: Too long: may not be more than 5 bytes"),
        pytest.param({"note": "NO"}, "spec.note: Invalid value: \"NO\": spec.note in body should match '^[a-z]*$'"),
        pytest.param(
            {"size": True},
            'spec.size: Invalid value: true: spec.size in body must be of type integer,string: "boolean"',
        ),
        pytest.param({"tags": ["a", "a"]}, 'spec.tags[1]: Duplicate value: "a"'),
        pytest.param({"tags": ["a", "b", "c"]}, "spec.tags: Too many: 3: must have at most 2 items"),
        pytest.param({"guests": [{}]}, "spec.guests[0].name: Required value"),
        pytest.param({"guests": [{"name": "a"}] * 2}, 'spec.guests[1]: Duplicate value: {"name":"a"}'),
    ],
    ids=lambda value: value.partition(": ")[0] + value[-12:] if isinstance(value, str) else "a spec",
)
def test_what_the_schema_forbids_is_refused(bakery, spec, said):
    """Each fault is a cause with its path, in the API server's words."""
    refusal = bake(bakery, cake(**spec))

    assert refusal.code == 422
    assert refusal.status.message == f'Cake.example.com "c" is invalid: {said}'


@pytest.mark.parametrize("spec", [{"size": 1}, {"size": "10%"}, {"note": None}, {"height": 0.5}], ids=str)
def test_what_the_schema_allows_is_stored(bakery, spec):
    """Integers or strings, nullable values and numbers are what they are."""
    assert bake(bakery, cake(**spec)).code == 201


def test_the_status_is_written_apart(bakery):
    """With the subresource a create drops the status, a write to it keeps the spec, and both are validated."""
    made = bake(bakery, {**cake(), "status": {"eaten": 3}}).object
    written = bakery.merge(KIND, "c", {"status": {"eaten": 1}, "spec": {"layers": 9}}, subresource="status").object
    changed = bakery.merge(KIND, "c", {"spec": {"layers": 3}}).object

    assert "status" not in to_wire(made)
    assert (to_wire(written)["status"], to_wire(written)["spec"]["layers"]) == ({"eaten": 1}, 2)
    assert [one.metadata.generation for one in (made, written, changed)] == [1, 1, 2]
    assert bakery.merge(KIND, "c", {"status": {"eaten": -1}}, subresource="status").code == 422


def test_a_custom_resource_has_no_strategic_merge_patch(bakery):
    """Go's types would have to say how to merge, and there are none."""
    bake(bakery, cake())

    assert bakery.strategic(KIND, "c", {"spec": {}}).code == 415


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"metadata": {"name": "pies.example.com"}}, "metadata.name", id="another name"),
        pytest.param({"spec": {"scope": "Galaxy"}}, "spec.scope", id="no scope"),
        pytest.param({"spec": {"group": "example"}}, "metadata.name", id="no domain"),
        pytest.param({"spec": {"versions": []}}, "spec.versions", id="no version"),
        pytest.param(
            {"spec": {"versions": [{"name": "v1", "served": True, "storage": True}]}},
            "spec.versions[0].schema.openAPIV3Schema",
            id="no schema",
        ),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(server, change, field):
    """The cause names what is wrong with it."""
    wire = definition()
    for part, value in change.items():
        wire[part] = {**wire[part], **value}
    refusal = server.ask(Verb.CREATE, "CustomResourceDefinition", namespace="", body=wire)

    assert refusal.code == 422
    assert refusal.status.causes[0].field == field


def test_a_definition_keeps_its_kind(bakery):
    """Group, scope, kind and plural can't change, as objects are stored under them."""
    refusal = bakery.merge("CustomResourceDefinition", "cakes.example.com", {"spec": {"scope": "Cluster"}})

    assert refusal.code == 422
    assert refusal.status.causes[0].field == "spec.scope"
