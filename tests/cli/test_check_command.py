"""`kcore check` and `kcore replay`: outputs, exit statuses, and traces that show in a fresh process what was found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from hypothesis import settings

from kcore.cli.main import main
from kcore.cluster.target import Target
from kcore.invariants.table import INVARIANTS
from kcore.machine import Kind
from kcore.manifests import load_text
from kcore.testing import cluster_machine, violation_of
from kcore.users.rollout import SetImage
from kcore.verify.asked import Asked, Statement
from kcore.verify.tracefile import TraceFile, write_trace

ROOT = Path(__file__).parents[2]
KCORE = Path(sys.executable).parent / "kcore"
PARTITION = ROOT / "specs" / "failures" / "statefulset" / "partition-and-forced-deletion.yaml"

WEAK = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:v1"}]}
"""


@pytest.fixture(scope="module")
def weak(tmp_path_factory):
    """A file with a weak Service."""
    path = tmp_path_factory.mktemp("weak") / "weak.yaml"
    path.write_text(WEAK)
    return path


def kcore(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(one) for one in arguments])


def fresh(*arguments):
    """Run the command in a process of its own."""
    return subprocess.run([str(KCORE), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)


def test_weak_manifests_are_told_with_table_story_and_mend(weak):
    """Exit status 1."""
    result = kcore("check", weak, "--nodes", 1)

    assert result.exit_code == 1
    assert "keeps an endpoint through a rollout of each workload" in result.stdout
    assert "kubectl set image deployment/web" in result.stdout
    assert "mend: " in result.stdout
    assert "RollingUpdate" in result.stdout


def test_a_check_that_comes_out_as_expected_is_no_failure():
    """A violation that was expected: exit status 0, with its story."""
    result = kcore("check", PARTITION)

    assert result.exit_code == 0
    assert "kubectl delete pod/db-0 --grace-period=0 --force" in result.stdout
    assert "0 not as expected" in result.stdout


def test_json_holds_everything(weak):
    """One object, with the traces."""
    answers = json.loads(kcore("check", weak, "--nodes", 1, "-o", "json").stdout)["reports"][0]["answers"]
    (rollout,) = [one for one in answers if one["rule"] == "endpoint-rollout"]

    assert rollout["verdict"] == "violated"
    assert rollout["line"] == 2
    assert rollout["trace"][0]["kind"] == "Trace"


def test_junit_has_a_case_for_each_question(weak):
    """A failure is a failed test."""
    suite = ET.fromstring(kcore("check", weak, "--nodes", 1, "-o", "junit").stdout)[0]  # noqa: S314 - our own

    assert int(suite.get("tests")) == len(suite)
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) > 0


def test_sarif_names_the_file_and_line(weak):
    """A code host shows the finding where its object stands."""
    log = json.loads(kcore("check", weak, "--nodes", 1, "-o", "sarif").stdout)
    places = [one["locations"][0]["physicalLocation"] for one in log["runs"][0]["results"] if "locations" in one]

    assert log["version"] == "2.1.0"
    assert {place["artifactLocation"]["uri"] for place in places} == {str(weak)}
    assert 2 in {place["region"]["startLine"] for place in places}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check", "no-such-file.yaml"], id="there is no such file"),
        pytest.param(["check", str(ROOT / "specs/core/node/node-deleted.yaml")], id="a Scenario is no Check"),
        pytest.param(["replay", str(ROOT / "README.md")], id="a text is no trace"),
    ],
)
def test_wrong_input_is_one_line_and_exit_status_2(arguments):
    """Never a traceback."""
    result = kcore(*arguments)

    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


# Traces


@pytest.fixture(scope="module")
def traces(weak):
    """The traces of the weak manifests' violations."""
    folder = weak.parent / "traces"
    kcore("check", weak, "--nodes", 1, "--traces", folder)
    return folder


def test_a_violation_of_a_standing_question_replays_in_a_fresh_process(traces):
    """Exit status 1, the story and the culprit."""
    result = fresh("replay", traces / "endpoint-rollout-service-default-web.jsonl")

    assert result.returncode == 1
    assert "no endpoint answers: Service/default/web" in result.stdout
    assert "kubectl set image" in result.stdout


def test_a_violation_that_a_search_found_replays_in_a_fresh_process(tmp_path):
    """The same identity on the same machines."""
    kcore("check", PARTITION, "--traces", tmp_path)

    result = fresh("replay", tmp_path / "at-most-one-running-pod-per-identity.jsonl")

    assert result.returncode == 1
    assert "it runs on n1 and on n2 at once: Pod/db-0" in result.stdout


def test_a_violation_that_a_walk_met_replays_in_a_fresh_process(tmp_path):
    """Random runs leave traces like any search."""
    check = tmp_path / "check.yaml"
    manifests = ["    - " + one.strip().replace("\n", "\n      ") for one in WEAK.split("---")]
    check.write_text(
        "apiVersion: kcore/v1\nkind: Check\nmetadata: {name: walk}\n"
        'given:\n  nodes: [{name: n1, capacity: {cpu: "4", memory: 8Gi, pods: "110"}}]\n  manifests:\n'
        + "\n".join(manifests)
        + "\nfaults: {nodeCrash: 1}\nproperties: [{always: {cel: \"size(endpoints('web')) >= 1\", named: served}}]\n"
        "search: {random: {runs: 20, steps: 50, seed: 3}}\nexpect: violated\n"
    )
    assert kcore("check", check, "--traces", tmp_path).exit_code == 0

    result = fresh("replay", tmp_path / "served.jsonl")

    assert result.returncode == 1
    assert "violated: served" in result.stdout


def test_a_violation_that_hypothesis_found_replays_in_a_fresh_process(tmp_path):
    """A shrunk counterexample of a state machine is written down as any trace."""
    name = "service-keeps-an-endpoint"
    target = Target(kind="Deployment", namespace="default", name="web")
    machine = cluster_machine(
        list(load_text(WEAK).objects),
        nodes=1,
        acts=[SetImage(target=target, image="web:v2")],
        laws=[INVARIANTS[name]],
    )
    violation = violation_of(machine, settings(max_examples=30, stateful_step_count=8, database=None, deadline=None))
    file = TraceFile(trace=violation.trace, asked=Asked(form=Kind.ALWAYS, condition=Statement(name=name)))
    write_trace(tmp_path / "trace.jsonl", file)

    result = fresh("replay", tmp_path / "trace.jsonl")

    assert result.returncode == 1
    assert f"violated: {name}: {violation.culprits}" in result.stdout


def test_a_trace_without_its_last_events_no_longer_breaks_anything(traces, tmp_path):
    """Exit status 0."""
    lines = (traces / "endpoint-rollout-service-default-web.jsonl").read_text().splitlines()
    (tmp_path / "short.jsonl").write_text("\n".join(lines[:2]))

    result = kcore("replay", tmp_path / "short.jsonl")

    assert result.exit_code == 0
    assert "no longer violated" in result.stdout


def test_a_trace_can_be_told_as_commands(traces):
    """What people can type, in order."""
    text = kcore("replay", traces / "endpoint-rollout-service-default-web.jsonl", "--as", "kubectl").stdout

    assert text.index("kubectl apply -f -") < text.index("kubectl set image deployment/web")


def test_a_trace_can_be_told_as_a_test_that_fails(traces, tmp_path):
    """As long as the property is violated."""
    text = kcore("replay", traces / "endpoint-rollout-service-default-web.jsonl", "--as", "pytest").stdout
    (tmp_path / "test_trace.py").write_text(text)

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "test_trace.py")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert result.returncode == 1
    assert "1 failed" in result.stdout
