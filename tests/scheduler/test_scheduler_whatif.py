"""What the scheduler would say of a pod, asked from the command line."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from kcore.cli.main import main


def node(name, cpu="1"):
    return {"name": name, "capacity": {"cpu": cpu, "memory": "1Gi", "pods": "10"}}


def pod(name, cpu, priority):
    resources = {"requests": {"cpu": cpu}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"priorityClassName": priority, "containers": [{"name": "c", "image": "i", "resources": resources}]},
    }


def level(name, value):
    kind = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
    return {**kind, "metadata": {"name": name}, "value": value, "preemptionPolicy": "PreemptLowerPriority"}


@pytest.fixture
def scenario(tmp_path):
    """One node that is full, one that is cordoned, and a pod that finds no place."""
    steps = [
        {"apply": [level("low", 1), level("same", 1), pod("a", "800m", "low")]},
        {"settle": {"quiet": 2}},
        {"apply": [pod("b", "700m", "same")]},
        {"settle": {"quiet": 2}},
    ]
    text = {"apiVersion": "kcore/v1", "kind": "Scenario", "metadata": {"name": "s"}, "nodes": [node("n1")]}
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump({**text, "steps": steps}), encoding="utf-8")
    return str(path)


def explained(*arguments):
    return CliRunner().invoke(main, ["explain-scheduling", *arguments])


def test_a_pod_without_a_place_is_told_which_filter_says_no(scenario):
    """The filter, its code and its reason, and the message of the condition."""
    found = explained("b", scenario)

    assert found.exit_code == 0
    assert "Pod/b: 0 of 1 nodes fit" in found.output.replace("Pod/default/b", "Pod/b")
    assert "n1     NodeResourcesFit   Unschedulable   Insufficient cpu" in found.output
    assert "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod." in found.output


def test_a_pod_with_a_place_is_told_how_its_node_scores(scenario):
    """As if it were not there."""
    found = json.loads(explained("a", scenario, "--output", "json").output)

    assert found["best"] == ["n1"]
    assert found["nodes"][0]["total"] == sum(found["nodes"][0]["scores"].values())


def test_a_pod_that_is_not_there_is_bad_input(scenario):
    """The pods that are there are named."""
    found = explained("nobody", scenario)

    assert found.exit_code == 2
    assert "expected one of the pods there: a, b" in found.output
