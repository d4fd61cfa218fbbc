"""delete: grace, finalizers, propagation policies, preconditions, collections, namespaces."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import to_wire
from kcore.api.core.binding import Binding
from kcore.api.core.references import ObjectReference
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.apiserver.request import Verb

START = 946_684_800


def bind(server, name, node="n1"):
    binding = Binding(metadata=ObjectMeta(name=name, namespace="default"), target=ObjectReference(name=node))
    assert server.ask(Verb.CREATE, "Pod", name, subresource="binding", body=binding).code == 201


@pytest.fixture
def running(server, pod):
    """The server, with the pod p bound to a node and running, and 30 seconds of grace."""
    server.make(pod)
    bind(server, "p")
    server.merge("Pod", "p", {"status": {"phase": "Running"}}, subresource="status")
    return server


def test_a_delete_removes_the_object(server, config_map):
    """Without grace and finalizers an object is gone at once, and the answer shows it as it was last."""
    server.make(config_map(data={"a": "b"}))
    response = server.delete("ConfigMap", "cm")

    assert response.code == 200
    assert response.object.data == {"a": "b"}
    assert server.get("ConfigMap", "cm") is None
    assert server.delete("ConfigMap", "cm").code == 404


def test_a_running_pod_is_marked_and_left_to_the_kubelet(running):
    """A bound pod stays for its grace period: the mark is the time at which it ends, and the generation rises."""
    response = running.delete("Pod", "p")
    metadata = running.get("Pod", "p").metadata

    assert response.code == 200
    assert metadata.deletion_timestamp == START + 30
    assert metadata.deletion_grace_period_seconds == 30
    assert metadata.generation == 2


@pytest.mark.parametrize(
    ("requested", "after"),
    [
        pytest.param(None, 30, id="nothing said changes nothing"),
        pytest.param(60, 30, id="longer changes nothing"),
        pytest.param(30, 30, id="as long changes nothing"),
        pytest.param(10, 10, id="shorter shortens"),
        pytest.param(-5, 1, id="less than nothing is one second"),
        pytest.param(0, None, id="none removes"),
    ],
)
def test_a_second_delete_can_only_shorten_the_grace(running, requested, after):
    """Who deletes again can hurry the end, not put it off."""
    running.delete("Pod", "p")
    before = running.store
    running.now += 3_000
    running.delete("Pod", "p", grace_period_seconds=requested)
    found = running.get("Pod", "p")

    assert (found.metadata.deletion_grace_period_seconds if found else None) == after
    if found:
        assert found.metadata.deletion_timestamp == START + after
        assert found.metadata.generation == 2
    if after == 30:
        assert running.store is before


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_finished_goes_at_once(running, phase):
    """There is nothing to stop in a pod that has ended."""
    running.merge("Pod", "p", {"status": {"phase": phase}}, subresource="status")
    running.delete("Pod", "p", grace_period_seconds=60)

    assert running.get("Pod", "p") is None


def test_a_pod_that_is_not_bound_goes_at_once(server, pod):
    """There is no kubelet to wait for."""
    server.make(pod)
    server.delete("Pod", "p")

    assert server.get("Pod", "p") is None


def test_a_delete_without_grace_shows_the_mark_before_the_end(running):
    """A watcher of a forced deletion sees the pod marked, then gone: two revisions, as upstream."""
    before = running.store.revision
    running.delete("Pod", "p", grace_period_seconds=0)
    changes = running.store.changes_since(before)

    assert [change.type.value for change in changes] == ["MODIFIED", "DELETED"]
    assert changes[0].new.metadata.deletion_grace_period_seconds == 0


def test_finalizers_hold_the_object(server, config_map):
    """An object with finalizers is marked, and goes with the update that takes the last of them."""
    server.make(config_map(finalizers=["example.com/a", "example.com/b"]))
    server.delete("ConfigMap", "cm")
    metadata = server.get("ConfigMap", "cm").metadata

    assert (metadata.deletion_timestamp, metadata.deletion_grace_period_seconds) == (START, 0)

    server.merge("ConfigMap", "cm", {"metadata": {"finalizers": ["example.com/b"]}})

    assert server.get("ConfigMap", "cm") is not None

    response = server.merge("ConfigMap", "cm", {"metadata": {"finalizers": None}})

    assert response.code == 200
    assert server.get("ConfigMap", "cm") is None


def test_taking_the_last_finalizer_of_a_living_object_keeps_it(server, config_map):
    """Finalizers hold nothing that nobody deletes."""
    server.make(config_map(finalizers=["example.com/a"]))
    server.merge("ConfigMap", "cm", {"metadata": {"finalizers": None}})

    assert server.get("ConfigMap", "cm") is not None


def test_a_pod_with_a_finalizer_waits_for_both_grace_and_finalizer(server, pod):
    """The kubelet's delete ends the grace, and the finalizer still holds the pod."""
    pod["metadata"]["finalizers"] = ["example.com/a"]
    server.make(pod)
    bind(server, "p")
    server.delete("Pod", "p")
    server.merge("Pod", "p", {"metadata": {"finalizers": None}})

    assert server.get("Pod", "p") is not None

    server.delete("Pod", "p", grace_period_seconds=0)

    assert server.get("Pod", "p") is None


@pytest.mark.parametrize(
    ("policy", "finalizers"),
    [
        pytest.param("Foreground", ["foregroundDeletion"], id="foreground waits for dependents"),
        pytest.param("Orphan", ["orphan"], id="orphan waits for the dependents to be let go"),
    ],
)
def test_a_propagation_policy_is_a_finalizer(server, deployment, policy, finalizers):
    """What is to become of dependents stands on the object until the garbage collector has seen to it."""
    server.make(deployment)
    server.delete("Deployment", "web", propagation_policy=policy)
    metadata = server.get("Deployment", "web").metadata

    assert list(metadata.finalizers) == finalizers
    assert metadata.deletion_timestamp == START
    assert metadata.generation == 2


def test_in_the_background_nothing_waits(server, deployment):
    """By default the owner goes at once, and its dependents after it."""
    server.make(deployment)
    server.delete("Deployment", "web")

    assert server.get("Deployment", "web") is None


def test_a_later_policy_replaces_an_earlier_one(server, deployment):
    """Who deletes again may change the policy."""
    server.make(deployment)
    server.delete("Deployment", "web", propagation_policy="Foreground")
    server.delete("Deployment", "web", propagation_policy="Orphan")

    assert list(server.get("Deployment", "web").metadata.finalizers) == ["orphan"]


def test_a_job_leaves_its_pods_by_default(server):
    """batch/v1 orphans what a delete does not speak of, for old clients' sake."""
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}
    server.make({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"template": template}})
    server.delete("Job", "j")

    assert list(server.get("Job", "j").metadata.finalizers) == ["orphan"]


def test_a_policy_that_does_not_exist_is_invalid(server, deployment):
    """The propagation policy is one of three."""
    server.make(deployment)

    assert server.delete("Deployment", "web", propagation_policy="Sideways").code == 422


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"uid": "other"}, "the UID in the precondition", id="another object"),
        pytest.param({"resource_version": "1"}, "the ResourceVersion in the precondition", id="another version"),
    ],
)
def test_preconditions_must_hold(server, config_map, options, words):
    """A delete of what is meant to be another object or version is a conflict."""
    made = server.make(config_map())
    response = server.delete("ConfigMap", "cm", **options)

    assert (response.code, response.reason) == (409, "Conflict")
    assert words in response.status.message
    assert server.delete("ConfigMap", "cm", uid=made.metadata.uid).code == 200


def test_a_collection_goes_by_selector(server, config_map):
    """A collection delete takes what the selectors match."""
    for name in ("a", "b", "c"):
        server.make(config_map(name, labels={"keep": str(name == "b").lower()}))
    response = server.ask(Verb.DELETE_COLLECTION, "ConfigMap", label_selector="keep=false")

    assert [obj.metadata.name for obj in response.items] == ["a", "c"]
    assert [obj.metadata.name for obj in server.ask(Verb.LIST, "ConfigMap").items] == ["b"]


def test_a_collection_stops_at_the_first_refusal(server, config_map):
    """A precondition that one object does not meet ends the delete there; what went before is gone."""
    made = server.make(config_map("a"))
    server.make(config_map("b"))
    response = server.ask(Verb.DELETE_COLLECTION, "ConfigMap", uid=made.metadata.uid)

    assert response.code == 409
    assert server.get("ConfigMap", "a") is None
    assert server.get("ConfigMap", "b") is not None


def test_a_namespace_is_terminating_until_it_is_finalized(server):
    """The finalizer in the spec of a namespace holds it; the finalize subresource lets it go."""
    server.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    server.delete("Namespace", "shop")
    found = server.get("Namespace", "shop")

    assert found.status.phase == "Terminating"
    assert found.metadata.deletion_timestamp == START

    freed = attrs.evolve(found, spec=attrs.evolve(found.spec, finalizers=()))
    response = server.ask(Verb.UPDATE, "Namespace", "shop", subresource="finalize", body=freed)

    assert response.code == 200
    assert server.get("Namespace", "shop") is None


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_some_namespaces_stay(server, name):
    """Nobody deletes the namespaces that the system lives in."""
    assert server.delete("Namespace", name).code == 403


def test_a_dry_run_of_a_delete_leaves_the_object(server, config_map):
    """The answer is that of the delete, and nothing happened."""
    server.make(config_map())

    assert server.delete("ConfigMap", "cm", dry_run=True).code == 200
    assert to_wire(server.get("ConfigMap", "cm"))["metadata"]["name"] == "cm"
