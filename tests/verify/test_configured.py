"""The scheduler, descheduler and cluster autoscaler that a Check or a Scenario gives."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from kcore.cli.main import main
from kcore.machine import Outcome
from kcore.manifests.documents import read_documents
from kcore.verify.check import parse_check
from kcore.verify.judge import run_check
from kcore.verify.replay import replay_trace
from kcore.verify.run import run
from kcore.verify.scenario import parse_scenario
from kcore.verify.tracefile import parse_trace, trace_lines

SCHEDULER = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"}
PACK = [{"name": "NodeResourcesFit", "args": {"scoringStrategy": {"type": "MostAllocated"}}}]
PACKING = {**SCHEDULER, "profiles": [{"pluginConfig": PACK}]}
EVICTING = {
    "apiVersion": "descheduler/v1alpha2",
    "kind": "DeschedulerPolicy",
    "deschedulingInterval": "30s",
    "profiles": [{"name": "p", "plugins": {"deschedule": {"enabled": ["RemovePodsViolatingNodeTaints"]}}}],
}
GROUPS = {
    "scanInterval": "1s",
    "nodeGroups": [{"name": "g", "maxSize": 2, "capacity": {"cpu": "4", "memory": "8Gi", "pods": "10"}}],
}
ROOM = {"cpu": "4", "memory": "8Gi", "pods": "10"}
NODES = [{"name": "n1", "capacity": ROOM}, {"name": "n2", "capacity": ROOM}]


def pod(name, cpu="1"):
    containers = [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers}}


def deployment(**spec):
    containers = [{"name": "c", "image": "i"}]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers, **spec}}
    given = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": given}


def scenario(*objects, nodes=NODES, **more):
    steps = [{"apply": list(objects)}, {"settle": {"quiet": 2}}, {"wait": 60}]
    head = {"apiVersion": "kcore/v1", "kind": "Scenario", "metadata": {"name": "s"}}
    return {**head, "nodes": nodes, "steps": steps, **more}


def parsed(wire, parse=parse_scenario, file=""):
    document = read_documents(yaml.safe_dump(wire), file)[0]
    return parse(document.wire, document.place)


def last(wire):
    """The state at the end of a scenario."""
    return list(run(parsed(wire)))[-1].state


def placed(wire):
    return {one.metadata.name: one.spec.node_name for one in last(wire).store.list("Pod")}


def test_a_scenario_runs_with_the_scheduler_that_it_gives():
    """One that packs puts two pods on one node, the default one on two."""
    assert len(set(placed(scenario(pod("a"), pod("b"))).values())) == 2
    assert len(set(placed(scenario(pod("a"), pod("b"), scheduler=PACKING)).values())) == 1


def test_a_scenario_runs_with_the_descheduler_that_it_gives():
    """What was put on a tainted node by name is evicted, again and again."""
    nodes = [{**NODES[0], "taints": [{"key": "a", "effect": "NoSchedule"}]}]
    wire = scenario(deployment(nodeName="n1"), nodes=nodes)

    def evictions(given):
        log = last(given).store.changes_since(0) or ()
        return sum(change.key.kind == "Pod" and change.new is None for change in log)

    assert evictions(wire) == 0
    assert evictions({**wire, "descheduler": EVICTING}) == 2


def test_a_scenario_runs_with_the_cluster_autoscaler_that_it_gives():
    """Machines come for the pods that have no place, as many as the group has."""
    pods = [pod(name, "3") for name in "abcde"]
    found = placed(scenario(*pods, clusterAutoscaler=GROUPS))

    assert sorted(found.values()) == ["", "g-1", "g-2", "n1", "n2"]


def test_a_check_replays_with_the_scheduler_that_it_gives(tmp_path):
    """Its trace carries the configuration, from the file that the Check names."""
    (tmp_path / "packing.yaml").write_text(yaml.safe_dump(PACKING), encoding="utf-8")
    given = {"nodes": NODES, "manifests": [pod("a")], "scheduler": "packing.yaml"}
    head = {"apiVersion": "kcore/v1", "kind": "Check", "metadata": {"name": "c"}, "given": given}
    apart = "objects('Pod').filter(p, has(p.spec.nodeName) && p.spec.nodeName == 'n1').size() < 2"
    asked = [{"always": {"cel": apart, "named": "apart"}}]
    acts = [{"apply": [pod("b")]}]
    wire = {**head, "actions": acts, "properties": asked, "expect": "violated"}
    check = parsed(wire, parse_check, str(tmp_path / "check.yaml"))
    (answer,) = run_check(check).answers

    assert answer.outcome is Outcome.VIOLATED
    assert check.origin.plan.config.scheduler.value == PACKING
    again = replay_trace(parse_trace(trace_lines(answer.trace)))
    assert again.culprits is not None
    assert {one.spec.node_name for one in again.moments[-1].state.store.list("Pod")} <= {"n1", ""}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"scheduler": {**SCHEDULER, "profile": []}},
            ": Check/c: given.scheduler.profile: unknown field 'profile' (did you mean profiles?)",
            id="a misspelt field of a scheduler",
        ),
        pytest.param(
            {"descheduler": {**EVICTING, "kind": "Policy"}},
            ": Check/c: given.descheduler.kind: kind is 'Policy'; expected one of DeschedulerPolicy",
            id="another kind of a descheduler",
        ),
        pytest.param(
            {"clusterAutoscaler": {"nodeGroups": []}},
            ": Check/c: given.clusterAutoscaler.nodeGroups: there are no node groups; expected one or more",
            id="an autoscaler without groups",
        ),
        pytest.param(
            {"scheduler": 5},
            ": Check/c: given.scheduler: 5 stands here; expected an object, or the path of a file",
            id="a number",
        ),
        pytest.param(
            {"scheduler": "none.yaml"}, "none.yaml: No such file or directory; expected a file", id="no such file"
        ),
    ],
)
def test_what_is_given_wrongly_is_bad_input_of_the_check(given, message, tmp_path):
    """With the line in the Check."""
    head = {"apiVersion": "kcore/v1", "kind": "Check", "metadata": {"name": "c"}}
    wire = {**head, "given": {"nodes": NODES, **given}, "properties": [{"always": "every-pod-is-schedulable"}]}
    path = tmp_path / "check.yaml"
    path.write_text(yaml.safe_dump(wire), encoding="utf-8")
    found = CliRunner().invoke(main, ["check", str(path)])

    assert found.exit_code == 2
    assert "check.yaml:" in found.output
    assert message in found.output


@pytest.mark.parametrize(
    ("command", "words"),
    [
        pytest.param("run", "Pending", id="run"),
        pytest.param("check", "untolerated taint", id="check"),
        pytest.param("explain-scheduling", "untolerated taint", id="explain-scheduling"),
    ],
)
def test_each_command_takes_a_configuration_for_its_scheduler(command, words, tmp_path):
    """The pods of a cluster whose scheduler filters by nothing but room go where a taint would keep them off."""
    off = {"filter": {"disabled": [{"name": "TaintToleration"}]}}
    (tmp_path / "blind.yaml").write_text(yaml.safe_dump({**SCHEDULER, "profiles": [{"plugins": off}]}))
    tainted = {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}, "status": {"capacity": ROOM}}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, **tainted}
    path = tmp_path / "m.yaml"
    path.write_text(yaml.safe_dump_all([node, pod("p")]), encoding="utf-8")
    subject = ["p"] if command == "explain-scheduling" else []
    with_it = CliRunner().invoke(
        main, [command, *subject, str(path), "--scheduler-config", str(tmp_path / "blind.yaml")]
    )
    without = CliRunner().invoke(main, [command, *subject, str(path)])

    assert words in without.output
    assert words not in with_it.output


def test_a_run_of_manifests_takes_it_for_its_objects(tmp_path):
    """What machines read shows where the pods went."""
    (tmp_path / "packing.yaml").write_text(yaml.safe_dump(PACKING), encoding="utf-8")
    path = tmp_path / "s.yaml"
    path.write_text(yaml.safe_dump(scenario(pod("a"), pod("b"))), encoding="utf-8")
    found = CliRunner().invoke(
        main, ["run", str(path), "-o", "json", "--scheduler-config", str(tmp_path / "packing.yaml")]
    )
    settled = next(line for line in map(json.loads, found.output.splitlines()) if line["op"] == "settle")

    assert len({one["spec"]["nodeName"] for one in settled["objects"]["Pod"]}) == 1
