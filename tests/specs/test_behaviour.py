"""The clauses of specs/: each names things that exist, and whatever the model does is claimed by one."""

from __future__ import annotations

import ast
import textwrap
from functools import cache
from pathlib import Path

import pytest

from kcore.model import build_model
from scripts.clauses import SPECS, read_behaviours

ROOT = SPECS.parent
BEHAVIOURS = read_behaviours()
CLAUSES = [
    pytest.param(clause, id=f"{behaviour.folder} {clause.id}")
    for behaviour in BEHAVIOURS
    for clause in behaviour.clauses
]


@cache
def _rules():
    return frozenset(rule.name for rule in build_model().table.rules)


@cache
def _source(file):
    path = ROOT / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@cache
def _functions(file):
    return frozenset(node.name for node in ast.walk(ast.parse(_source(file))) if isinstance(node, ast.FunctionDef))


def _exists(test):
    """Tell whether a test is there, and a row of its table that is named stands in its file."""
    file, _, name = test.partition("::")
    function, _, row = name.partition("[")
    return function in _functions(file) and row.removesuffix("]") in _source(file)


# What the clauses name


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_names_tests_that_exist(clause):
    """A promise is kept by something that runs."""
    assert [test for test in clause.tests if not _exists(test)] == []


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_names_scenarios_that_exist(clause):
    """A recorded run that is cited can be read."""
    assert [scenario for scenario in clause.scenarios if not (SPECS / scenario).is_file()] == []


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_names_rules_of_the_model(clause):
    """A rule that is renamed takes its clauses along."""
    assert [rule for rule in clause.rules if rule not in _rules()] == []


# What the model does


def test_every_rule_of_the_model_is_claimed_by_a_clause(record_property):
    """Nothing changes the state without a sentence that says what it must do."""
    claimed = {rule for behaviour in BEHAVIOURS for clause in behaviour.clauses for rule in clause.rules}
    record_property("clauses of the specification", len(CLAUSES))

    assert sorted(_rules() - claimed) == []


def test_kcore_never_reads_the_specification():
    """The specification judges the package; the package does not know of it."""
    knowing = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "kcore").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("specs/")
    ]

    assert knowing == []


# The form

GOOD = """
apiVersion: kcore/v1
kind: Behaviour
about: Pods.
clauses:
  - id: a-pod
    must: A pod MUST be.
    upstream: https://kubernetes.io/docs/concepts/workloads/pods/
    tests: [tests/test_any.py::test_any]
    status: modelled
"""


def _read(folder: Path, text: str):
    (folder / "core" / "pod").mkdir(parents=True)
    (folder / "core" / "pod" / "behaviour.yaml").write_text(textwrap.dedent(text))
    return read_behaviours(folder)


def test_a_clause_is_read_with_its_folder(tmp_path):
    """The folder says whose behaviour it is."""
    (behaviour,) = _read(tmp_path, GOOD)

    assert behaviour.folder == "core/pod"
    assert [clause.id for clause in behaviour.clauses] == ["a-pod"]
    assert behaviour.clauses[0].tests == ("tests/test_any.py::test_any",)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param("MUST be", "is", "MUST", id="a sentence without MUST promises nothing"),
        pytest.param("MUST be.", "MUST be", "MUST", id="half a sentence is none"),
        pytest.param("id: a-pod", "id: A pod", "words joined by dashes", id="an id has no spaces"),
        pytest.param("status: modelled", "status: perhaps", "status is one of", id="there are three statuses"),
        pytest.param("status: modelled", "status: simplified", "says how", id="a simplification is told"),
        pytest.param("status: modelled", "status: absent", "shown", id="what is absent can't be shown"),
        pytest.param("    tests: [tests/test_any.py::test_any]\n", "", "shown", id="what is modelled is shown"),
        pytest.param("https://kubernetes.io", "https://example.com", "link to Kubernetes", id="upstream is Kubernetes"),
        pytest.param("tests:", "test:", "unknown test", id="a misspelt field is refused"),
        pytest.param("about: Pods.\n", "", "expected apiVersion, kind, about", id="a file says what it is about"),
    ],
)
def test_a_clause_that_does_not_keep_the_form_is_refused(tmp_path, old, new, problem):
    """The error names the folder and the clause."""
    assert old in GOOD

    with pytest.raises(ValueError, match=rf"core/pod: .*{problem}"):
        _read(tmp_path, GOOD.replace(old, new))


def test_two_clauses_with_one_id_are_refused(tmp_path):
    """An id points at one clause."""
    with pytest.raises(ValueError, match="two clauses have one id"):
        _read(tmp_path, GOOD + GOOD.partition("clauses:\n")[2])
