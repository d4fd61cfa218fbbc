"""Conditions that controllers set on pods, and the patch that does so."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.store import Store
from kcore.reconcile.podcondition import disruption_target, patch_status, with_condition

NOW, BEFORE = 2000, 1000


def make_pod(*conditions, phase="Running"):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "namespace": "default", "uid": "u", "generation": 3},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
            "status": {
                "phase": phase,
                "conditions": [
                    {"type": kind, "status": status, "lastTransitionTime": "1970-01-01T00:16:40Z"}
                    for kind, status in conditions
                ],
            },
        }
    )


@pytest.mark.parametrize(
    ("had", "set_to", "expected"),
    [
        pytest.param([("A", "True")], "True", [("A", "True", BEFORE), ("B", "True", NOW)], id="a new one goes last"),
        pytest.param(
            [("B", "False"), ("A", "True")], "True", [("B", "True", NOW), ("A", "True", BEFORE)], id="in place"
        ),
        pytest.param([("B", "True"), ("A", "True")], "True", None, id="one that says nothing new changes nothing"),
    ],
)
def test_a_condition_keeps_its_place_and_its_time_moves_with_its_status(had, set_to, expected):
    """The others stay as they are."""
    status = make_pod(*had).status
    new = with_condition(status, Condition(type="B", status=set_to), NOW)

    if expected is None:
        assert new is status
    else:
        assert [(one.type, one.status, one.last_transition_time) for one in new.conditions] == expected


def test_another_reason_alone_is_news_but_keeps_the_time():
    """Only a change of status is a transition."""
    status = make_pod(("A", "True")).status
    (new,) = with_condition(status, Condition(type="A", status="True", reason="Because"), NOW).conditions

    assert (new.reason, new.last_transition_time) == ("Because", BEFORE)


def test_the_patch_makes_the_status_what_it_is_to_be():
    """Phase and conditions in their order; what the pod has got meanwhile stays."""
    pod = make_pod(("Ready", "True"), ("A", "True"))
    wanted = with_condition(pod.status, disruption_target(pod, "Why", "So"), NOW)
    meanwhile = make_pod(("Ready", "False"), ("A", "True"))
    outcome = handle(Store.of([meanwhile]), patch_status(pod, wanted), Context(now=NOW * 1000))
    found = outcome.store.get(key_of(pod))

    assert [(one.type, one.status) for one in found.status.conditions] == [
        ("Ready", "False"),
        ("A", "True"),
        ("DisruptionTarget", "True"),
    ]
    assert found.status.conditions[2].observed_generation == 3
    assert found.status.phase == "Running"


def test_the_patch_never_reaches_another_pod_of_that_name():
    """It names the uid."""
    pod = make_pod()
    other = from_wire(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default", "uid": "other"}}
    )
    wanted = with_condition(pod.status, disruption_target(pod, "Why", "So"), NOW)

    assert not handle(Store.of([other]), patch_status(pod, wanted), Context(now=0)).response.ok
