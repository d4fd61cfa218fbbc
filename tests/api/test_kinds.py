"""The table of kinds, held against the published field table and against what kubectl accepts."""

from __future__ import annotations

import re

import pytest

from kcore.api import fields
from kcore.api.apps.deployment import Deployment
from kcore.api.autoscaling.scale import Scale
from kcore.api.core.event import Event
from kcore.api.core.pod import Pod
from kcore.api.kinds import KINDS, REQUEST_KINDS, by_name, class_kind, custom_kind, key_kind, key_of, kind_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject, ObjectKey, OpaqueObject
from kcore.errors import MisuseError

ALL = (*KINDS, *REQUEST_KINDS)
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "kafkas.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Kafka", "plural": "kafkas", "shortNames": ["kk"]},
        "versions": [
            {"name": "v1", "served": True, "storage": False},
            {"name": "v2", "served": True, "storage": True, "subresources": {"status": {}, "scale": {}}},
        ],
    },
}


def test_every_stable_kind_of_the_published_schemas_is_in_the_table():
    """The table has the kinds that the schemas have in stable versions, no more and no fewer."""
    published = {
        (version, kind)
        for version, kind in fields.kinds()
        if re.fullmatch(r"(.*/)?v\d+", version) and "metadata" in fields.type_of(version, kind).fields
    }
    objects = {
        (version, kind)
        for version, kind in published
        if fields.type_of(version, kind).fields["metadata"].type.struct == "meta.v1.ObjectMeta"
    }

    assert {(kind.api_version, kind.kind) for kind in ALL} == objects


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.api_version} {kind.kind}")
def test_scope_and_status_agree_with_the_published_schemas(kind):
    """A kind is namespaced where the schemas say so, and one with a status subresource has a status."""
    assert kind.namespaced == fields.kind_info(kind.api_version, kind.kind).namespaced
    if "status" in kind.subresources:
        assert "status" in fields.type_of(kind.api_version, kind.kind).fields


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.api_version} {kind.kind}")
def test_a_kind_is_found_by_what_its_objects_say(kind):
    """What an object says of itself leads to the one entry of the table, and a class leads back to it."""
    assert kind_of(kind.api_version, kind.kind) is kind
    if kind.cls:
        assert class_kind(kind.cls) is kind


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Deployment", "apps/v1 Deployment", id="a kind"),
        pytest.param("deployment", "apps/v1 Deployment", id="a singular"),
        pytest.param("DEPLOYMENTS", "apps/v1 Deployment", id="a plural, in any case"),
        pytest.param("deploy", "apps/v1 Deployment", id="a short name"),
        pytest.param("deployments.apps", "apps/v1 Deployment", id="a plural with its group"),
        pytest.param("deployments.v1.apps", "apps/v1 Deployment", id="a plural with version and group"),
        pytest.param("po", "v1 Pod", id="a short name of core"),
        pytest.param("pods.v1.", "v1 Pod", id="a plural with version and no group"),
        pytest.param("ev", "v1 Event", id="events are those of core"),
        pytest.param("events.events.k8s.io", "events.k8s.io/v1 Event", id="the other events by their group"),
        pytest.param("hpa", "autoscaling/v2 HorizontalPodAutoscaler", id="the preferred version comes first"),
        pytest.param("hpa.v1.autoscaling", "autoscaling/v1 HorizontalPodAutoscaler", id="the other version by name"),
        pytest.param("netpol", "networking.k8s.io/v1 NetworkPolicy", id="a plural that is not the kind with an s"),
        pytest.param("ep", "v1 Endpoints", id="a singular that is a plural"),
        pytest.param("crds", "apiextensions.k8s.io/v1 CustomResourceDefinition", id="a second short name"),
    ],
)
def test_kinds_are_found_by_the_names_people_use(name, expected):
    """A name means what kubectl takes it for."""
    kind = by_name(name)

    assert f"{kind.api_version} {kind.kind}" == expected


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("gizmo", id="a word that is no kind"),
        pytest.param("", id="nothing"),
        pytest.param("deployments.batch", id="a kind in a group that does not have it"),
    ],
)
def test_other_names_find_nothing(name):
    """A name that nothing is called by gives None."""
    assert by_name(name) is None


def test_unknown_kinds_and_classes():
    """A kind outside the table is None; a class that stands for no kind is a misuse."""
    assert kind_of("apps/v1beta1", "Deployment") is None
    assert kind_of("v1", "Deployment") is None
    with pytest.raises(MisuseError, match="OpaqueObject"):
        class_kind(OpaqueObject)


@pytest.mark.parametrize(
    ("obj", "key"),
    [
        pytest.param(Pod(metadata=ObjectMeta(name="a", namespace="n")), ("Pod", "n", "a"), id="a typed object"),
        pytest.param(Event(metadata=ObjectMeta(name="a")), ("Event", "", "a"), id="the event of core"),
        pytest.param(
            OpaqueObject(api_version="events.k8s.io/v1", kind="Event"), ("Event.events.k8s.io", "", ""), id="the other"
        ),
        pytest.param(OpaqueObject(api_version="batch/v1", kind="Job"), ("Job", "", ""), id="a kind without a class"),
        pytest.param(
            OpaqueObject(api_version="example.com/v2", kind="Kafka"), ("Kafka.example.com", "", ""), id="a custom kind"
        ),
        pytest.param(
            OpaqueObject(api_version="example.com/v2", kind="Pod"),
            ("Pod.example.com", "", ""),
            id="a custom kind with the name of a built-in",
        ),
    ],
)
def test_keys(obj, key):
    """The key has the plain kind where the built-in of that name is meant, and the group's name too otherwise."""
    assert key_of(obj) == ObjectKey(*key)


def test_an_object_of_no_kind_has_no_key():
    """A bare ApiObject is a misuse."""
    with pytest.raises(MisuseError, match="ApiObject"):
        key_of(ApiObject())


def test_no_two_stored_resources_share_a_key():
    """The keys' kinds of two resources differ; two versions of one resource share theirs."""
    keys = {}
    for kind in KINDS:
        keys.setdefault(key_kind(kind), set()).add(kind.resource)

    assert [resources for resources in keys.values() if len(resources) > 1] == []


def test_a_custom_kind_is_what_its_definition_says():
    """Group, names, scope, storage version and subresources are those of the definition."""
    kind = custom_kind(CRD)

    assert (kind.api_version, kind.kind, kind.resource) == ("example.com/v2", "Kafka", "kafkas.example.com")
    assert (kind.singular, kind.short_names, kind.namespaced) == ("kafka", ("kk",), True)
    assert kind.subresources == {"status", "scale"}
    assert kind.has_generation
    assert key_kind(kind) == "Kafka.example.com"


def test_generations_are_counted_for_workloads_and_not_for_data():
    """What the API server counts generations for, as it was recorded from Kubernetes 1.36."""
    counted = {
        "Pod Deployment ReplicaSet StatefulSet DaemonSet Job CronJob PodDisruptionBudget": True,
        "Ingress NetworkPolicy PriorityClass": True,
        "ConfigMap Secret Service Node Namespace PersistentVolume PersistentVolumeClaim Lease": False,
        "LimitRange ResourceQuota StorageClass HorizontalPodAutoscaler": False,
    }

    assert {name: by_name(name).has_generation for names in counted for name in names.split()} == {
        name: generation for names, generation in counted.items() for name in names.split()
    }


def test_kinds_of_requests_are_not_stored():
    """A Scale is the body of a request: it has a kind and is in no store."""
    assert class_kind(Scale) in REQUEST_KINDS
    assert class_kind(Deployment) in KINDS
