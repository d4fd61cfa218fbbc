"""The pytest plugin: which files it collects, what passes and fails, and that it leaves other projects alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from kcore.testing.plugin import declares_spec

pytest_plugins = ["pytester"]

PLUGINS = [word for name in ("no:kcore", "kcore.testing.plugin", "no:cacheprovider") for word in ("-p", name)]

SCENARIO = """\
apiVersion: kcore/v1
kind: Scenario
metadata: {name: one-config-map}
nodes:
- {name: n1, capacity: {cpu: "4", memory: 8Gi, pods: "110"}}
steps:
- apply:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: shop}}
  expectResponses: ["201"]
"""


@pytest.fixture
def project(pytester):
    """A project of its own, in which the plugin is loaded as an installed one is."""

    def run(*arguments):
        return pytester.runpytest_subprocess(*PLUGINS, *arguments)

    pytester.run_specs = run
    return pytester


def write(project, name, text):
    path = project.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


CHECK = """\
apiVersion: kcore/v1
kind: Check
metadata: {name: a-pod-finds-room}
given:
  nodes: [{count: 1, name: "n{i}", capacity: {cpu: "4", memory: 8Gi, pods: "110"}}]
  manifests:
  - apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec: {containers: [{name: web, image: "web:v1", resources: {requests: {cpu: "8"}}}]}
properties:
- always: every-pod-is-schedulable
expect: violated
"""


# What is collected


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        pytest.param(SCENARIO, True, id="a scenario"),
        pytest.param("apiVersion: kcore/v1\nkind: Check\n", True, id="a check"),
        pytest.param('kind: "Check"  # ours\napiVersion: "kcore/v1"\n', True, id="quotes, comments, another order"),
        pytest.param("apiVersion: apps/v1\nkind: Deployment\n", False, id="a manifest"),
        pytest.param("apiVersion: kcore/v1\nkind: Other\n", False, id="another kind of this group"),
        pytest.param("text: |\n  apiVersion: kcore/v1\n  kind: Check\n", False, id="words inside a text"),
        pytest.param("", False, id="an empty file"),
    ],
)
def test_a_file_declares_a_spec_by_version_and_kind(tmp_path, text, declared):
    """A look at the text tells, before anything is parsed."""
    path = tmp_path / "some.yaml"
    path.write_text(text, encoding="utf-8")

    assert declares_spec(path) is declared


def test_a_file_that_is_no_text_declares_nothing(tmp_path):
    """A binary file is somebody else's."""
    path = tmp_path / "some.yaml"
    path.write_bytes(b"\xff\xfe\x00kind: Check")

    assert not declares_spec(path)


def test_only_files_of_kcore_are_collected(project):
    """Manifests beside a scenario are not tests, nor are they parsed."""
    write(project, "specs/run.yaml", SCENARIO)
    write(project, "specs/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [not, parsed\n")
    result = project.run_specs("specs", "-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*specs/run.yaml::one-config-map PASSED*"])


def test_the_files_that_are_looked_at_are_an_option(project):
    """`kcore_files` names them, and turns collection off where it is empty."""
    write(project, "specs/run.yaml", SCENARIO)
    write(project, "pytest.ini", "[pytest]\nkcore_files =\n")
    result = project.run_specs("specs")

    result.assert_outcomes()


# What passes and fails


def test_a_scenario_that_differs_fails_with_the_differences(project):
    """One line a difference, and no traceback."""
    write(project, "specs/run.yaml", SCENARIO.replace('"201"', '"409 AlreadyExists"'))
    result = project.run_specs("specs")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["one-config-map: 0 of 1 agree", '*step 0, response 0: real "409 AlreadyExists", model "201"*']
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_scenario_that_can_not_be_read_is_an_error_that_says_where(project):
    """File, line and field, as `kcore run` says it."""
    write(project, "specs/run.yaml", SCENARIO.replace("- apply:", "- aply:"))
    result = project.run_specs("specs")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*specs/run.yaml:7*aply*"])


def test_a_check_passes_if_its_verdict_is_the_expected_one(project):
    """Also if what it expects is a violation."""
    write(project, "specs/pod.yaml", CHECK)
    result = project.run_specs("specs")

    result.assert_outcomes(passed=1)


def test_a_check_that_can_not_be_run_says_why(project):
    """In one line, without a traceback."""
    write(project, "specs/pod.yaml", CHECK.replace("every-pod", "each-pod"))
    result = project.run_specs("specs")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no property is called 'each-pod-is-schedulable'*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_check_that_comes_to_another_verdict_fails_with_its_story(project):
    """And with the trace, as `kcore replay` reads it."""
    write(project, "specs/pod.yaml", CHECK.replace("expect: violated", "expect: holds"))
    result = project.run_specs("specs")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*violated, expected holds*", '{"apiVersion": "kcore/v1", "kind": "Trace"*'])
    result.stdout.no_fnmatch_line("*Traceback*")


# Other projects


def test_a_project_without_specs_does_not_load_a_model(project):
    """Neither Hypothesis nor a model is imported for the tests of others."""
    write(
        project,
        "test_other.py",
        "import sys\n\n\ndef test_other():\n"
        "    assert not [one for one in sys.modules if one == 'hypothesis' or one.startswith('kcore.model')]\n",
    )
    result = project.run_specs("-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1)


def test_the_plugin_is_installed_with_kcore():
    """By its entry point, so that no project has to name it."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["entry-points"]["pytest11"] == {"kcore": "kcore.testing.plugin"}


def test_importing_the_plugin_imports_little():
    """What pytest does at its start in every project costs no model and no Hypothesis."""
    code = "import sys, kcore.testing.plugin; print(sorted(one for one in sys.modules if one.startswith('kcore')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['kcore', 'kcore.testing', 'kcore.testing.plugin']"


# Profiles

PROFILE_TEST = """
from hypothesis import settings


def test_profile():
    print(settings.get_current_profile_name(), settings().max_examples, settings().deadline, settings().derandomize)
"""

OWN_PROFILE = """
from hypothesis import settings

settings.register_profile("dev", max_examples=7)
"""


OF_CI = (
    "CI",
    "__TOX_ENVIRONMENT_VARIABLE_ORIGINAL_CI",
    "TF_BUILD",
    "bamboo.buildKey",
    "BUILDKITE",
    "CIRCLECI",
    "CIRRUS_CI",
    "CODEBUILD_BUILD_ID",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "HEROKU_TEST_RUN_ID",
    "TEAMCITY_VERSION",
)
"""The variables by which Hypothesis knows that it runs under CI, and then loads a profile of its own."""


@pytest.fixture
def profiled(project, monkeypatch):
    """The line that a test prints of its profile."""

    def run(*arguments, variable=None):
        for name in (*OF_CI, "HYPOTHESIS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        if variable is not None:
            monkeypatch.setenv("HYPOTHESIS_PROFILE", variable)
        write(project, "test_profile.py", PROFILE_TEST)
        result = project.run_specs("-s", *arguments)
        result.assert_outcomes(passed=1)
        return result.stdout.str()

    return run


@pytest.mark.parametrize(
    ("name", "line"),
    [
        pytest.param("dev", "dev 20 None False", id="dev is quick"),
        pytest.param("nightly", "nightly 2000 None False", id="nightly is long"),
        pytest.param("ci", "ci 100 None True", id="ci draws the same in every run"),
    ],
)
def test_a_profile_is_chosen_by_pytest_or_by_the_environment(profiled, name, line):
    """`--hypothesis-profile` and HYPOTHESIS_PROFILE come to the same."""
    assert line in profiled(f"--hypothesis-profile={name}")
    assert line in profiled(variable=name)


def test_without_a_choice_nothing_is_loaded(profiled):
    """Other projects keep the profile that they have."""
    assert "default 100" in profiled()


def test_a_project_s_own_profile_comes_first(profiled, project):
    """A profile of the same name that a conftest registers is the one that is loaded."""
    write(project, "conftest.py", OWN_PROFILE)

    assert "dev 7" in profiled("--hypothesis-profile=dev")
