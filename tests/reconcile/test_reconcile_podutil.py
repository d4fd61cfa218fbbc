"""Pods as controllers see them, and pods made from templates."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.convert import structure
from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.apiserver.store import EMPTY
from kcore.client.view import View
from kcore.reconcile.ownership import controller_ref
from kcore.reconcile.podutil import (
    is_pod_active,
    is_pod_available,
    is_pod_ready,
    is_pod_terminating,
    next_available_at,
    pod_from_template,
    ready_since,
)

NOW = 946_684_800


def pod(phase="Running", *, ready=None, since=None, deleted=False):
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": since}
    metadata = {"name": "p", "deletionTimestamp": "2000-01-01T00:00:00Z" if deleted else None}
    status = {"phase": phase, "conditions": [condition] if ready else []}
    return structure(Pod, {"metadata": metadata, "status": status})


def elapsed_at(seconds):
    return View(EMPTY, seconds * 1000).elapsed


@pytest.mark.parametrize(
    ("phase", "deleted", "active", "terminating"),
    [
        pytest.param("Pending", False, True, False, id="a pending pod is active"),
        pytest.param("Running", False, True, False, id="a running pod is active"),
        pytest.param("Unknown", False, True, False, id="so is one that nobody hears of"),
        pytest.param("Succeeded", False, False, False, id="one that has succeeded is neither"),
        pytest.param("Failed", False, False, False, id="nor is one that has failed"),
        pytest.param("Running", True, False, True, id="one that is being deleted terminates"),
        pytest.param("Failed", True, False, False, id="but not when it has come to its end"),
    ],
)
def test_a_pod_is_active_or_terminating_or_neither(phase, deleted, active, terminating):
    """Phase and deletion timestamp decide."""
    found = pod(phase, deleted=deleted)

    assert (is_pod_active(found), is_pod_terminating(found)) == (active, terminating)


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        pytest.param(None, False, id="without the condition it is not"),
        pytest.param("False", False, id="nor when it is False"),
        pytest.param("Unknown", False, id="nor when nobody knows"),
        pytest.param("True", True, id="when it is True it is"),
    ],
)
def test_a_pod_is_ready_by_its_condition(status, ready):
    """The condition Ready decides, whatever the phase."""
    found = pod("Pending", ready=status, since="1999-12-31T23:59:50Z")

    assert is_pod_ready(found) is ready
    assert ready_since(found) == (NOW - 10 if ready else None)


@pytest.mark.parametrize(
    ("since", "wait", "available"),
    [
        pytest.param("1999-12-31T23:59:50Z", 0, True, id="without a wait it is at once"),
        pytest.param("1999-12-31T23:59:50Z", 11, False, id="a second short is not enough"),
        pytest.param("1999-12-31T23:59:50Z", 10, True, id="to the second is"),
        pytest.param(None, 0, True, id="without a wait nobody asks since when"),
        pytest.param(None, 1, False, id="one that does not say since when never is"),
    ],
)
def test_a_ready_pod_is_available_after_its_wait(since, wait, available):
    """`min_ready_seconds` counts from the condition's last transition."""
    assert is_pod_available(pod(ready="True", since=since), wait, elapsed_at(NOW)) is available


def test_a_pod_that_is_not_ready_is_not_available():
    """However long ago it ceased to be."""
    assert not is_pod_available(pod(ready="False", since="1999-01-01T00:00:00Z"), 1, elapsed_at(NOW))


def test_the_next_check_is_when_the_first_of_those_not_yet_available_will_be():
    """Those that are available, and those that do not say since when, don't count."""
    since = (NOW - 30, NOW - 10, NOW - 5, NOW - 4, None)

    assert next_available_at(since, 10, elapsed_at(NOW)) == (NOW + 5) * 1000
    assert next_available_at(since[:2], 10, elapsed_at(NOW)) is None


def test_a_pod_is_made_from_the_template_of_its_owner():
    """Labels, annotations, finalizers and spec are the template's; the name is the API server's to complete."""
    wire = {
        "metadata": {
            "name": "ignored",
            "labels": {"app": "web"},
            "annotations": {"note": "x"},
            "finalizers": ["example.com/hold"],
        },
        "spec": {"nodeName": "n1", "containers": [{"name": "c"}]},
    }
    owner = ReplicaSet(metadata=ObjectMeta(name="web", namespace="shop", uid="u1"))
    template = structure(PodTemplateSpec, wire)

    made = pod_from_template(template, owner, controller_ref(owner))

    expected = attrs.evolve(
        template.metadata,
        name="",
        namespace="shop",
        generate_name="web-",
        owner_references=(controller_ref(owner),),
    )
    assert made == Pod(metadata=expected, spec=template.spec)


@pytest.mark.parametrize(
    ("length", "dashed"),
    [
        pytest.param(252, True, id="a dash that fits is there"),
        pytest.param(253, False, id="one that does not is left out"),
    ],
)
def test_the_prefix_of_the_name_ends_in_a_dash_where_there_is_room(length, dashed):
    """A name has at most 253 characters."""
    owner = ReplicaSet(metadata=ObjectMeta(name="a" * length, uid="u1"))

    made = pod_from_template(owner.spec.template, owner, controller_ref(owner))

    assert made.metadata.generate_name == "a" * length + "-" * dashed
