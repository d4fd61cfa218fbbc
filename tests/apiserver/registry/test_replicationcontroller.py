"""What the API server does for ReplicationControllers and ControllerRevisions."""

from __future__ import annotations

import pytest

from kcore.apiserver.registry import controllerrevision, replicationcontroller

TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c", "image": "web:1"}]},
}


def controller(**spec):
    wire = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"template": TEMPLATE} | spec}
    replicationcontroller.default(wire)
    return wire


def causes(errors):
    return [(error.path, error.type.value) for error in errors]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, [], id="a template is enough"),
        pytest.param({"replicas": -1}, [("spec.replicas", "FieldValueInvalid")], id="its size is not below zero"),
        pytest.param(
            {"template": None},
            [("spec.selector", "FieldValueRequired"), ("spec.template", "FieldValueRequired")],
            id="without a template there is nothing to make",
        ),
        pytest.param(
            {"selector": {"app": "db"}},
            [("spec.template.metadata.labels", "FieldValueInvalid")],
            id="its pods have the labels that it selects",
        ),
        pytest.param(
            {"template": TEMPLATE | {"spec": TEMPLATE["spec"] | {"restartPolicy": "Never"}}},
            [("spec.template.spec.restartPolicy", "FieldValueNotSupported")],
            id="its pods run for ever",
        ),
    ],
)
def test_a_replication_controller_is_valid_or_not(spec, expected):
    """After its defaults were filled in."""
    assert causes(replicationcontroller.validate(controller(**spec))) == expected


def revision(number=1, **fields):
    return {
        "metadata": {"name": "web-1", "namespace": "default", "resourceVersion": "1"},
        "data": {"a": 1},
        "revision": number,
    } | fields


def test_the_data_of_a_revision_never_changes_and_its_number_may():
    """A rollback gives an old one the next number."""
    assert causes(controllerrevision.validate_update(revision(2), revision(1))) == []
    assert causes(controllerrevision.validate_update(revision(data={"a": 2}), revision())) == [
        ("data", "FieldValueInvalid")
    ]


def test_a_revision_has_data_and_a_number_from_zero_on():
    """Each is refused without."""
    assert causes(controllerrevision.validate(revision())) == []
    assert causes(controllerrevision.validate(revision(-1, data=None))) == [
        ("data", "FieldValueRequired"),
        ("revision", "FieldValueInvalid"),
    ]
