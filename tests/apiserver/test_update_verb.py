"""update and patch: optimistic concurrency, what no update changes, generations, writes that change nothing."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.apiserver.request import Verb


def with_data(obj, **data):
    return attrs.evolve(obj, data=FrozenMap(data))


def with_metadata(obj, **changes):
    return attrs.evolve(obj, metadata=attrs.evolve(obj.metadata, **changes))


def test_an_update_replaces_the_object(server, config_map):
    """The object is what the body says, under a new revision."""
    made = server.make(config_map(data={"a": "1"}))
    response = server.update(with_data(made, b="2"))

    assert response.code == 200
    assert response.object.data == {"b": "2"}
    assert int(response.object.metadata.resource_version) == server.store.revision


def test_an_update_of_an_old_version_is_a_conflict(server, config_map):
    """Who read before somebody else wrote has to read again."""
    made = server.make(config_map())
    server.update(with_data(made, a="1"))
    before = server.store
    response = server.update(with_data(made, a="2"))

    assert (response.code, response.reason) == (409, "Conflict")
    assert "the object has been modified" in response.status.message
    assert server.store is before


def test_an_update_without_a_version_is_taken_for_the_latest(server, config_map):
    """Leaving out the resource version overwrites whatever is there."""
    made = server.make(config_map())
    server.update(with_data(made, a="1"))

    assert server.update(with_metadata(with_data(made, a="2"), resource_version="")).object.data == {"a": "2"}


def test_an_update_of_another_object_of_the_name_is_a_conflict(server, config_map):
    """A uid in the body must be that of the object."""
    made = server.make(config_map())
    response = server.update(with_metadata(with_data(made, a="1"), uid="other", resource_version=""))

    assert (response.code, response.reason) == (409, "Conflict")
    assert "Precondition failed: UID" in response.status.message


def test_an_update_of_nothing_is_not_found(server, config_map):
    """There must be something to update, except of the kinds that an update creates."""
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}

    assert server.ask(Verb.UPDATE, "ConfigMap", "cm", body=config_map()).code == 404
    assert server.ask(Verb.UPDATE, "Lease", "l", body=lease).code == 201
    assert server.get("Lease", "l") is not None


def test_an_update_that_changes_nothing_makes_no_revision(server, config_map):
    """Writing what is there is granted and leaves the store the same."""
    made = server.make(config_map(data={"a": "1"}))
    before = server.store

    assert server.update(made).code == 200
    assert server.merge("ConfigMap", "cm", {"data": {"a": "1"}}).code == 200
    assert server.store is before


def test_names_in_body_and_request_must_agree(server, config_map):
    """A body that names another object than the request does is a 400."""
    server.make(config_map())
    response = server.ask(Verb.UPDATE, "ConfigMap", "cm", body=config_map("other"))

    assert (response.code, response.reason) == (400, "BadRequest")
    assert "the name of the object (other) does not match the name on the URL (cm)" in response.status.message


def test_birth_and_generation_are_not_the_clients(server, deployment):
    """Creation time, generation and deletion stay whatever an update says."""
    made = server.make(deployment)
    response = server.update(with_metadata(made, creation_timestamp=5, generation=40))

    assert response.object.metadata.creation_timestamp == made.metadata.creation_timestamp
    assert response.object.metadata.generation == 1


@pytest.mark.parametrize(
    ("patch", "generation"),
    [
        pytest.param({"spec": {"replicas": 5}}, 2, id="the spec counts"),
        pytest.param({"metadata": {"annotations": {"a": "b"}}}, 2, id="annotations of a Deployment count"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, 1, id="labels do not count"),
        pytest.param({"status": {"replicas": 4}}, 1, id="the status is left alone"),
    ],
)
def test_the_generation_counts_changes_of_what_is_desired(server, deployment, patch, generation):
    """A Deployment's generation rises with its spec and annotations only."""
    server.make(deployment)

    assert server.merge("Deployment", "web", patch).object.metadata.generation == generation


def test_the_main_resource_leaves_the_status_alone(server, deployment):
    """A status in an update or a patch of the object is not written."""
    made = server.make(deployment)
    changed = attrs.evolve(made, status=attrs.evolve(made.status, replicas=9))

    assert server.update(changed).object.status.replicas == 0
    assert server.merge("Deployment", "web", {"status": {"replicas": 9}}).object.status.replicas == 0


def test_a_selector_never_changes(server, deployment):
    """The selector of a Deployment is immutable: 422."""
    server.make(deployment)
    response = server.merge("Deployment", "web", {"spec": {"selector": {"matchLabels": {"app": "new"}}}})

    assert (response.code, response.reason) == (422, "Invalid")
    assert any(cause.field == "spec.selector" for cause in response.status.causes)


def test_a_patch_applies_to_whatever_is_there(server, config_map):
    """A patch without a resource version meets no conflict, one with an old version does."""
    made = server.make(config_map(data={"a": "1"}))
    server.merge("ConfigMap", "cm", {"data": {"b": "2"}})
    old = {"metadata": {"resourceVersion": made.metadata.resource_version}, "data": {"c": "3"}}

    assert server.merge("ConfigMap", "cm", old).reason == "Conflict"
    assert server.merge("ConfigMap", "cm", {"data": {"a": None}}).object.data == {"b": "2"}
    assert server.merge("ConfigMap", "none", {}).code == 404


def test_a_patched_object_must_still_decode(server, deployment):
    """A patch that makes nonsense of the object is refused as a body would be."""
    server.make(deployment)

    assert server.merge("Deployment", "web", {"spec": {"replicas": "many"}}).code == 400
    assert server.merge("Deployment", "web", {"spec": {"replicas": -1}}).code == 422
    assert server.merge("Deployment", "web", {"metadata": {"name": "other"}}).code == 400
    assert server.merge("Deployment", "web", {"sspec": {}}, strict=True).code == 400
    assert server.merge("Deployment", "web", {"sspec": {}}).code == 200


def test_a_strategic_patch_merges_containers_by_name(server, deployment):
    """A patch of one container leaves the others."""
    deployment["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "side:v1"})
    server.make(deployment)
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "app:v2"}]}}}}
    containers = server.strategic("Deployment", "web", patch).object.spec.template.spec.containers

    assert [(one.name, one.image) for one in containers] == [("c", "app:v2"), ("side", "side:v1")]


def test_finalizers_can_only_be_taken_away_once_deletion_has_begun(server, config_map):
    """New finalizers on an object that is going are a 422."""
    server.make(config_map(finalizers=["example.com/a"]))
    server.delete("ConfigMap", "cm")
    response = server.merge("ConfigMap", "cm", {"metadata": {"finalizers": ["example.com/a", "example.com/b"]}})

    assert response.code == 422
    assert "no new finalizers can be added if the object is being deleted" in response.status.message
