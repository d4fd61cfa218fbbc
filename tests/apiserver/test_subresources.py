"""status, scale and binding: parts of an object that are written apart."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.autoscaling.scale import Scale, ScaleSpec
from kcore.api.convert import to_wire
from kcore.api.core.binding import Binding
from kcore.api.core.references import ObjectReference
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.condition import Condition
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.apiserver.request import PatchType, Verb

START = 946_684_800


def with_status(obj, **changes):
    return attrs.evolve(obj, status=attrs.evolve(obj.status, **changes))


def with_metadata(obj, **changes):
    return attrs.evolve(obj, metadata=attrs.evolve(obj.metadata, **changes))


def binding(name="p", node="n1", **metadata):
    return Binding(
        metadata=ObjectMeta(name=name, namespace="default", **metadata), target=ObjectReference(kind="Node", name=node)
    )


def bind(server, body, name="p"):
    return server.ask(Verb.CREATE, "Pod", name, subresource="binding", body=body)


# status


def test_a_status_write_leaves_the_rest(server, deployment):
    """A write to the status subresource changes the status alone, and no generation."""
    made = server.make(deployment)
    changed = with_status(made, observed_generation=1, replicas=2)
    body = attrs.evolve(changed, spec=attrs.evolve(changed.spec, replicas=99))
    response = server.update(body, subresource="status")

    assert response.code == 200
    assert response.object.status.replicas == 2
    assert response.object.spec == made.spec
    assert response.object.metadata.generation == 1


def test_a_status_write_meets_conflicts(server, deployment):
    """The status of an old version is not written."""
    made = server.make(deployment)
    server.merge("Deployment", "web", {"spec": {"replicas": 3}})

    assert server.update(with_status(made, replicas=1), subresource="status").reason == "Conflict"


def test_a_deployments_status_write_takes_annotations_and_no_labels(server, deployment):
    """The controller writes the revision annotation with the status; labels stay."""
    made = server.make(deployment)
    body = with_metadata(made, annotations=FrozenMap({"revision": "1"}), labels=FrozenMap({"a": "b"}))
    metadata = server.update(body, subresource="status").object.metadata

    assert metadata.annotations == {"revision": "1"}
    assert metadata.labels == {}
    assert metadata.generation == 1


def test_a_pods_status_write_keeps_owners_and_class(server, pod):
    """Owners can't be changed by the way, and a status without a QoS class keeps it."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": "u"}
    pod["metadata"]["ownerReferences"] = [owner]
    made = server.make(pod)
    body = with_metadata(with_status(made, phase="Running", qos_class=""), owner_references=())
    found = server.update(body, subresource="status").object

    assert found.status.phase == "Running"
    assert found.status.qos_class == "BestEffort"
    assert found.metadata.owner_references == made.metadata.owner_references


def test_a_status_without_generations_keeps_those_observed(server, pod):
    """Old kubelets that know nothing of observed generations do not take them away."""
    made = server.make(pod)
    ready = Condition(type="Ready", status="True", observed_generation=1)
    seen = server.update(with_status(made, observed_generation=1, conditions=(ready,)), subresource="status").object
    unready = Condition(type="Ready", status="False")
    found = server.update(with_status(seen, observed_generation=0, conditions=(unready,)), subresource="status").object

    assert found.status.observed_generation == 1
    assert [(one.status, one.observed_generation) for one in found.status.conditions] == [("False", 1)]


def test_a_status_is_validated(server, pod):
    """What a status may not say is a 422."""
    made = server.make(pod)
    response = server.update(with_status(made, qos_class="Guaranteed"), subresource="status")

    assert response.code == 422
    assert [cause.field for cause in response.status.causes] == ["status.qosClass"]


def test_a_status_is_read_and_patched(server, deployment):
    """The subresource answers with the object, and takes both kinds of patches."""
    server.make(deployment)
    patch = {"status": {"replicas": 1}, "spec": {"replicas": 7}}
    merged = server.merge("Deployment", "web", patch, subresource="status").object
    condition = {"status": {"conditions": [{"type": "Available", "status": "True"}]}}
    patched = server.ask(
        Verb.PATCH, "Deployment", "web", subresource="status", body=condition, patch_type=PatchType.STRATEGIC
    ).object

    assert (merged.status.replicas, merged.spec.replicas) == (1, 2)
    assert [one.type for one in patched.status.conditions] == ["Available"]
    assert server.ask(Verb.GET, "Deployment", "web", subresource="status").object == patched
    assert server.merge("Deployment", "none", patch, subresource="status").code == 404


def test_a_budgets_status_needs_a_version(server):
    """The status of a disruption budget is only written by who knows the latest version."""
    wire = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "b"},
        "spec": {"minAvailable": 1, "selector": {}},
    }
    made = server.make(wire)
    blind = with_metadata(with_status(made, disruptions_allowed=1), resource_version="")

    assert server.update(blind, subresource="status").code == 422
    assert server.update(with_status(made, disruptions_allowed=1), subresource="status").code == 200


def test_a_kind_without_a_class_has_a_status_too(server):
    """The status of an object that is stored without rules is kept apart as well."""
    wire = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3},
    }
    server.make(wire)
    patch = {"spec": {"maxReplicas": 9}, "status": {"desiredReplicas": 2}}
    found = to_wire(server.merge("HorizontalPodAutoscaler", "h", patch, subresource="status").object)

    assert found["status"]["desiredReplicas"] == 2
    assert found["spec"]["maxReplicas"] == 3


# scale


def test_the_scale_is_a_view_of_the_size(server, deployment):
    """It has the object's name and version, its size and its selector as text."""
    made = server.make(deployment)
    scale = server.ask(Verb.GET, "Deployment", "web", subresource="scale").object

    assert (scale.metadata.name, scale.metadata.resource_version) == ("web", made.metadata.resource_version)
    assert (scale.spec.replicas, scale.status.replicas, scale.status.selector) == (2, 0, "app=web")


def test_writing_the_scale_changes_the_size(server, deployment):
    """The object has the new size and the next generation."""
    server.make(deployment)
    scale = Scale(metadata=ObjectMeta(name="web", namespace="default"), spec=ScaleSpec(replicas=5))
    response = server.ask(Verb.UPDATE, "Deployment", "web", subresource="scale", body=scale)
    found = server.get("Deployment", "web")

    assert (response.code, response.object.spec.replicas) == (200, 5)
    assert (found.spec.replicas, found.metadata.generation) == (5, 2)


def test_the_scale_can_be_patched(server, deployment):
    """A merge patch of the size alone."""
    server.make(deployment)
    response = server.merge("Deployment", "web", {"spec": {"replicas": 0}}, subresource="scale")

    assert response.code == 200
    assert server.get("Deployment", "web").spec.replicas == 0


def test_a_scale_meets_conflicts_and_limits(server, deployment):
    """A size below nothing is a 422, one from an old version a conflict, one of nothing a 404."""
    made = server.make(deployment)
    server.merge("Deployment", "web", {"spec": {"replicas": 3}})
    old = Scale(
        metadata=ObjectMeta(name="web", namespace="default", resource_version=made.metadata.resource_version),
        spec=ScaleSpec(replicas=4),
    )

    assert server.merge("Deployment", "web", {"spec": {"replicas": -1}}, subresource="scale").code == 422
    assert server.ask(Verb.UPDATE, "Deployment", "web", subresource="scale", body=old).reason == "Conflict"
    assert server.ask(Verb.GET, "Deployment", "none", subresource="scale").code == 404
    assert server.ask(Verb.GET, "Pod", "p", subresource="scale").code == 404


# binding


def test_a_binding_puts_the_pod_on_the_node(server, pod):
    """Node name and condition are set; the generation stays."""
    server.make(pod)
    response = bind(server, binding())
    found = server.get("Pod", "p")

    assert response.code == 201
    assert found.spec.node_name == "n1"
    assert found.metadata.generation == 1
    assert [(one.type, one.status, one.last_transition_time) for one in found.status.conditions] == [
        ("PodScheduled", "True", START)
    ]


def test_a_binding_ends_what_waiting_left_behind(server, pod):
    """The condition that said why not is overwritten in its place, and the nomination is gone."""
    made = server.make(pod)
    waiting = Condition(
        type="PodScheduled", status="False", reason="Unschedulable", message="no", last_transition_time=1
    )
    server.update(with_status(made, conditions=(waiting,), nominated_node_name="n2"), subresource="status")
    bind(server, binding())
    status = server.get("Pod", "p").status

    assert status.nominated_node_name == ""
    assert status.conditions == (Condition(type="PodScheduled", status="True", last_transition_time=START),)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        pytest.param(binding(uid="other"), 409, "Precondition failed: UID", id="another pod"),
        pytest.param(binding(resource_version="1"), 409, "resourceVersion in precondition", id="another version"),
        pytest.param(binding("q"), 400, "does not match the name on the URL", id="another name"),
        pytest.param(binding(node=""), 500, "target.name: Required value", id="no node"),
        pytest.param(
            {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"kind": "Pod", "name": "x"}},
            500,
            "target.kind",
            id="not a node",
        ),
        pytest.param({"apiVersion": "v1", "kind": "Binding", "target": 5}, 400, "cannot unmarshal", id="not a binding"),
    ],
)
def test_a_binding_must_make_sense(server, pod, body, code, words):
    """A binding of another pod, or to nothing, is refused and changes nothing."""
    server.make(pod)
    before = server.store
    response = bind(server, body)

    assert response.code == code
    assert words in response.status.message
    assert server.store is before


def test_a_pod_is_bound_once(server, pod):
    """The second binding is a conflict that names the node of the first."""
    server.make(pod)
    bind(server, binding())
    response = bind(server, binding(node="n2"))

    assert (response.code, response.reason) == (409, "Conflict")
    assert response.status.message == (
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"'
    )


def test_gated_and_deleted_pods_are_not_bound(server, pod):
    """A pod waits for its gates, and does not start to run while it is being deleted."""
    pod["metadata"]["finalizers"] = ["example.com/a"]
    server.make(pod)
    server.delete("Pod", "p")
    gated = {**pod, "metadata": {"name": "g"}, "spec": {**pod["spec"], "schedulingGates": [{"name": "wait"}]}}
    server.make(gated)

    assert "is being deleted" in bind(server, binding()).status.message
    assert "non-empty .spec.schedulingGates" in bind(server, binding("g"), "g").status.message
    assert bind(server, binding("none"), "none").code == 404


def test_a_binding_brings_annotations_and_the_labels_of_the_place(server, pod):
    """Annotations of the binding and zone and region of the node come to the pod."""
    labels = {"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", "disk": "ssd"}
    server.make({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": labels}})
    server.make(pod)
    bind(server, binding(annotations=FrozenMap({"by": "me"})))
    metadata = server.get("Pod", "p").metadata

    assert metadata.annotations == {"by": "me"}
    assert metadata.labels == {"app": "web", "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r"}
