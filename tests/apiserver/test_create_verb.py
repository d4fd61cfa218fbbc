"""create: codes, metadata that the system sets, generated names."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import to_wire
from kcore.api.object import ObjectKey
from kcore.apiserver import meta
from kcore.apiserver.request import Request, Verb
from kcore.errors import MisuseError


def test_a_created_object_has_what_the_system_sets(server, pod):
    """Uid, time, revision, generation and the first status are the server's, whatever the client sent."""
    pod["metadata"] |= {"uid": "mine", "generation": 7, "deletionTimestamp": "2000-01-01T00:00:00Z"}
    pod["status"] = {"phase": "Running"}
    response = server.create(pod)
    wire = to_wire(response.object)

    assert response.code == 201
    assert wire["metadata"]["uid"] not in ("", "mine")
    assert wire["metadata"]["creationTimestamp"] == "2000-01-01T00:00:00Z"
    assert wire["metadata"]["resourceVersion"] == str(server.store.revision)
    assert wire["metadata"]["generation"] == 1
    assert "deletionTimestamp" not in wire["metadata"]
    assert wire["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


def test_a_name_that_exists_is_a_conflict(server, config_map):
    """Creating twice is a 409, which says so when the first is being deleted."""
    server.make(config_map(finalizers=["example.com/hold"]))

    assert (server.create(config_map()).code, server.create(config_map()).reason) == (409, "AlreadyExists")

    server.delete("ConfigMap", "cm")

    assert "object is being deleted" in server.create(config_map()).status.message


@pytest.mark.parametrize(
    ("change", "code", "reason", "words"),
    [
        pytest.param({"apiVersion": "v2"}, 400, "BadRequest", "does not match the expected API version", id="version"),
        pytest.param({"kind": "Secret"}, 400, "BadRequest", "cannot be handled as a ConfigMap", id="kind"),
        pytest.param({"data": {"a": 1}}, 400, "BadRequest", "cannot unmarshal number", id="type of a value"),
        pytest.param({"metadata": {}}, 422, "Invalid", "name or generateName is required", id="no name"),
        pytest.param({"metadata": {"name": "A"}}, 422, "Invalid", "metadata.name", id="malformed name"),
        pytest.param(
            {"metadata": {"name": "a", "namespace": "b"}},
            400,
            "BadRequest",
            "does not match the namespace",
            id="namespace",
        ),
        pytest.param(
            {"metadata": {"name": "a", "resourceVersion": "3"}}, 500, "", "should not be set", id="resource version"
        ),
    ],
)
def test_bad_bodies_are_refused(server, config_map, change, code, reason, words):
    """What is wrong with the body decides the code, and the store stays the same."""
    before = server.store
    response = server.ask(Verb.CREATE, "ConfigMap", body=config_map() | change)

    assert (response.code, response.reason) == (code, reason)
    assert words in response.status.message
    assert server.store is before


def test_unknown_fields_are_dropped_unless_validation_is_strict(server, config_map):
    """A misspelt field is a 400 under strict validation, and left out otherwise."""
    wire = config_map() | {"dataa": {"a": "b"}}

    assert server.create(wire, strict=True).code == 400
    assert 'unknown field "dataa"' in server.create(wire, strict=True).status.message
    assert "dataa" not in to_wire(server.make(wire))


def test_a_missing_namespace_takes_nothing(server, config_map):
    """Creating where there is no namespace is a 404, where one is going a 403."""
    elsewhere = config_map(namespace="shop")

    assert (server.create(elsewhere).code, server.create(elsewhere).reason) == (404, "NotFound")

    server.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    server.make(elsewhere)
    server.delete("Namespace", "shop")
    response = server.create(config_map("other", namespace="shop"))

    assert (response.code, response.reason) == (403, "Forbidden")
    assert [cause.reason for cause in response.status.causes] == ["NamespaceTerminating"]


def test_generated_names_are_all_different(server, config_map):
    """Each object of one generateName gets a suffix of its own of five letters."""
    wire = config_map()
    wire["metadata"] = {"generateName": "cm-"}
    names = [server.make(wire).metadata.name for _ in range(200)]

    assert len(set(names)) == 200
    assert all(name.startswith("cm-") and set(name[3:]) <= set(meta.ALPHABET) and len(name) == 8 for name in names)


def test_a_generated_name_that_is_taken_is_drawn_anew(server, config_map):
    """A name that somebody has taken already is passed over."""
    taken = meta.generated("cm-", server.store.minted.suffixes + 1)
    server.make(config_map(taken))
    wire = config_map()
    wire["metadata"] = {"generateName": "cm-"}

    assert server.make(wire).metadata.name not in ("", taken)


def test_long_bases_are_cut():
    """A generated name is never longer than a label may be."""
    assert len(meta.generated("a" * 100, 3)) == 63


def test_invented_values_do_not_repeat():
    """Uids look like random UUIDs and, like suffixes, come once."""
    uids = [meta.uid(number) for number in range(5000)]
    suffixes = [meta.suffix(number) for number in range(5000)]

    assert len(set(uids)) == len(set(suffixes)) == 5000
    assert all([len(part) for part in uid.split("-")] == [8, 4, 4, 4, 12] for uid in uids)
    assert all(uid[14] == "4" and uid[19] in "89ab" for uid in uids)


def test_a_typed_body_makes_what_its_json_makes(server, pod):
    """A controller that sends an object and a person who sends its JSON get the same."""
    pod["metadata"] = {"generateName": "p-", "labels": {"app": "web"}}
    first = server.make(pod)
    typed = attrs.evolve(first, metadata=attrs.evolve(first.metadata, name="", uid="", resource_version=""))
    again = server.send(Request(verb=Verb.CREATE, key=ObjectKey("Pod", "default", ""), body=typed)).object

    assert again.spec == first.spec
    assert again.status == first.status
    assert again.metadata.name != first.metadata.name
    assert again.metadata.uid != first.metadata.uid


def test_what_was_made_of_a_pod_is_remembered_for_these_settings_only(server, pod):
    """The tolerations that a pod gets follow the configuration, also when the same body came before."""
    pod["metadata"] = {"generateName": "p-"}
    seconds = []
    for value in (300, 7, 300):
        server.config = attrs.evolve(server.config, default_toleration_seconds=value)
        seconds.append({one.toleration_seconds for one in server.make(pod).spec.tolerations})

    assert seconds == [{300}, {7}, {300}]


def test_a_refused_pod_is_refused_again(server, pod):
    """A body that was found invalid is invalid the second time, with the same words."""
    pod["spec"]["containers"][0]["name"] = "UPPER"
    first, second = server.create(pod), server.create(pod)

    assert first.code == second.code == 422
    assert first.status == second.status


def test_a_dry_run_answers_and_changes_nothing(server, config_map):
    """The object of a dry run is there in the answer only."""
    before = server.store
    response = server.create(config_map(), dry_run=True)

    assert response.code == 201
    assert response.object.metadata.name == "cm"
    assert server.store is before


def test_a_typed_body_of_another_kind_is_a_mistake(server, config_map):
    """A component that sends one kind to where another belongs is wrong itself."""
    made = server.make(config_map())
    with pytest.raises(MisuseError, match="a ConfigMap was sent to where a Secret belongs"):
        server.ask(Verb.CREATE, "Secret", body=made)


def test_the_namespace_of_what_has_none_does_not_matter(server):
    """A request for an object of cluster scope finds it from everywhere."""
    assert server.ask(Verb.GET, "Namespace", "default").code == 200
    assert server.send(Request(verb=Verb.GET, key=ObjectKey("Namespace", "shop", "default"))).code == 200


def test_what_is_not_served_is_not_found(server):
    """A kind or subresource that does not exist is a 404, a verb that a resource lacks a 405."""
    assert server.ask(Verb.GET, "Unicorn", "u").code == 404
    assert server.ask(Verb.GET, "ConfigMap", "c", subresource="status").code == 404
    assert server.ask(Verb.UPDATE, "Pod", "p", subresource="binding").code == 405
    assert server.ask(Verb.DELETE, "Pod", "p", subresource="status").code == 405
    assert server.ask(Verb.DELETE_COLLECTION, "Namespace").code == 405
    assert server.ask(Verb.CREATE, "ConfigMap").code == 400
