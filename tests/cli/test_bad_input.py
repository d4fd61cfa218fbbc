"""Bad input to the command line: one clear line and exit status 2, or a finding; never a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from kcore.cli.main import main

ROOT = Path(__file__).parent.parent.parent
BROKEN = ROOT / "examples" / "broken"

TEN_MB = 10_000_000
RANDOM = random.Random(1)  # noqa: S311 - noise, the same in every run

REFUSED = {
    "broken-yaml.yaml": r":8: not YAML: ",
    "empty.yaml": r": no objects in this file; expected manifests",
    "misspelt-field.yaml": r':7: Deployment/web: spec.replica: unknown field "replica" \(did you mean replicas\?',
    "negative-replicas.yaml": r":7: Deployment/web: 422 Invalid: .*spec.replicas: Invalid value: -1: must be ",
    "no-name.yaml": r":4: ConfigMap: metadata.name: missing; expected the object's name",
    "no-object.yaml": r":2: the document is a list; expected an object",
    "scenario-misspelt-operation.yaml": r":10: Scenario/misspelt: steps\[0\].aply: unknown operation 'aply'",
    "scenario-without-nodes.yaml": r":2: Scenario/nowhere: nodes: a scenario has no nodes; expected one node or more",
    "selector-misses-template.yaml": r":12: Deployment/web: 422 Invalid: .*`selector` does not match template `labels`",
    "tab.yaml": r":5: not YAML: .*\(YAML is indented with spaces\)",
    "two-keys.yaml": r':8: the key "COLOUR" is given twice, first in line 7',
    "unknown-custom-kind.yaml": r':3: Till/till: kind: no kind "Till" .*needs its CustomResourceDefinition',
    "unknown-kind.yaml": r':3: Deploymnet/web: kind: no kind "Deploymnet" .*did you mean Deployment',
    "wrong-type-in-labels.yaml": r":8: Pod/web: metadata.labels.version: 2 is a number; expected a string",
    "wrong-type.yaml": r':7: Deployment/web: spec.replicas: "three" is a string; expected a whole number',
}
"""Files that can't be used, and the one line that says why."""

FINDINGS = {
    "dangling-references.yaml": [
        r":12: warning: Pod/web names ConfigMap/web-settings, which the input does not have",
        r":16: warning: Pod/web names Secret/web-password, which the input does not have",
        r":21: warning: Pod/web names PersistentVolumeClaim/web-data, which the input does not have",
    ],
    "selector-selects-nothing.yaml": [
        r":7: warning: Service/web selects app=wed, and the input has no such pod",
        r":17: warning: PodDisruptionBudget/web selects app=wed, and the input has no such pod",
    ],
}
"""Files that can be used but are surely not meant, and the findings about them."""

WARNING = re.compile(r":\d+: warning: ")


def _run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


def _refusal(result):
    """The one line that tells what is wrong, after any findings; nothing else is printed."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if not WARNING.search(line)]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("kcore: ")
    return lines[0].removeprefix("kcore: ")


# Files that are kept as examples


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_broken_example_is_refused_in_one_line(name):
    """The line names the file, the line in it, the object and the field, as far as there are any."""
    path = BROKEN / name

    assert re.match(re.escape(str(path)) + REFUSED[name], _refusal(_run("run", path)))


@pytest.mark.parametrize("name", sorted(FINDINGS))
def test_a_doubtful_example_is_run_with_findings(name):
    """A finding a line on standard error; what can be run is run."""
    result = _run("run", BROKEN / name)

    assert result.exit_code == 0, result.stderr
    for finding in FINDINGS[name]:
        assert re.search(f"^kcore: {re.escape(str(BROKEN / name))}{finding}$", result.stderr, re.MULTILINE)
    assert len(result.stderr.splitlines()) == len(FINDINGS[name])


def test_every_broken_example_is_in_a_table():
    """An example without a test would rot."""
    assert sorted(path.name for path in BROKEN.iterdir()) == sorted([*REFUSED, *FINDINGS])


def test_a_directory_with_a_broken_file_is_refused_by_the_name_of_the_file():
    """One bad file makes the input bad, and the line says which."""
    assert str(BROKEN) in _refusal(_run("run", BROKEN))


# Files that are made here


def _binary(path):
    path.write_bytes(RANDOM.randbytes(100_000))


def _one_long_word(path):
    path.write_bytes(b"x" * TEN_MB)


def _noise(path):
    path.write_bytes(bytes(RANDOM.choices(range(32, 127), k=TEN_MB // 100)) * 100)


def _deep(path):
    path.write_bytes(b"[" * TEN_MB)


def _deep_json(path):
    path.write_bytes(b'{"a":' * (TEN_MB // 5))


def _many_lines(path):
    path.write_bytes(b"kcore: nonsense\n" * (TEN_MB // 16))


def _many_documents(path):
    path.write_bytes(b"---\nnonsense\n" * (TEN_MB // 13))


def _billion_laughs(path):
    lines = ["a0: &a0 [lol]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    path.write_text("\n".join(lines))


def _spaces(path):
    path.write_text(" \n\n# nothing\n---\n")


def _directory(path):
    path.mkdir()


def _directory_of_other_files(path):
    path.mkdir()
    (path / "notes.txt").write_text("nothing to apply")


def _nothing(path):
    """Leave it out."""


def _an_unreadable_link(path):
    path.symlink_to(path)


@pytest.mark.parametrize("command", ["run", "conform"])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(_binary, id="binary junk"),
        pytest.param(_one_long_word, id="10 MB of one word"),
        pytest.param(_noise, id="10 MB of noise"),
        pytest.param(_deep, id="10 MB of open brackets"),
        pytest.param(_deep_json, id="10 MB of JSON that is never closed"),
        pytest.param(_many_lines, id="10 MB of one key again and again"),
        pytest.param(_many_documents, id="10 MB of documents that are words"),
        pytest.param(_billion_laughs, id="aliases that would fill any memory"),
        pytest.param(_spaces, id="comments and separators only"),
        pytest.param(_directory, id="an empty directory"),
        pytest.param(_directory_of_other_files, id="a directory without manifests"),
        pytest.param(_nothing, id="no file at all"),
        pytest.param(_an_unreadable_link, id="a link to itself"),
    ],
)
def test_nonsense_is_refused_in_one_line(tmp_path, command, make):
    """However large or odd, it is one line that fits on a screen, and it names the file."""
    path = tmp_path / "nonsense.yaml"
    make(path)

    refusal = _refusal(_run(command, path))

    assert refusal.startswith(str(path)) or str(path) in refusal
    assert len(refusal) < 500 + len(str(path))


@pytest.mark.parametrize("make", [pytest.param(_binary, id="binary junk"), pytest.param(_noise, id="10 MB of noise")])
@pytest.mark.parametrize("name", ["quantity.jsonl", "quantity.jsonl.gz", "nonsense.jsonl", "nonsense"])
def test_nonsense_in_place_of_recorded_decisions_is_refused_in_one_line(tmp_path, make, name):
    """`kcore conform` says what is wrong with a file before anything else."""
    path = tmp_path / name
    make(path)

    assert len(_refusal(_run("conform", path))) < 500 + len(str(path))


# Standard input


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        pytest.param("", "standard input: no objects", id="nothing on standard input"),
        pytest.param("a: [", "standard input:2: not YAML", id="broken YAML on standard input"),
        pytest.param("{", "standard input:2: not YAML", id="broken JSON on standard input"),
        pytest.param(b"\xff\xfe\x00", "standard input", id="binary junk on standard input"),
        pytest.param("kind: Pod", "standard input:1: Pod: apiVersion: missing", id="half an object on standard input"),
    ],
)
def test_standard_input_is_refused_like_a_file(given, refusal):
    """It is called `standard input`."""
    assert _refusal(_run("run", "-", stdin=given)).startswith(refusal)


# The command line itself


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["run"], id="run without a path"),
        pytest.param(["conform"], id="conform without a path"),
        pytest.param(["dance"], id="an unknown command"),
        pytest.param(["run", "--output", "xml", "-"], id="an unknown format"),
        pytest.param(["run", "--nodes", "0", "-"], id="a cluster without nodes"),
        pytest.param(["run", "--nodes", "many", "-"], id="a number that is none"),
        pytest.param(["run", "--colour", "-"], id="an unknown option"),
    ],
)
def test_a_wrong_command_line_is_refused(arguments):
    """With click's own words, and exit status 2."""
    result = _run(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.mark.parametrize("name", ["n" * 300, "a\0b", "no/such/directory/web.yaml", ""])
def test_a_path_that_cannot_be_is_refused(name):
    """Too long, not a name, not there, or empty."""
    assert _refusal(_run("run", name))


def test_conform_predicts_no_scenario():
    """`--predict` is about decisions."""
    scenario = ROOT / "specs" / "meta" / "objectmeta" / "finalizer-holds.yaml"

    assert "nothing predicts a scenario" in _refusal(_run("conform", "--predict", scenario))
