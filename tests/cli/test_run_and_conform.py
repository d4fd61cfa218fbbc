"""The commands from end to end: what they print, and their exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from kcore.cli.main import main

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
SPECS = ROOT / "specs"
KCORE = Path(sys.executable).parent / "kcore"

FAILING = """
apiVersion: kcore/v1
kind: Scenario
metadata: {name: failing}
nodes: [{name: n1, capacity: {cpu: "2", memory: 4Gi, pods: "110"}}]
steps:
  - apply: [{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}]
    expectResponses: ["409 AlreadyExists"]
  - settle: {quiet: 1}
    expect: [{jobs: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}}]
"""


def _run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def _lines(result):
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


# kcore run


@pytest.mark.parametrize(
    "path", sorted([*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("*.json")]), ids=lambda path: path.name
)
def test_every_example_runs(path):
    """It ends well, and shows something."""
    result = _run("run", path)

    assert result.exit_code == 0, result.stderr
    assert "NAME" in result.stdout
    assert "warning" not in result.stderr


def test_the_pods_of_the_first_example_run():
    """As `kubectl get` would show them."""
    result = _run("run", EXAMPLES / "web.yaml")
    pods = [line.split() for line in result.stdout.splitlines() if line.startswith(("web-0 ", "web-1 "))]

    assert [pod[:3] for pod in pods] == [["web-0", "1/1", "Running"], ["web-1", "1/1", "Running"]]


def test_a_tainted_node_is_used_once_the_taint_is_gone():
    """A scenario shows each settled moment."""
    lines = _lines(_run("run", EXAMPLES / "node-taint.yaml", "--output", "json"))
    moments = [line["objects"]["Pod"][0] for line in lines if "objects" in line]

    assert [line["op"] for line in lines] == ["apply", "settle", "taint", "settle"]
    assert [pod["spec"].get("nodeName") for pod in moments] == [None, "n1"]
    assert [pod["status"]["phase"] for pod in moments] == ["Pending", "Running"]


def test_json_is_one_object_a_step_and_nothing_else():
    """Each names its step, its operation and its answers; a settled one also the objects by kind."""
    lines = _lines(_run("run", EXAMPLES / "web.yaml", "--output", "json"))

    assert [(line["step"], line["op"]) for line in lines] == [(0, "apply"), (1, "settle")]
    assert lines[0]["responses"] == [{"code": 201, "reason": None}] * 4
    assert "objects" not in lines[0]
    assert {pod["metadata"]["name"] for pod in lines[1]["objects"]["Pod"]} == {"web-0", "web-1"}


def test_refused_requests_of_a_scenario_are_answers():
    """A scenario may ask for what the API server refuses: that is no fault of the input."""
    result = _run("run", SPECS / "apps" / "deployment" / "invalid-objects.yaml", "--output", "json")

    assert _lines(result)[0]["responses"][0] == {"code": 422, "reason": "Invalid"}


def _pods(*names):
    spec = {"containers": [{"name": "c", "image": "app:v1"}]}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}
        for name in names
    ]


@pytest.mark.parametrize(
    ("index", "left"),
    [
        pytest.param(0, ["a", "b"], id="the first is the oldest"),
        pytest.param(1, ["b", "c"], id="of two created at once the first by name comes before"),
        pytest.param(2, ["a", "c"], id="and the other after it"),
        pytest.param(-1, ["a", "c"], id="the last is the youngest"),
    ],
)
def test_a_selector_and_an_index_name_an_object_by_its_age(index, left):
    """By creation time, in seconds, then by name; the object is found when its turn has come."""
    scenario = {
        "apiVersion": "kcore/v1",
        "kind": "Scenario",
        "metadata": {"name": "ages"},
        "nodes": [{"name": "n1", "capacity": {"cpu": "2", "memory": "4Gi", "pods": "110"}}],
        "steps": [
            {"apply": _pods("c")},
            {"settle": {"quiet": 2}},
            {"apply": _pods("b", "a")},
            {"settle": {"quiet": 2}},
            {"delete": {"kind": "Pod", "selector": {"app": "web"}, "index": index}},
            {"settle": {"quiet": 2}},
        ],
    }
    last = _lines(_run("run", "-", "--output", "json", stdin=json.dumps(scenario)))[-1]

    assert sorted(pod["metadata"]["name"] for pod in last["objects"]["Pod"]) == left


def test_manifests_come_from_standard_input_too():
    """As `kubectl apply -f -` takes them."""
    text = (EXAMPLES / "web.yaml").read_text()

    assert _run("run", "-", stdin=text).stdout == _run("run", EXAMPLES / "web.yaml").stdout


def test_what_a_cluster_prints_can_be_run_again():
    """Objects with their status, uid and revision are applied as `kubectl get -o json` printed them."""
    objects = _lines(_run("run", EXAMPLES / "web.yaml", "--output", "json"))[-1]["objects"]
    items = [item for found in objects.values() for item in found]
    again = _run("run", "-", "--output", "json", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    lines = _lines(again)

    assert {response["code"] for response in lines[0]["responses"]} == {201}
    assert [pod["status"]["phase"] for pod in lines[-1]["objects"]["Pod"]] == ["Running", "Running"]


def test_the_number_of_nodes_can_be_chosen():
    """Plain manifests get a cluster that is made for them."""
    lines = _lines(_run("run", EXAMPLES / "web.yaml", "--output", "json", "--nodes", "5"))

    assert len(lines[-1]["objects"]["Node"]) == 5


@pytest.mark.parametrize("style", ["console", "json"])
def test_what_happens_is_told_only_when_asked_for(style):
    """On standard error, so that standard output stays what it is."""
    quiet, told = (_run("run", EXAMPLES / "web.yaml", *more) for more in ([], ["--narrate", style]))

    assert quiet.stderr == ""
    assert told.stderr
    assert told.stdout == quiet.stdout


def test_the_same_input_gives_the_same_bytes_in_every_process():
    """Whatever the hash seed is."""
    command = [str(KCORE), "run", str(EXAMPLES / "shop.yaml"), "--output", "json"]
    outputs = {
        subprocess.run(command, check=True, capture_output=True, env={"PYTHONHASHSEED": seed}).stdout for seed in "012"
    }

    assert len(outputs) == 1


def test_a_reader_that_leaves_early_is_no_error():
    """`kcore run | head -1` ends without a word about it; findings are all that is said."""
    shell = f"{KCORE} run {EXAMPLES / 'shop.yaml'} --output json | head -c 10"
    result = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True, check=False)

    assert all(": note: " in line for line in result.stderr.splitlines()), result.stderr


# kcore conform


def test_recorded_decisions_that_agree_are_exit_status_0():
    """One line a file."""
    result = _run("conform", ROOT / "tests" / "conformance" / "vectors" / "intstr.jsonl.gz")

    assert result.exit_code == 0
    assert result.stdout == "intstr: 169 of 169 agree\n"


def test_a_decision_that_differs_is_exit_status_1(tmp_path):
    """The line names the first that differ."""
    path = tmp_path / "intstr.jsonl"
    path.write_text(
        '{"id": "a", "input": {"value": 1, "total": 10, "roundUp": true}, "expect": {"ok": true, "value": 2}}\n'
    )
    result = _run("conform", path)

    assert result.exit_code == 1
    assert result.stdout == "intstr: 0 of 1 agree; first that differ: a\n"


def test_predictions_are_a_json_line_a_case(tmp_path):
    """In the form of the case's expectation."""
    path = tmp_path / "intstr.jsonl"
    path.write_text('{"id": "a", "input": {"value": 1, "total": 10, "roundUp": true}, "expect": {}}\n')

    assert _lines(_run("conform", "--predict", path)) == [{"id": "a", "actual": {"ok": True, "value": 1}}]


def test_a_scenario_that_differs_shows_the_first_differences_and_is_exit_status_1(tmp_path):
    """Five of them; all with --verbose."""
    path = tmp_path / "failing.yaml"
    path.write_text(FAILING)
    short, long = _run("conform", path), _run("conform", "--verbose", path)

    assert (short.exit_code, long.exit_code) == (1, 1)
    assert short.stdout.splitlines()[0] == "failing: 0 of 8 agree"
    assert short.stdout.splitlines()[1] == '    step 0, response 0: real "409 AlreadyExists", model "201"'
    assert short.stdout.splitlines()[-1] == "    and 3 more, which --verbose shows"
    assert len(long.stdout.splitlines()) == 9


def test_a_scenario_that_cannot_be_run_is_exit_status_2(tmp_path):
    """The others are compared all the same, and a last line sums up."""
    content = yaml.safe_load(FAILING)
    content["steps"] = [{"aply": []}]
    broken, agreeing = tmp_path / "broken.yaml", tmp_path / "agreeing.yaml"
    broken.write_text(yaml.safe_dump(content))
    content["steps"] = [{"settle": {"quiet": 1}}]
    agreeing.write_text(yaml.safe_dump(content))
    result = _run("conform", broken, agreeing)

    assert result.exit_code == 2
    assert "not run: " in result.stdout.splitlines()[0]
    assert result.stdout.splitlines()[-1] == "1 of 2 scenarios agree in full; 0 of 0 answers and facts agree"
    assert result.stderr == ""
