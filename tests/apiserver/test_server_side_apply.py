"""Server-side apply: fields have managers, configurations are laid over each other, and conflicts are told."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.api.fields import type_of
from kcore.apiserver.apply.fieldset import from_fields_v1, leaves, managed, to_fields_v1
from kcore.apiserver.apply.managers import APPLY, Manager, applied, written
from kcore.apiserver.apply.shape import shape_of
from kcore.apiserver.request import PatchType, Verb
from kcore.apiserver.status import Status

DEPLOYMENT = shape_of(type_of("apps/v1", "Deployment"))


def config_map(**data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}, "data": data}


def containers(*containers, replicas=None):
    wire = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": list(containers)}},
        },
    }
    if replicas is not None:
        wire["spec"]["replicas"] = replicas
    return wire


@pytest.fixture
def apply(server):
    """A function that applies a configuration in the name of a manager."""

    def send(wire, manager="alice", subresource="", **options):
        body, kind, name = copy.deepcopy(wire), wire["kind"], wire["metadata"]["name"]
        chosen = {"patch_type": PatchType.APPLY, "field_manager": manager, **options}
        return server.ask(Verb.PATCH, kind, name, body=body, subresource=subresource, **chosen)

    return send


def data(server):
    return dict(server.get("ConfigMap", "cm").data)


def owners(server, kind="ConfigMap", name="cm"):
    """Who manages what: the entries of managedFields by manager and operation."""
    entries = to_wire(server.get(kind, name))["metadata"]["managedFields"]
    return {(one["manager"], one["operation"]): one["fieldsV1"] for one in entries}


def test_what_is_not_there_is_created(server, apply):
    """The first apply creates the object, and the applier manages what it said."""
    response = apply(config_map(a="1"))

    assert response.code == 201
    assert owners(server) == {("alice", "Apply"): {"f:data": {"f:a": {}}}}


def test_applying_again_changes_nothing(server, apply):
    """The same configuration a second time makes no revision, whatever the time."""
    apply(config_map(a="1"))
    before = server.store
    server.now += 60_000

    assert apply(config_map(a="1")).code == 200
    assert server.store is before


def test_a_field_of_another_manager_is_a_conflict(server, apply):
    """Another value for what somebody else manages is refused with each field and its manager; force takes it."""
    apply(config_map(a="1", b="1"))
    refusal = apply(config_map(a="2", b="1"), manager="bob")

    assert (refusal.code, refusal.reason) == (409, "Conflict")
    assert refusal.status.message == 'Apply failed with 1 conflict: conflict with "alice": .data.a'
    assert [(one.reason, one.field) for one in refusal.status.causes] == [("FieldManagerConflict", ".data.a")]
    assert apply(config_map(a="2", b="1"), manager="bob", force=True).ok
    assert data(server) == {"a": "2", "b": "1"}
    assert owners(server) == {
        ("alice", "Apply"): {"f:data": {"f:b": {}}},
        ("bob", "Apply"): {"f:data": {"f:a": {}, "f:b": {}}},
    }


def test_the_same_value_is_managed_together(server, apply):
    """Two who apply the same share the field, and it goes when the last of them gives it up."""
    apply(config_map(a="1", mine="x"))
    assert apply(config_map(a="1"), manager="bob").ok
    apply(config_map(mine="x"))
    assert data(server) == {"a": "1", "mine": "x"}
    apply(config_map(b="1"), manager="bob")

    assert data(server) == {"b": "1", "mine": "x"}


def test_what_is_given_up_goes(server, apply):
    """A field that its only manager does not apply any more is removed; the fields of others stay."""
    apply(config_map(a="1", b="1"))
    server.merge("ConfigMap", "cm", {"data": {"c": "1"}})
    apply(config_map(b="1"))

    assert data(server) == {"b": "1", "c": "1"}


def test_any_other_write_takes_over_what_it_changes(server, apply):
    """After an update by somebody else, applying the old value is a conflict with the one who updated."""
    apply(config_map(a="1", b="1"))
    server.merge("ConfigMap", "cm", {"data": {"a": "2"}}, field_manager="edit")

    assert owners(server) == {
        ("alice", "Apply"): {"f:data": {"f:b": {}}},
        ("edit", "Update"): {"f:data": {"f:a": {}}},
    }
    assert apply(config_map(a="1", b="1")).status.message == (
        'Apply failed with 1 conflict: conflict with "edit" using v1 at 2000-01-01T00:00:00Z: .data.a'
    )


def test_what_was_there_before_the_first_apply_has_a_manager(server, apply):
    """What nobody applied belongs to before-first-apply, so that it is not lost or overwritten by accident."""
    server.make(config_map(a="1", b="1"))

    assert apply(config_map(a="2")).reason == "Conflict"
    assert apply(config_map(a="1")).ok
    assert owners(server)["before-first-apply", "Update"] == {"f:data": {"f:a": {}, "f:b": {}}}
    assert data(server) == {"a": "1", "b": "1"}


def test_elements_of_a_list_are_told_apart_by_their_keys(server, apply):
    """Two managers apply a container each, and both are there; one that is given up goes as a whole."""
    apply(containers({"name": "web", "image": "web:v1"}))
    apply(containers({"name": "side", "image": "side:v1"}, {"name": "web", "image": "web:v1"}), manager="mesh")
    names = [one.name for one in server.get("Deployment", "web").spec.template.spec.containers]
    apply(containers(), manager="mesh", force=True)
    left = server.get("Deployment", "web").spec.template.spec.containers

    assert names == ["side", "web"]
    assert [(one.name, one.image) for one in left] == [("web", "web:v1")]


def test_a_size_that_an_autoscaler_took_is_not_taken_back(server, apply):
    """Without replicas in the configuration the size is nobody's, and what scales it keeps it."""
    apply(containers({"name": "web", "image": "web:v1"}, replicas=1))
    server.merge("Deployment", "web", {"spec": {"replicas": 5}}, field_manager="hpa")
    assert apply(containers({"name": "web", "image": "web:v2"}, replicas=1)).reason == "Conflict"

    assert apply(containers({"name": "web", "image": "web:v2"})).ok
    found = server.get("Deployment", "web").spec
    assert (found.replicas, found.template.spec.containers[0].image) == (5, "web:v2")


def test_the_status_is_applied_through_its_subresource(server, apply):
    """What an apply of the object says of the status does not count; through the subresource nothing else does."""
    deployment = containers({"name": "web", "image": "web:v1"})
    apply({**deployment, "status": {"replicas": 7}})

    assert server.get("Deployment", "web").status.replicas == 0
    assert "f:status" not in owners(server, "Deployment", "web")["alice", "Apply"]


def test_managers_are_forgotten_on_request(server, apply):
    """A write with one empty entry makes the object forget who manages what."""
    apply(config_map(a="1"))
    server.merge("ConfigMap", "cm", {"metadata": {"managedFields": [{}]}})

    assert "managedFields" not in to_wire(server.get("ConfigMap", "cm"))["metadata"]


@pytest.mark.parametrize(
    ("change", "options", "code", "reason"),
    [
        pytest.param({}, {"manager": ""}, 422, "Invalid", id="without a manager"),
        pytest.param({"metadata": {"name": "cm", "managedFields": [{}]}}, {}, 400, "BadRequest", id="with managers"),
        pytest.param({"data": {"a": 1}}, {}, 400, "BadRequest", id="of the wrong type"),
        pytest.param({"metadata": {"name": "other"}}, {}, 400, "BadRequest", id="of another name"),
        pytest.param({"metadata": {"name": "cm", "resourceVersion": "1"}}, {}, 409, "Conflict", id="of an old version"),
    ],
)
def test_what_can_not_be_applied_is_refused(server, apply, change, options, code, reason):
    """The refusal changes nothing."""
    apply(config_map(a="1"))
    before = server.store
    key = "cm"
    wire = {**config_map(a="2"), **change}
    manager = options.get("manager", "alice")
    chosen = {"patch_type": PatchType.APPLY, "field_manager": manager}
    refusal = server.ask(Verb.PATCH, "ConfigMap", key, body=wire, **chosen)

    assert (refusal.code, refusal.reason) == (code, reason)
    assert server.store is before


names = st.sampled_from(["web", "side", "init"])
images = st.sampled_from(["a", "b"])
configurations = st.builds(
    lambda images, replicas, labels: {
        "metadata": {"labels": labels} if labels else {},
        "spec": {
            **({} if replicas is None else {"replicas": replicas}),
            "template": {"spec": {"containers": [{"name": name, "image": one} for name, one in images.items()]}},
        },
    },
    st.dictionaries(names, images, max_size=3),
    st.none() | st.integers(0, 3),
    st.dictionaries(st.sampled_from("xy"), st.sampled_from("12"), max_size=2),
)


def said(wire):
    """What an object says, by path; what is empty says nothing."""
    found = leaves(wire, DEPLOYMENT)
    return {(path, str(found[path])) for path in managed(found) if found[path] not in ({}, [])}


def alone(live, config, who):
    manager = Manager(who, APPLY, "apps/v1")
    done = applied(live, config, DEPLOYMENT, manager, "", force=True)
    assert not isinstance(done, Status)
    laid, owned = done
    return {**laid, "metadata": {**(laid.get("metadata") or {}), "managedFields": written(owned)}}


@given(configurations)
def test_the_fields_of_a_value_survive_their_text(config):
    """Paths come back from the form that managedFields has."""
    paths = managed(leaves(config, DEPLOYMENT))

    assert from_fields_v1(to_fields_v1(paths)) == paths


@given(st.lists(st.tuples(st.sampled_from("ab"), configurations), min_size=1, max_size=6))
def test_what_was_applied_last_is_there(applies):
    """After any applies by force each configuration that came last is in the object, and again changes nothing."""
    live = {}
    for who, config in applies:
        live = alone(live, config, who)

        assert said(config) <= said(live)
        assert said(alone(live, config, who)) == said(live)


@given(configurations, configurations)
def test_what_one_applies_and_gives_up_leaves_nothing(first, second):
    """A manager who applies a second configuration leaves exactly that, as if the first had never been."""
    both = alone(alone({}, first, "a"), second, "a")
    only = alone({}, second, "a")

    assert said(both) == said(only)
