"""Mutating admission policies: expressions that change what is written, bound to what they are about."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.apiserver.expressions import evaluate
from kcore.apiserver.policy.literals import escape_key, plain
from kcore.apiserver.request import Verb

RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}
LABEL = 'Object{metadata: Object.metadata{labels: Object.metadata.labels{team: "blue"}}}'


def applies(expression=LABEL):
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def patches(expression):
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def policy(*mutations, name="paint", rule=RULE, **spec):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "reinvocationPolicy": "Never",
            "mutations": list(mutations) or [applies()],
            **spec,
        },
    }


def binding(name="paint", **spec):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, **spec},
    }


@pytest.fixture
def bound(server):
    """A function that makes policies and binds each."""

    def bind(*policies, **spec):
        for one in policies:
            for wire in (one, binding(one["metadata"]["name"], **spec)):
                response = server.ask(Verb.CREATE, wire["kind"], namespace="", body=wire)
                assert response.ok, response.status
        return server

    return bind


def labels(server, pod):
    return dict(server.make(copy.deepcopy(pod)).metadata.labels)


def test_a_configuration_is_merged(bound, pod):
    """What the policy says is laid over the object; the rest stays."""
    assert labels(bound(policy()), pod) == {"app": "web", "team": "blue"}


def test_elements_are_merged_by_their_keys(bound, pod):
    """A container of another name is added, one of the same is changed."""
    side = 'Object.spec.containers{name: "side", image: "side:v1"}, Object.spec.containers{name: "c", image: "app:v2"}'
    server = bound(policy(applies(f"Object{{spec: Object.spec{{containers: [{side}]}}}}")))
    containers = server.make(pod).spec.containers

    assert sorted((one.name, one.image) for one in containers) == [("c", "app:v2"), ("side", "side:v1")]


def test_a_json_patch_is_made(bound, pod):
    """Its operations are in CEL, with the keys of maps escaped."""
    operation = (
        'JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: object.metadata.name}'
    )

    assert labels(bound(policy(patches(f"[{operation}]"))), pod) == {"app": "web", "a/b": "p"}


def test_a_patch_whose_test_fails_changes_nothing(bound, pod):
    """And refuses nothing."""
    test = 'JSONPatch{op: "test", path: "/metadata/labels/app", value: "db"}'
    change = 'JSONPatch{op: "replace", path: "/metadata/labels/app", value: "x"}'

    assert labels(bound(policy(patches(f"[{test}, {change}]"))), pod) == {"app": "web"}


def test_mutations_see_those_before_them(bound, pod):
    """In their order, and policies in that of their names."""
    second = "Object{metadata: Object.metadata{labels: Object.metadata.labels{seen: object.metadata.labels.team}}}"
    third = "Object{metadata: Object.metadata{labels: Object.metadata.labels{too: object.metadata.labels.seen}}}"
    server = bound(policy(applies(third), name="z"), policy(applies(), applies(second)))

    assert labels(server, pod) == {"app": "web", "team": "blue", "seen": "blue", "too": "blue"}


@pytest.mark.parametrize(("again", "seen"), [("IfNeeded", "blue"), ("Never", "nothing")])
def test_a_policy_may_want_to_see_what_later_ones_made(bound, pod, again, seen):
    """It is asked once more if it says so."""
    look = '"team" in object.metadata.labels ? object.metadata.labels.team : "nothing"'
    first = f"Object{{metadata: Object.metadata{{labels: Object.metadata.labels{{seen: {look}}}}}}}"
    server = bound(policy(applies(first), name="a", reinvocationPolicy=again), policy(name="b"))

    assert labels(server, pod)["seen"] == seen


@pytest.mark.parametrize(
    ("wire", "spec"),
    [
        pytest.param(policy(rule={**RULE, "resources": ["services"]}), {}, id="another resource"),
        pytest.param(policy(rule={**RULE, "operations": ["UPDATE"]}), {}, id="another operation"),
        pytest.param(
            policy(matchConditions=[{"name": "c", "expression": "object.metadata.name == 'q'"}]), {}, id="a condition"
        ),
        pytest.param(
            policy(), {"matchResources": {"objectSelector": {"matchLabels": {"app": "db"}}}}, id="other labels"
        ),
        pytest.param(policy(), {"policyName": "nobody"}, id="nobody binds it"),
    ],
)
def test_a_policy_is_about_what_it_says(bound, pod, wire, spec):
    """What it is not about stays as it is."""
    assert labels(bound(wire, **spec), pod) == {"app": "web"}


@pytest.mark.parametrize(
    ("mutation", "said"),
    [
        pytest.param(
            applies("Object{spec: object.nothing}"),
            "expression 'Object{spec: object.nothing}' resulted in error: no such key: nothing",
            id="no value",
        ),
        pytest.param(
            applies('Object{spec: Object.spec{containers: [Object.spec.containers{name: "c", command: ["sh"]}]}}'),
            "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
            ".spec.containers.command",
            id="a list that is one value",
        ),
        pytest.param(applies("1"), "must evaluate to Object", id="no object"),
        pytest.param(patches("1"), "must evaluate to an array of JSONPatch", id="no patch"),
    ],
)
def test_a_mutation_that_fails_refuses_the_write_by_its_policy(bound, pod, mutation, said):
    """Unless failures are to be ignored: then what can be done is."""
    server = bound(policy(mutation, applies()))
    before = server.store
    refusal = server.create(copy.deepcopy(pod))

    assert (refusal.code, refusal.reason) == (403, "Invalid")
    assert refusal.status.message == f"policy 'paint' with binding 'paint' denied request: {said}"
    assert server.store is before


def test_a_mutation_that_fails_may_be_ignored(bound, pod):
    """What the others make of the object is stored."""
    server = bound(policy(applies("object.nothing"), applies(), failurePolicy="Ignore"))

    assert labels(server, pod) == {"app": "web", "team": "blue"}


def test_a_policy_may_have_parameters_and_variables(bound, pod, server, config_map):
    """As validating ones have; without a parameter where there should be one nothing is written."""
    wire = policy(
        applies("Object{metadata: Object.metadata{labels: Object.metadata.labels{team: variables.team}}}"),
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "team", "expression": "params.data.team"}],
    )
    bound(wire, paramRef={"name": "teams", "parameterNotFoundAction": "Deny"})

    assert server.create(copy.deepcopy(pod)).code == 403

    server.make(config_map("teams", {"team": "red"}))

    assert labels(server, pod)["team"] == "red"


def test_updates_are_changed_too(bound, server, pod):
    """A policy keeps its word when the object is written again."""
    server.make(pod)
    bound(policy())
    server.merge("Pod", "p", {"metadata": {"labels": {"x": "y"}}})

    assert dict(server.get("Pod", "p").metadata.labels) == {"app": "web", "team": "blue", "x": "y"}


def test_policies_are_not_changed_by_policies(bound):
    """Nor are webhook configurations."""
    everything = {**RULE, "apiGroups": ["*"], "resources": ["*"]}
    server = bound(policy(rule=everything), policy(name="q"))
    (found,) = server.ask(Verb.LIST, "MutatingAdmissionPolicy", namespace="", field_selector="metadata.name=q").items

    assert "labels" not in to_wire(found)["metadata"]


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("Object{a: 1}", '{"a": 1}'),
        ('{"a": Object.b{c: [Object.d{e: x ? y : z}]}}', '{"a": {"c": [{"e": x ? y : z}]}}'),
        ("x.Object == 'Object{a: 1}'", "x.Object == 'Object{a: 1}'"),
        ("Object{__namespace__: 1, a__dash__b: 2}", '{"namespace": 1, "a-b": 2}'),
        ("f({k: v}, Object{k: {k: v}})", 'f({k: v}, {"k": {k: v}})'),
        ('r"Object{a: 1}"', 'r"Object{a: 1}"'),
    ],
)
def test_typed_literals_are_maps(expression, written):
    """Their fields are texts; nothing else changes."""
    assert plain(expression) == written


fields = st.text("abcxyz", min_size=1, max_size=4)
trees = st.recursive(
    st.integers(0, 9) | st.text("ab{}:,", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(fields, inner, max_size=2),
    max_leaves=6,
)


def literal(tree):
    """The typed literal of a JSON value."""
    if isinstance(tree, dict):
        return f"Object{{{', '.join(f'{name}: {literal(one)}' for name, one in tree.items())}}}"
    if isinstance(tree, list):
        return f"[{', '.join(map(literal, tree))}]"
    return f'"{tree}"' if isinstance(tree, str) else str(tree)


@given(trees)
def test_a_literal_is_what_it_says(tree):
    """Whatever is written as a typed literal comes out as it was meant."""
    assert evaluate(plain(literal(tree)), {}) == tree


@given(st.text("~/01a"))
def test_an_escaped_key_is_one_step(key):
    """And is read back as the key."""
    escaped = escape_key(key)

    assert "/" not in escaped
    assert escaped.replace("~1", "/").replace("~0", "~") == key
