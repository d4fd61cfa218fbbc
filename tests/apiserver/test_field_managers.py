"""Field managers beside server-side apply: who has which field after any other write, and what kubectl keeps."""

from __future__ import annotations

import copy
import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.api.fields import type_of
from kcore.api.json import Json
from kcore.apiserver.apply.fieldset import in_order, leaves, managed, text
from kcore.apiserver.apply.managers import (
    ANCIENT,
    MOST_UPDATERS,
    UPDATE,
    Manager,
    Owned,
    capped,
    read,
    taken_over,
    written,
)
from kcore.apiserver.apply.shape import described, shape_of
from kcore.apiserver.request import PatchType, Verb
from kcore.cluster.config import ClusterConfig
from kcore.cluster.target import Target
from kcore.model import Plan, boot, build_model
from kcore.users.apply import Apply
from kcore.users.patch import Patch

CONFIG_MAP = shape_of(type_of("v1", "ConfigMap"))


def config_map(**data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}, "data": data}


@pytest.fixture
def tracking(server):
    """A server that tracks every write, as real ones do."""
    server.config = attrs.evolve(server.config, track_every_write=True)
    return server


def entries(server, kind="ConfigMap", name="cm"):
    return (to_wire(server.get(kind, name))["metadata"]).get("managedFields") or []


def owners(server, kind="ConfigMap", name="cm"):
    return {
        (one["manager"], one["operation"], one.get("subresource", "")): one["fieldsV1"]
        for one in entries(server, kind, name)
    }


def apply(server, wire, manager="alice", **options):
    chosen = {"patch_type": PatchType.APPLY, "field_manager": manager, **options}
    return server.ask(Verb.PATCH, wire["kind"], wire["metadata"]["name"], body=copy.deepcopy(wire), **chosen)


def test_whoever_creates_an_object_manages_its_fields(tracking):
    """So the first apply meets the one who wrote, not somebody unknown."""
    tracking.create(config_map(a="1", b="1"), field_manager="kubectl-create")
    refusal = apply(tracking, config_map(a="2"))

    assert owners(tracking) == {("kubectl-create", "Update", ""): {"f:data": {"f:a": {}, "f:b": {}}}}
    assert refusal.status.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-create" using v1 at 2000-01-01T00:00:00Z: .data.a'
    )


def test_whoever_writes_a_status_manages_it_apart(tracking, deployment):
    """The subresource is part of who it is."""
    tracking.create(deployment, field_manager="me")
    status = {"status": {"replicas": 2}}
    tracking.merge("Deployment", "web", status, subresource="status", field_manager="kube-controller-manager")

    assert owners(tracking, "Deployment", "web")["kube-controller-manager", "Update", "status"] == {
        "f:status": {"f:replicas": {}}
    }


def test_without_tracking_objects_have_no_managers(server):
    """Until they are applied."""
    server.create(config_map(a="1"))
    server.merge("ConfigMap", "cm", {"data": {"a": "2"}})

    assert entries(server) == []


def test_a_cluster_tracks_writes_where_it_is_configured_to():
    """The setting is `managedFields`; a component is known by its name without its node."""
    model = build_model(())
    state = boot(model, Plan(nodes=[], config=ClusterConfig(managed_fields=True)))
    state = model.step(state, Apply(objects=(Json.of(config_map(a="1")),))).state
    target = Target(kind="ConfigMap", namespace="default", name="cm")
    state = model.step(state, Patch(target=target, patch=Json.of({"data": {"b": "1"}}))).state
    (found,) = state.store.list("ConfigMap")

    assert [one["manager"] for one in to_wire(found)["metadata"]["managedFields"]] == ["kubectl"]


@pytest.mark.parametrize("sent", [[], [{}]], ids=["no entry", "an empty entry"])
def test_managers_are_forgotten_on_request(tracking, sent):
    """And nobody is tracked again until somebody applies."""
    tracking.create(config_map(a="1"))
    tracking.merge("ConfigMap", "cm", {"metadata": {"managedFields": sent}})
    tracking.merge("ConfigMap", "cm", {"data": {"a": "2"}})

    assert entries(tracking) == []
    assert apply(tracking, config_map(b="1")).ok
    assert set(owners(tracking)) == {("before-first-apply", "Update", ""), ("alice", "Apply", "")}


def test_a_client_may_give_up_what_a_manager_has(tracking):
    """What it sends of the entries is taken as it is."""
    apply(tracking, config_map(a="1", b="1"))
    kept = entries(tracking)
    kept[0]["fieldsV1"] = {"f:data": {"f:b": {}}}
    tracking.merge("ConfigMap", "cm", {"metadata": {"managedFields": kept}}, field_manager="edit")

    assert owners(tracking) == {("alice", "Apply", ""): {"f:data": {"f:b": {}}}}


def test_taking_away_changes_no_time(tracking):
    """A manager that only removed what it had is as old as before."""
    tracking.create(config_map(a="1", b="1"), field_manager="me")
    tracking.now += 60_000
    tracking.merge("ConfigMap", "cm", {"data": {"b": None}}, field_manager="me")
    (entry,) = entries(tracking)

    assert (entry["fieldsV1"], entry["time"]) == ({"f:data": {"f:a": {}}}, "2000-01-01T00:00:00Z")


def test_of_many_who_write_the_oldest_become_one(tracking):
    """Ten are kept apart; those who apply do not count."""
    tracking.create(config_map(), field_manager="first")
    apply(tracking, config_map(mine="1"))
    for number in range(14):
        tracking.now += 1_000
        tracking.merge("ConfigMap", "cm", {"data": {f"f{number:02}": "1"}}, field_manager=f"writer-{number:02}")
    found = owners(tracking)
    updaters = [name for name, operation, _ in found if operation == UPDATE]

    assert len(updaters) == MOST_UPDATERS
    assert ("alice", "Apply", "") in found
    assert found[ANCIENT, "Update", ""] == {"f:data": {f"f:f{number:02}": {} for number in range(5)}}


def applied_by_kubectl(last, **data):
    """An object that kubectl applied on its own side."""
    wire = config_map(**data)
    wire["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(last)}
    return wire


@pytest.mark.parametrize(
    ("manager", "config", "code", "field"),
    [
        pytest.param("kubectl", {"a": "2"}, 200, None, id="what it applied itself"),
        pytest.param("kubectl", {"b": "2"}, 409, ".data.b", id="what it did not apply"),
        pytest.param("kubectl", {"c": "2"}, 409, ".data.c", id="what somebody has changed since"),
        pytest.param("alice", {"a": "2"}, 409, ".data.a", id="somebody else"),
    ],
)
def test_kubectl_moves_on_to_apply_on_the_server(tracking, manager, config, code, field):
    """Fields that are as it applied them last on its own side are its own."""
    live = applied_by_kubectl(config_map(a="1", c="0"), a="1", b="1", c="1")
    tracking.create(live, field_manager="kubectl-client-side-apply")
    answer = apply(tracking, config_map(**config), manager=manager)

    assert answer.code == code
    assert [one.field for one in (answer.status.causes if answer.status else ())] == ([field] if field else [])


def test_conflicts_are_told_level_by_level(tracking, deployment):
    """By manager; of each what ends at a level comes before what goes on, as upstream walks its sets."""
    tracking.create(deployment, field_manager="me")
    theirs = copy.deepcopy(deployment)
    theirs["spec"] |= {"replicas": 9, "paused": True}
    theirs["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v2"
    theirs["spec"]["minReadySeconds"] = 3
    refusal = apply(tracking, theirs)

    assert [one.field for one in refusal.status.causes] == [
        ".spec.replicas",
        '.spec.template.spec.containers[name="c"].image',
    ]
    assert refusal.status.message == (
        'Apply failed with 2 conflicts: conflicts with "me" using apps/v1 at 2000-01-01T00:00:00Z:\n'
        '- .spec.replicas\n- .spec.template.spec.containers[name="c"].image'
    )


CAKE = {
    "type": "object",
    "properties": {
        "guests": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "seat": {"type": "integer"}}},
        },
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "plate": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"size": {"type": "integer"}}},
        "steps": {"type": "array", "items": {"type": "string"}},
    },
}


def test_a_custom_resource_is_taken_apart_as_its_schema_says():
    """Lists by keys or values, maps by fields unless they are one value."""
    value = {"guests": [{"name": "ann", "seat": 1}], "tags": ["a"], "plate": {"size": 1}, "steps": ["x"]}

    assert sorted(map(text, leaves(value, described(CAKE)))) == [
        '.guests[name="ann"]',
        '.guests[name="ann"].name',
        '.guests[name="ann"].seat',
        ".plate",
        ".steps",
        '.tags[="a"]',
    ]


def test_two_apply_their_elements_of_a_custom_resource(server):
    """Each has its own guest, and gives it up alone."""
    names = {"plural": "cakes", "kind": "Cake"}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": CAKE}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "cakes.example.com"},
        "spec": spec,
    }
    assert server.ask(Verb.CREATE, "CustomResourceDefinition", namespace="", body=definition).ok

    def bake(manager, *guests):
        body = {
            "apiVersion": "example.com/v1",
            "kind": "Cake",
            "metadata": {"name": "c"},
            "spec": {"guests": list(guests)},
        }
        options = {"patch_type": PatchType.APPLY, "field_manager": manager}
        answer = server.ask(Verb.PATCH, "Cake.example.com", "c", body=body, **options)
        assert answer.ok, answer.status
        return [one["name"] for one in to_wire(answer.object).get("spec", {}).get("guests", ())]

    assert bake("alice", {"name": "ann", "seat": 1}) == ["ann"]
    assert bake("bob", {"name": "bob", "seat": 2}) == ["bob", "ann"]
    assert bake("bob") == ["ann"]


data = st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["me", "you"]), data), min_size=1, max_size=6))
def test_everything_that_is_there_has_one_manager(writes):
    """After any writes each field belongs to the one who wrote it last, and to nobody else."""
    live, found, last = {}, [], {}
    for number, (who, content) in enumerate(writes):
        new = config_map(**content)
        before = leaves(live, CONFIG_MAP)
        changed = {path for path, value in leaves(new, CONFIG_MAP).items() if before.get(path) != value}
        found = written(taken_over(found, live, new, CONFIG_MAP, Manager(who, UPDATE, "v1"), str(number)))
        last = {path: who if path in changed else last[path] for path in managed(leaves(new, CONFIG_MAP))}
        live = new
    owned = [(path, one_who.name) for one_who, one in read(found).items() for path in one.fields]

    assert sorted(owned) == sorted(last.items())


@given(st.integers(0, 30), st.integers(1, 3))
def test_putting_managers_together_loses_no_field(count, versions):
    """However many there are, of however many versions, the fields are all there."""
    managers = {
        Manager(f"m{number:02}", UPDATE, f"v{number % versions}"): Owned(frozenset({(f"f:{number}",)}), f"{number:02}")
        for number in range(count)
    }
    kept = capped(managers)

    assert frozenset().union(*(one.fields for one in kept.values())) == frozenset(
        path for one in managers.values() for path in one.fields
    )
    assert len(kept) <= MOST_UPDATERS + versions


@given(st.sets(st.lists(st.sampled_from(["f:a", "f:b", "f:c"]), min_size=1, max_size=3).map(tuple)))
def test_the_order_of_conflicts_has_every_path_once(paths):
    """It is an order of all of them."""
    assert sorted(in_order(paths)) == sorted(paths)
