"""Custom resources in full: rules in CEL, strict validation, embedded resources, sizes, versions."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.apiserver.custom.pruning import drop_nulls, prune, unknown
from kcore.apiserver.custom.rules import rule_errors
from kcore.apiserver.request import PatchType, Verb

KIND = "Tent.example.com"
CRD = "CustomResourceDefinition"
NAME = "tents.example.com"
SCALE = {"specReplicasPath": ".spec.poles", "statusReplicasPath": ".status.poles", "labelSelectorPath": ".status.cloth"}


def definition(spec_schema, *more, **version):
    """A definition of tents whose spec has this schema; `more` are further versions."""
    first = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema_of(spec_schema)},
        "subresources": {"status": {}, "scale": SCALE},
        **version,
    }
    names = {"plural": "tents", "kind": "Tent"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": CRD,
        "metadata": {"name": NAME},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [first, *more]},
    }


def schema_of(spec_schema):
    status = {"type": "object", "properties": {"poles": {"type": "integer"}, "cloth": {"type": "string"}}}
    return {"type": "object", "properties": {"spec": spec_schema, "status": status}}


def tent(version="v1", **spec):
    return {"apiVersion": f"example.com/{version}", "kind": "Tent", "metadata": {"name": "t"}, "spec": spec}


def an_object(rules=(), **properties):
    schema = {"type": "object", "properties": properties}
    return {**schema, "x-kubernetes-validations": list(rules)} if rules else schema


INTEGER, STRING = {"type": "integer"}, {"type": "string"}


@pytest.fixture
def camp(server):
    """A function that makes a server know tents."""

    def pitch(*args, **kwargs):
        response = server.ask(Verb.CREATE, CRD, namespace="", body=definition(*args, **kwargs))
        assert response.ok, response.status
        return server

    return pitch


def create(server, wire, **options):
    return server.ask(Verb.CREATE, KIND, body=copy.deepcopy(wire), **options)


def messages(response):
    return [(one.reason, one.field, one.message) for one in response.status.causes]


# Rules


@pytest.mark.parametrize(
    ("schema", "spec", "cause"),
    [
        pytest.param(
            an_object([{"rule": "self.poles <= self.pegs"}], poles=INTEGER, pegs=INTEGER),
            {"poles": 3, "pegs": 2},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": failed rule: self.poles <= self.pegs'),
            id="a rule without words",
        ),
        pytest.param(
            an_object([{"rule": "self.poles < 3", "message": "too many poles"}], poles=INTEGER),
            {"poles": 3},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": too many poles'),
            id="a message",
        ),
        pytest.param(
            an_object([{"rule": "self.poles < 3", "messageExpression": "'not ' + string(self.poles)"}], poles=INTEGER),
            {"poles": 3},
            ("FieldValueInvalid", "spec", 'Invalid value: "object": not 3'),
            id="an expression of words",
        ),
        pytest.param(
            an_object(
                [{"rule": "has(self.cloth)", "reason": "FieldValueRequired", "fieldPath": ".cloth", "message": "bare"}],
                cloth=STRING,
            ),
            {},
            ("FieldValueRequired", "spec.cloth", "Required value: bare"),
            id="a reason and a path",
        ),
        pytest.param(
            an_object(
                poles={
                    "type": "array",
                    "items": {"type": "integer", "x-kubernetes-validations": [{"rule": "self > 0"}]},
                }
            ),
            {"poles": [1, 0]},
            ("FieldValueInvalid", "spec.poles[1]", 'Invalid value: "integer": failed rule: self > 0'),
            id="an element",
        ),
        pytest.param(
            an_object(
                flags={
                    "type": "object",
                    "additionalProperties": {**STRING, "x-kubernetes-validations": [{"rule": "self != 'red'"}]},
                }
            ),
            {"flags": {"top": "red"}},
            ("FieldValueInvalid", "spec.flags[top]", "Invalid value: \"string\": failed rule: self != 'red'"),
            id="an entry of a map",
        ),
        pytest.param(
            an_object(
                [{"rule": "self.__namespace__ == 'a' && self.a__dash__b == 1"}], namespace=STRING, **{"a-b": INTEGER}
            ),
            {"namespace": "b", "a-b": 1},
            (
                "FieldValueInvalid",
                "spec",
                "Invalid value: \"object\": failed rule: self.__namespace__ == 'a' && self.a__dash__b == 1",
            ),
            id="names that have to be escaped",
        ),
        pytest.param(
            an_object([{"rule": "self.size.contains('m')"}], size={"x-kubernetes-int-or-string": True}),
            {"size": "3cm"},
            None,
            id="a rule that holds",
        ),
        pytest.param(
            an_object([{"rule": "quantity(self.size).isLessThan(quantity('2Gi'))"}], size=STRING),
            {"size": "2Gi"},
            (
                "FieldValueInvalid",
                "spec",
                "Invalid value: \"object\": failed rule: quantity(self.size).isLessThan(quantity('2Gi'))",
            ),
            id="a quantity",
        ),
    ],
)
def test_rules_have_a_say_at_every_depth(camp, schema, spec, cause):
    """Each rule that is not true is a cause, with its own words, reason and path if it has them."""
    response = create(camp(schema), tent(**spec))

    assert ([] if response.ok else messages(response)) == ([cause] if cause else [])


def test_a_rule_that_has_no_value_is_broken(camp):
    """The cause says what went wrong."""
    server = camp(an_object([{"rule": "self.poles > 0"}], poles=INTEGER))
    (cause,) = messages(create(server, tent()))

    assert cause[:2] == ("FieldValueInvalid", "spec")
    assert cause[2].endswith("evaluating rule: self.poles > 0")


def test_a_rule_of_the_whole_object_has_no_path(camp):
    """What is wrong with all of it is nowhere in it."""
    schema = schema_of(an_object(poles=INTEGER))
    schema["x-kubernetes-validations"] = [{"rule": "self.metadata.name == 'big'", "message": "only one tent"}]
    server = camp({}, schema={"openAPIV3Schema": schema})

    assert messages(create(server, tent())) == [
        ("FieldValueInvalid", "<nil>", 'Invalid value: "object": only one tent'),
    ]


def test_rules_wait_until_an_object_is_well_formed(camp):
    """Beside a fault of its form, a cause says that the rules were not asked."""
    server = camp(an_object([{"rule": "self.poles > 9"}], poles=INTEGER))
    causes = messages(create(server, tent(poles="three")))

    assert [one[:2] for one in causes] == [("FieldValueTypeInvalid", "spec.poles"), ("FieldValueInvalid", "<nil>")]
    assert "some validation rules were not checked" in causes[1][2]


FROZEN = [{"rule": "self == oldSelf", "message": "it stays"}]
GUESTS = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": an_object(name=STRING, seat={**INTEGER, "x-kubernetes-validations": FROZEN}),
}


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        pytest.param({"cloth": "red"}, {"cloth": "blue"}, "spec.cloth", id="another value"),
        pytest.param({"cloth": "red"}, {"cloth": "red", "poles": 2}, None, id="the same value"),
        pytest.param({}, {"cloth": "red"}, None, id="a value that was not there"),
        pytest.param(
            {"guests": [{"name": "ann", "seat": 1}, {"name": "bob", "seat": 2}]},
            {"guests": [{"name": "bob", "seat": 2}, {"name": "ann", "seat": 3}]},
            "spec.guests[1].seat",
            id="an element found by its key",
        ),
        pytest.param(
            {"guests": [{"name": "ann", "seat": 1}]},
            {"guests": [{"name": "bob", "seat": 2}]},
            None,
            id="another element",
        ),
    ],
)
def test_rules_about_a_change_compare(camp, before, after, field):
    """They are asked where there is something to compare with."""
    schema = an_object(poles=INTEGER, cloth={**STRING, "x-kubernetes-validations": FROZEN}, guests=GUESTS)
    server = camp(schema)
    assert create(server, tent(**before)).ok
    response = server.merge(KIND, "t", {"spec": {**dict.fromkeys(before), **after}})

    assert [one[1] for one in ([] if response.ok else messages(response))] == ([field] if field else [])


@pytest.mark.parametrize(("poles", "ok"), [(2, True), (1, False)])
def test_an_old_value_may_be_optional(camp, poles, ok):
    """Such a rule is asked of new values, too."""
    rule = {"rule": "oldSelf.hasValue() ? oldSelf.value() <= self : self > 1", "optionalOldSelf": True}
    server = camp(an_object(poles={**INTEGER, "x-kubernetes-validations": [rule]}))

    assert create(server, tent(poles=poles)).ok is ok


def test_what_was_wrong_before_is_not_held_against_a_change(camp):
    """A definition that has become stricter lets what is there be, until it is touched."""
    server = camp(an_object(poles=INTEGER, cloth=STRING))
    assert create(server, tent(poles=9, cloth="red")).ok
    strict = an_object(
        poles={**INTEGER, "maximum": 3}, cloth={**STRING, "x-kubernetes-validations": [{"rule": "self != 'red'"}]}
    )
    versions = definition(strict)["spec"]["versions"]
    assert server.merge(CRD, NAME, {"spec": {"versions": versions}}).ok

    assert server.merge(KIND, "t", {"metadata": {"labels": {"a": "b"}}}).ok
    assert server.merge(KIND, "t", {"spec": {"poles": 8}}).code == 422
    assert create(server, {**tent(poles=9), "metadata": {"name": "u"}}).code == 422


# Fields that nobody knows


def test_strict_validation_refuses_what_pruning_would_drop(camp):
    """With strict field validation unknown fields are a 400 that names them; without, they are gone."""
    schema = an_object(poles=INTEGER, guests={"type": "array", "items": an_object(name=STRING)})
    server = camp(schema)
    wire = {**tent(poles=1, pegs=2, guests=[{"name": "ann", "age": 7}]), "flag": "red"}
    refusal = create(server, wire, strict=True)

    assert refusal.code == 400
    assert refusal.status.message == (
        'Tent in version "v1" cannot be handled as a Tent: strict decoding error: '
        'unknown field "flag", unknown field "spec.guests[0].age", unknown field "spec.pegs"'
    )
    assert to_wire(create(server, wire).object)["spec"] == {"poles": 1, "guests": [{"name": "ann"}]}


def test_strict_validation_of_a_patch_looks_at_what_it_makes(camp):
    """A merge patch and an apply are held against the schema, too."""
    server = camp(an_object(poles=INTEGER))
    assert create(server, tent(poles=1)).ok
    applied = {"patch_type": PatchType.APPLY, "field_manager": "me"}

    assert server.merge(KIND, "t", {"spec": {"pegs": 1}}, strict=True).code == 400
    assert server.ask(Verb.PATCH, KIND, "t", body=tent(pegs=1), strict=True, **applied).code == 400


def test_null_is_no_value_unless_the_schema_allows_it(camp):
    """It is kept where it may be, gives way to a default, and is dropped elsewhere."""
    schema = an_object(
        poles={**INTEGER, "nullable": True},
        pegs={**INTEGER, "default": 4},
        cloth=STRING,
        top={**STRING, "nullable": True},
    )
    made = create(camp(schema), tent(poles=None, pegs=None, cloth=None)).object

    assert to_wire(made)["spec"] == {"poles": None, "pegs": 4}


EMBEDDED = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}


@pytest.mark.parametrize(
    ("inner", "fields"),
    [
        pytest.param(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b"}}, "spec": {"x": 1}}, [], id="whole"
        ),
        pytest.param({}, ["spec.inner.apiVersion", "spec.inner.kind"], id="nothing said"),
        pytest.param(
            {"apiVersion": "a/b/c", "kind": "Po_d"}, ["spec.inner.apiVersion", "spec.inner.kind"], id="malformed"
        ),
        pytest.param(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a/b", "labels": {"a": "b c"}}},
            ["spec.inner.metadata.name", "spec.inner.metadata.labels"],
            id="metadata",
        ),
    ],
)
def test_an_embedded_resource_is_complete_in_itself(camp, inner, fields):
    """It says what it is, and its metadata is well formed; the rest is kept as it is."""
    response = create(camp(an_object(inner=EMBEDDED)), tent(inner=inner))

    assert [one[1] for one in ([] if response.ok else messages(response))] == fields
    assert not response.ok or to_wire(response.object)["spec"]["inner"] == inner


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2024-02-29T23:59:59.5+01:00", "2023-02-29T00:00:00Z"),
        ("date", "2000-12-31", "2000-13-01"),
        ("duration", "1h30m", "an hour"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "fd00::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("mac", "01:23:45:67:89:ab", "01:23"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("uri", "https://example.com/a", "example com"),
        ("email", "a@example.com", "a"),
        ("hostname", "a.example.com", "a_b"),
        ("byte", "aGVsbG8=", "hello!"),
        ("k8s-short-name", "web-0", "web.0"),
        ("k8s-long-name", "web.0", "Web"),
        ("a-word-that-nobody-knows", "x", None),
    ],
)
def test_a_format_says_what_a_text_looks_like(camp, name, good, bad):
    """What does not look like it is of the wrong type; a format that nobody knows says nothing."""
    server = camp(an_object(cloth={**STRING, "format": name}))

    assert create(server, tent(cloth=good)).ok
    if bad is not None:
        said = f'Invalid value: "{bad}": spec.cloth in body must be of type {name}: "{bad}"'
        refusal = create(server, {**tent(cloth=bad), "metadata": {"name": "u"}})
        assert messages(refusal) == [("FieldValueTypeInvalid", "spec.cloth", said)]


def test_a_definition_may_make_fields_selectable(camp):
    """A list takes those, and no others."""
    server = camp(an_object(cloth=STRING, poles=INTEGER), selectableFields=[{"jsonPath": ".spec.cloth"}])
    for name, cloth in (("r", "red"), ("b", "blue")):
        create(server, {**tent(cloth=cloth), "metadata": {"name": name}})
    found = server.ask(Verb.LIST, KIND, field_selector="spec.cloth=red")

    assert [one.metadata.name for one in found.items] == ["r"]
    assert server.ask(Verb.LIST, KIND, field_selector="spec.poles=1").code == 400


@pytest.mark.parametrize(("subresources", "generation"), [({"status": {}}, 1), ({}, 2)], ids=["apart", "together"])
def test_the_generation_counts_what_is_desired(camp, subresources, generation):
    """The status counts only where it is not written apart; metadata never does."""
    server = camp(an_object(poles=INTEGER), subresources=subresources)
    create(server, tent(poles=1))
    server.merge(KIND, "t", {"metadata": {"labels": {"a": "b"}}})
    server.merge(KIND, "t", {"status": {"poles": 1}}, subresource="status" if subresources else "")

    assert server.get(KIND, "t").metadata.generation == generation


# Sizes


def test_a_size_is_read_and_written_where_the_definition_says(camp):
    """So are the size observed and the selector."""
    server = camp(an_object(poles=INTEGER))
    create(server, tent(poles=2))
    server.merge(KIND, "t", {"status": {"poles": 1, "cloth": "app=red"}}, subresource="status")
    scale = server.ask(Verb.GET, KIND, "t", subresource="scale").object

    assert (scale.spec.replicas, scale.status.replicas, scale.status.selector) == (2, 1, "app=red")

    answer = server.merge(KIND, "t", {"spec": {"replicas": 5}}, subresource="scale")

    assert answer.object.spec.replicas == 5
    assert to_wire(server.get(KIND, "t"))["spec"] == {"poles": 5}
    assert server.get(KIND, "t").metadata.generation == 2


def test_an_object_without_a_size_has_no_scale(camp):
    """The server can't say what is not there."""
    server = camp(an_object(poles=INTEGER))
    create(server, tent())
    answer = server.ask(Verb.GET, KIND, "t", subresource="scale")

    assert (answer.code, answer.reason) == (500, "InternalError")
    assert 'the spec replicas field ".spec.poles" does not exist' in answer.status.message


@pytest.mark.parametrize(
    ("poles", "why"), [(-1, "a non-negative integer"), (2**31, "less than or equal to 2147483647")]
)
def test_a_size_has_bounds(camp, poles, why):
    """Whatever the schema says."""
    (cause,) = messages(create(camp(an_object(poles=INTEGER)), tent(poles=poles)))

    assert cause[1] == ".spec.poles"
    assert cause[2].endswith(why)


# Versions


def second(name="v2", spec_schema=None, **fields):
    schema = {"openAPIV3Schema": schema_of(spec_schema or an_object(poles={**INTEGER, "minimum": 2}))}
    return {"name": name, "served": True, "storage": False, "schema": schema, **fields}


def test_an_object_may_come_in_any_version_that_is_served(camp):
    """It is held against the schema of that version, and stored in one."""
    server = camp(an_object(poles=INTEGER, cloth=STRING), second(), second("v3", served=False))
    made = create(server, tent("v2", poles=2, cloth="red")).object

    assert to_wire(made)["apiVersion"] == "example.com/v1"
    assert to_wire(made)["spec"] == {"poles": 2}
    assert (
        server.ask(Verb.PATCH, KIND, "t", body={"apiVersion": "example.com/v2", "spec": {"poles": 1}}, **MERGE).code
        == 422
    )
    assert server.merge(KIND, "t", {"spec": {"poles": 1}}).ok
    assert create(server, {**tent("v3"), "metadata": {"name": "u"}}).code == 404
    assert create(server, {**tent("v4"), "metadata": {"name": "u"}}).code == 404
    assert create(server, {**tent(), "apiVersion": "other.com/v1"}).code == 400


MERGE = {"patch_type": PatchType.MERGE}


def test_another_version_may_be_stored_from_some_time_on(camp):
    """What is there is served in it; the old one stays until its name is taken from the status."""
    server = camp(an_object(poles=INTEGER), second())
    create(server, tent(poles=2))
    versions = definition(an_object(poles=INTEGER), second(storage=True), storage=False)["spec"]["versions"]
    after = server.merge(CRD, NAME, {"spec": {"versions": versions}}).object

    assert to_wire(after)["status"]["storedVersions"] == ["v1", "v2"]
    assert to_wire(server.get(KIND, "t"))["apiVersion"] == "example.com/v2"
    assert server.merge(KIND, "t", {"spec": {"poles": 3}}).ok
    assert to_wire(server.get(KIND, "t"))["apiVersion"] == "example.com/v2"

    refusal = server.merge(CRD, NAME, {"spec": {"versions": versions[1:]}})

    assert [one[1] for one in messages(refusal)] == ["status.storedVersions[0]"]
    assert server.merge(CRD, NAME, {"status": {"storedVersions": ["v2"]}}, subresource="status").ok
    assert server.merge(CRD, NAME, {"spec": {"versions": versions[1:]}}).ok


@pytest.mark.parametrize(
    ("schema", "path", "reason"),
    [
        pytest.param({}, "properties[spec].type", "FieldValueRequired", id="no type"),
        pytest.param(
            {"type": "array", "items": {}}, "properties[spec].items.type", "FieldValueRequired", id="of items"
        ),
        pytest.param(
            {"type": "object", "properties": {"a": INTEGER}, "additionalProperties": INTEGER},
            "properties[spec].additionalProperties",
            "FieldValueForbidden",
            id="fields and keys",
        ),
        pytest.param(
            {"type": "array", "items": INTEGER, "x-kubernetes-list-type": "map"},
            "properties[spec].x-kubernetes-list-map-keys",
            "FieldValueRequired",
            id="a map without keys",
        ),
        pytest.param(
            an_object([{"rule": "self.a ==="}]),
            "properties[spec].x-kubernetes-validations[0].rule",
            "FieldValueInvalid",
            id="a rule that is none",
        ),
        pytest.param(
            an_object([{"rule": "true", "reason": "Because"}]),
            "properties[spec].x-kubernetes-validations[0].reason",
            "FieldValueNotSupported",
            id="a reason that is none",
        ),
    ],
)
def test_a_schema_is_structural(server, schema, path, reason):
    """What the API server could not work with is refused with the definition."""
    refusal = server.ask(Verb.CREATE, CRD, namespace="", body=definition(schema))

    assert messages(refusal)[0][:2] == (reason, f"spec.versions[0].schema.openAPIV3Schema.{path}")


@pytest.mark.parametrize(
    ("paths", "field"),
    [
        ({}, "specReplicasPath"),
        ({**SCALE, "statusReplicasPath": ".spec.poles"}, "statusReplicasPath"),
        ({**SCALE, "labelSelectorPath": ".metadata.labels"}, "labelSelectorPath"),
    ],
    ids=["none", "an observation that is wanted", "a selector in the metadata"],
)
def test_the_paths_of_a_size_lead_to_where_sizes_are(server, paths, field):
    """Below spec what is wanted, below status what is observed."""
    body = definition(an_object(), subresources={"scale": paths})
    refusal = server.ask(Verb.CREATE, CRD, namespace="", body=body)

    assert messages(refusal)[0][1] == f"spec.versions[0].subresources.scale.{field}"


# Laws

schemas = st.recursive(
    st.sampled_from([INTEGER, STRING, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}]),
    lambda inner: st.one_of(
        st.builds(lambda some: {"type": "object", "properties": some}, st.dictionaries(st.sampled_from("abc"), inner)),
        st.builds(lambda one: {"type": "array", "items": one}, inner),
        st.builds(lambda one: {"type": "object", "additionalProperties": one}, inner),
    ),
    max_leaves=5,
)
values = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
wires = st.dictionaries(st.sampled_from("abcd"), values, max_size=3)


@given(wires, schemas)
def test_pruning_leaves_nothing_unknown_and_nothing_more_to_prune(wire, schema):
    """What is left is what the schema knows, and pruning it once more changes nothing."""
    prune(wire, schema)
    drop_nulls(wire, schema)
    once = copy.deepcopy(wire)
    prune(wire, schema)
    drop_nulls(wire, schema)

    assert wire == once
    assert not list(unknown(wire, schema, root=True))


@given(wires, wires)
def test_rules_that_hold_are_never_broken(new, old):
    """Whatever the values, a rule that is true, or about a change to the same, refuses nothing."""
    rules = [{"rule": "true"}, {"rule": "self == self"}, {"rule": "oldSelf == oldSelf"}]
    schema = {"type": "object", "x-kubernetes-validations": rules, "additionalProperties": {"type": "object"}}

    assert not list(rule_errors(new, old, schema, ()))
