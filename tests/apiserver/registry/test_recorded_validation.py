"""Creations recorded on the real API server: which kinds agree in full."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from kcore.conformance.agree import agrees
from kcore.conformance.kinds import validation
from kcore.conformance.vectors import Case, read_vectors

VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "validation.jsonl.gz"

AGREE_IN_FULL = (
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "Ingress",
    "Lease",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PriorityClass",
    "ReplicaSet",
    "ResourceQuota",
    "Secret",
    "StatefulSet",
    "StorageClass",
)


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    """The recorded cases by kind."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in read_vectors(VECTORS):
        found[case.input["object"].get("kind", "")].append(case)
    return found


def differing(cases: list[Case]) -> list[str]:
    """Return the ids of the cases that the model answers differently."""
    return [case.id for case in cases if not agrees("validation", case.expect, validation.predict(case.input))]


@pytest.mark.parametrize("kind", AGREE_IN_FULL)
def test_every_recorded_creation_gets_the_real_answer(cases, kind):
    """Defaults, codes, reasons and causes are those of the real API server."""
    assert cases[kind]

    assert differing(cases[kind]) == []


@pytest.mark.parametrize("kind", ["PersistentVolume", "Job", "LimitRange"])
def test_elsewhere_only_the_recorders_clock_and_dice_differ(cases, kind):
    """An accepted volume tells the second of its creation, a Job and a nameless LimitRange tell their uid."""
    differ = set(differing(cases[kind]))

    assert differ <= {case.id for case in cases[kind] if case.expect["code"] == 201}
    assert all(unknowable(case) == (case.id in differ) for case in cases[kind])


def test_of_services_only_what_a_dry_run_leaves_open_differs(cases):
    """The recorder's dry runs did not ask whether a node port is in the range."""
    assert all("NodePort" in str(case.input) for case in cases["Service"] if case.id in differing(cases["Service"]))
    assert len(differing(cases["Service"])) <= 1


def unknowable(case: Case) -> bool:
    """Tell whether a recorded object holds a time or a uid that no input tells."""
    stored, sent = case.expect.get("object"), case.input["object"]
    if stored is None:
        return False
    timed = "lastPhaseTransitionTime" in stored.get("status", {})
    labelled = "controller-uid" in stored["metadata"].get("labels", {})
    return timed or labelled or stored["metadata"]["name"] != sent["metadata"].get("name")


def test_refusals_are_worded_as_recorded(cases):
    """Nine of ten messages agree to the letter; the others show Go's own types or its random order."""
    refused = [case for kind in AGREE_IN_FULL for case in cases[kind] if case.expect["code"] == 422]
    same = [case for case in refused if validation.predict(case.input)["message"] == case.expect["message"]]

    assert len(same) >= 0.9 * len(refused)
