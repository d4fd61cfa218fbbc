"""The model against the recorded decisions of the real Kubernetes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from kcore.conformance.predict import PREDICTORS, Agreement, conform, predict
from kcore.errors import InputError

VECTORS = Path(__file__).parent / "vectors"

CASES = {"intstr": 169, "labelselector": 852, "podqos": 179, "podrequests": 279, "quantity": 1641}


ELSEWHERE = {"validation"}
"""Files that hold what no input tells, such as the recorder's clock: their tests say which cases differ, and why."""


@pytest.mark.parametrize("name", sorted(set(PREDICTORS) - ELSEWHERE))
def test_every_recorded_decision_of_a_predicted_file_agrees(name):
    """What the model says is what the real code said."""
    agreement = conform(VECTORS / f"{name}.jsonl.gz")

    assert agreement.differing == ()
    assert agreement.total == CASES.get(name, agreement.total)
    assert agreement.total > 0


@pytest.mark.parametrize("name", sorted({"intstr", "labelselector", "quantity"}))
def test_errors_read_as_the_real_ones_do(name):
    """The messages agree to the letter, though only their presence is asked for."""
    path = VECTORS / f"{name}.jsonl.gz"
    said = {one["id"]: one["actual"].get("error") for one in predict(path)}
    with gzip.open(path, "rt") as lines:
        recorded = {case["id"]: case["expect"].get("error") for case in map(json.loads, lines)}

    assert said == recorded


def test_a_prediction_is_a_line_for_each_case_in_their_order(tmp_path):
    """A plain file is read like a compressed one, blank lines aside."""
    path = tmp_path / "intstr.jsonl"
    path.write_text(
        '{"id": "b", "input": {"value": "25%", "total": 10, "roundUp": true}, "expect": {"ok": true, "value": 3}}\n\n'
        '{"id": "a", "input": {"value": "x", "total": 10, "roundUp": true}, "expect": {"ok": true, "value": 2}}\n'
    )

    assert [one["id"] for one in predict(path)] == ["b", "a"]
    assert conform(path) == Agreement(name="intstr", total=2, differing=("a",))
    assert str(conform(path)) == "intstr: 1 of 2 agree; first that differ: a"


def test_a_pod_that_cannot_be_read_is_named_with_file_and_line(tmp_path):
    """A quantity that is none is the recording's fault."""
    path = tmp_path / "podqos.jsonl"
    requests = '{"resources": {"requests": {"cpu": "x"}}}'
    path.write_text(f'{{"id": "a", "input": {{"pod": {{"spec": {{"containers": [{requests}]}}}}}}, "expect": {{}}}}\n')

    with pytest.raises(InputError, match=r"podqos.jsonl:1: case a .*quantities must match"):
        conform(path)


def test_a_file_that_nothing_predicts_is_refused_by_name(tmp_path):
    """The error names the files that something predicts."""
    path = tmp_path / "weather.jsonl"
    path.write_text("")

    with pytest.raises(InputError, match=r"nothing predicts 'weather'.*intstr.*labelselector"):
        conform(path)
    with pytest.raises(InputError, match="nothing predicts 'weather'"):
        predict(path)


LINE = '{"id": "a", "input": {"value": 1, "total": 10, "roundUp": true}, "expect": {"ok": true, "value": 1}}\n'


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        pytest.param("{\n", "broken JSON", id="half an object is broken JSON"),
        pytest.param("[" * 100_000 + "\n", "broken JSON", id="nesting without end is broken JSON"),
        pytest.param("[]\n", "no case", id="a list is no case"),
        pytest.param('{"input": {}, "expect": {}}\n', "no case", id="a case without an id is none"),
        pytest.param('{"id": "b", "expect": {}}\n', "case b has no input", id="a case must have an input"),
        pytest.param('{"id": "b", "input": {}}\n', "case b has no expect", id="a case must have an expectation"),
        pytest.param(
            '{"id": "b", "input": {}, "expect": {}}\n', "case b does not have", id="an input must have its parts"
        ),
    ],
)
def test_a_broken_line_is_named_with_file_and_line(tmp_path, broken, problem):
    """One clear error, and where it is."""
    path = tmp_path / "intstr.jsonl"
    path.write_text(LINE + broken)

    with pytest.raises(InputError, match=f"intstr.jsonl:2: {problem}"):
        conform(path)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        pytest.param("intstr.jsonl.gz", b"plain", "can't be read", id="a file that is not compressed but says so"),
        pytest.param(
            "intstr.jsonl.gz", gzip.compress(LINE.encode())[:-9], "can't be read", id="a compressed file cut short"
        ),
        pytest.param("intstr.jsonl", b"\xff\xfe", "can't be read", id="a file that is no text"),
        pytest.param("intstr.yaml", b"", "is no file of recorded decisions", id="a file with another suffix"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path, name, content, problem):
    """Never a traceback."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InputError, match=problem):
        conform(path)


def test_a_missing_file_and_a_directory_are_clear_errors(tmp_path):
    """The error says what the system said."""
    (tmp_path / "intstr.jsonl").mkdir()

    with pytest.raises(InputError, match="directory"):
        conform(tmp_path / "intstr.jsonl")
    with pytest.raises(InputError, match="No such file"):
        conform(tmp_path / "quantity.jsonl")
