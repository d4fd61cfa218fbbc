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


@pytest.fixture
def crowded(tmp_path):
    """Three nodes, of which one is tainted and two are full until a pod makes room for itself."""
    nodes = [node("n1"), {**node("n2"), "taints": [{"key": "gpu", "effect": "NoSchedule"}]}, node("n3")]
    steps = [
        {"apply": [level("low", 1), level("high", 9), pod("a", "800m", "low"), pod("b", "800m", "low")]},
        {"settle": {"quiet": 2}},
        {"apply": [pod("big", "900m", "high")]},
        {"settle": {"quiet": 2}},
    ]
    text = {"apiVersion": "kcore/v1", "kind": "Scenario", "metadata": {"name": "s"}, "nodes": nodes, "steps": steps}
    path = tmp_path / "crowded.yaml"
    path.write_text(yaml.safe_dump(text), encoding="utf-8")
    return str(path)


SCHEDULER = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"}


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


def test_a_pod_that_makes_room_is_told_whom_it_would_send_away(crowded):
    """At the moment when it was first looked at; the nodes that preemption helps on, the chosen one first."""
    found = explained("big", crowded, "--at", "first")

    assert "Pod/big, now on n1: 0 of 3 nodes fit when it was first looked at" in found.output
    assert "n2     TaintToleration    UnschedulableAndUnresolvable   node(s) had untolerated taint(s)" in found.output
    assert "n1     Pod/a                   0                chosen" in found.output
    assert "n3     Pod/b                   0\n" in found.output


def test_a_pod_is_told_what_became_of_it(crowded):
    """In the order in which it happened."""
    told = [one["text"] for one in json.loads(explained("big", crowded, "--output", "json").output)["history"]]

    assert told[0].startswith("no node takes it: 0/3 nodes are available")
    assert told[1:3] == ["it is nominated for n1", "Pod/a is sent away from n1 for Pod/big"]
    assert told[-1] == "it is bound to n1"


def test_a_pod_that_is_gone_is_told_how_it_got_its_node(crowded):
    """Its past is in the log; at the end there is nothing to ask."""
    found = explained("a", crowded, "--at", "bound")
    late = explained("a", crowded)

    assert "Pod/a, gone by the end: 2 of 3 nodes fit just before it was bound" in found.output
    assert "Pod/a is sent away from n1 for Pod/big" in found.output
    assert (late.exit_code, "Pod/a is gone at the end of the run; expected --at bound" in late.output) == (2, True)


def test_the_scheduler_may_be_configured_by_a_file(crowded, tmp_path):
    """What it says of the pod is what that scheduler says, in a run by that scheduler."""
    path = tmp_path / "scheduler.yaml"
    disabled = {"filter": {"disabled": [{"name": "TaintToleration"}]}}
    path.write_text(yaml.safe_dump({**SCHEDULER, "profiles": [{"plugins": disabled}]}), encoding="utf-8")
    found = explained("big", crowded, "--at", "first", "--scheduler-config", str(path))

    assert "Pod/big, now on n3: 1 of 3 nodes fit" in found.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("kind: Pod", "kind is 'Pod'; expected one of KubeSchedulerConfiguration", id="another kind"),
        pytest.param("kind: A\n---\nkind: B", "there are 2 documents; expected one", id="two documents"),
        pytest.param(
            yaml.safe_dump({**SCHEDULER, "profile": []}),
            "scheduler.yaml:3: profile: unknown field 'profile' (did you mean profiles?)",
            id="a misspelt field",
        ),
        pytest.param(
            yaml.safe_dump({**SCHEDULER, "profiles": [{"schedulerName": "other"}]}),
            "Pod/b asks for the scheduler 'default-scheduler', which does not run; expected one of the profiles: other",
            id="the scheduler of others",
        ),
    ],
)
def test_a_wrong_configuration_is_bad_input(text, message, scenario, tmp_path):
    """With its file and line."""
    path = tmp_path / "scheduler.yaml"
    path.write_text(text, encoding="utf-8")
    found = explained("b", scenario, "--scheduler-config", str(path))

    assert found.exit_code == 2
    assert message in found.output


def test_a_check_is_asked_for_its_cluster_as_it_comes_up(tmp_path):
    """With the scheduler that the check names."""
    (tmp_path / "scheduler.yaml").write_text(yaml.safe_dump({**SCHEDULER, "profiles": [{"schedulerName": "mine"}]}))
    asked = {**pod("p", "100m", ""), "spec": {**pod("p", "100m", "")["spec"], "schedulerName": "mine"}}
    given = {"nodes": [node("n1")], "manifests": [asked], "scheduler": "scheduler.yaml"}
    check = {"apiVersion": "kcore/v1", "kind": "Check", "metadata": {"name": "c"}, "given": given}
    path = tmp_path / "check.yaml"
    path.write_text(yaml.safe_dump({**check, "properties": [{"always": "every-pod-is-schedulable"}]}), encoding="utf-8")

    assert "Pod/p, now on n1: 1 of 1 nodes fit" in explained("p", str(path)).output
