"""How far a run agrees with a recorded one: what counts, and how often."""

from __future__ import annotations

import pytest
import yaml

from kcore.conformance.scenarios import Difference, ScenarioAgreement, compare, nearest
from kcore.errors import InputError

ONE = {"pods": {"a": 1, "b": 1}, "nodes": {"n1": {"ready": "True"}}}
PLACED = {"pods": {"a": 1}, "placement": {"web": {"per_node": [1]}}}

NODE = {"name": "n1", "capacity": {"cpu": "2", "memory": "4Gi", "pods": "110"}}
READY_NODE = {"taints": [], "unschedulable": False, "ready": "True"}
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}


def _scenario(tmp_path, *steps, **metadata):
    path = tmp_path / "own.yaml"
    content = {
        "apiVersion": "kcore/v1",
        "kind": "Scenario",
        "metadata": {"name": "own", **metadata},
        "nodes": [NODE],
        "steps": list(steps),
    }
    path.write_text(yaml.safe_dump(content))
    return path


# Facts


@pytest.mark.parametrize(
    ("recorded", "given", "entries", "about"),
    [
        pytest.param(ONE, ONE, 3, [], id="the same facts agree"),
        pytest.param(ONE, {**ONE, "pods": {"a": 2, "b": 1}}, 3, ["pods: a"], id="another value differs"),
        pytest.param(ONE, {**ONE, "pods": {"a": 1}}, 3, ["pods: b"], id="what the model lacks differs"),
        pytest.param(ONE, {**ONE, "jobs": {"sum": {}}}, 4, ["jobs: sum"], id="what the model makes up differs"),
        pytest.param(ONE, {}, 3, ["nodes: n1", "pods: a", "pods: b"], id="a model without facts agrees in none"),
    ],
)
def test_each_fact_of_either_side_counts_once(recorded, given, entries, about):
    """A fact is a section and what it is about; its value agrees as a whole or not at all."""
    held = nearest(3, [recorded], given, strict=True)

    assert held.entries == entries
    assert [difference.about for difference in held.differences] == about
    assert {difference.step for difference in held.differences} <= {3}


def test_the_nearest_of_several_real_outcomes_counts():
    """Real runs may end differently, and either end is right."""
    other = {"pods": {"a": 5}}

    assert nearest(0, [other, ONE], ONE, strict=True).differences == ()
    assert nearest(0, [ONE, other], other, strict=True).entries == 1
    assert len(nearest(0, [ONE, other], {}, strict=True).differences) == 1


def test_of_outcomes_equally_near_the_first_counts():
    """So that the figures do not depend on anything else."""
    (difference,) = nearest(0, [{"pods": {"a": 1}}, {"pods": {"a": 2}}], {"pods": {"a": 3}}, strict=True).differences

    assert difference == Difference(step=0, about="pods: a", real=1, model=3)


def test_where_pods_land_counts_only_if_the_scenario_is_strict():
    """Elsewhere the scheduler chooses freely among equals."""
    elsewhere = {**PLACED, "placement": {"web": {"per_node": [2]}}}

    assert nearest(0, [PLACED], elsewhere, strict=False).differences == ()
    assert nearest(0, [PLACED], elsewhere, strict=False).entries == 1
    assert [d.about for d in nearest(0, [PLACED], elsewhere, strict=True).differences] == ["placement: web"]


# Whole scenarios


def test_a_scenario_that_agrees_in_full_is_whole(tmp_path):
    """Every answer and every fact counts."""
    apply = {"apply": [CONFIG_MAP, CONFIG_MAP], "expectResponses": ["201", "409 AlreadyExists"]}
    settle = {"settle": {"quiet": 2}, "expect": [{"nodes": {"n1": READY_NODE}}]}

    assert compare(_scenario(tmp_path, apply, settle)) == ScenarioAgreement(name="own", agreed=3, total=3)
    assert compare(_scenario(tmp_path, apply, settle)).whole


@pytest.mark.parametrize(
    ("expected", "differences"),
    [
        pytest.param(["409 AlreadyExists"], [("409 AlreadyExists", "201")], id="another answer"),
        pytest.param(["201", "201"], [("201", None)], id="an answer too few"),
        pytest.param([], [(None, "201")], id="an answer too many"),
    ],
)
def test_each_answer_of_either_side_counts_once(tmp_path, expected, differences):
    """Answers are compared by their place, as code and reason."""
    agreement = compare(_scenario(tmp_path, {"apply": [CONFIG_MAP], "expectResponses": expected}))

    assert (agreement.agreed, agreement.total) == (max(len(expected), 1) - 1, max(len(expected), 1))
    assert [(one.real, one.model) for one in agreement.differences] == differences
    assert not agreement.whole


def test_steps_without_expectations_count_nothing(tmp_path):
    """A scenario of one's own may expect as little as it likes."""
    agreement = compare(_scenario(tmp_path, {"apply": [CONFIG_MAP]}, {"settle": {}}))

    assert (agreement.agreed, agreement.total, agreement.problem) == (0, 0, "")


def test_a_scenario_that_cannot_be_run_agrees_in_nothing_and_says_why(tmp_path):
    """What was expected counts all the same."""
    steps = [
        {"apply": [CONFIG_MAP], "expectResponses": ["201"]},
        {"delete": {"kind": "Pod", "selector": {"app": "web"}}},
        {"settle": {}, "expect": [{"nodes": {"n1": READY_NODE}}]},
    ]
    agreement = compare(_scenario(tmp_path, *steps))

    assert (agreement.agreed, agreement.total, agreement.whole) == (0, 2, False)
    assert "no object matches the selector" in agreement.problem
    assert str(agreement).startswith("own: 0 of 2 agree; not run: ")


def test_a_difference_reads_as_one_line():
    """With both values as JSON, `none` where there is none."""
    assert str(Difference(step=3, about="pods: a", real={"b": [1]}, model=None)) == (
        'step 3, pods: a: real {"b":[1]}, model none'
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "no Scenario", id="another kind"),
        pytest.param("", "no objects", id="an empty file"),
        pytest.param("apiVersion: kcore/v1\nkind: Scenario\nsteps: []\n", "name", id="a scenario without a name"),
        pytest.param(
            "apiVersion: kcore/v1\nkind: Scenario\nmetadata: {name: a}\nsteps: 3\n",
            "a list",
            id="steps that are no list",
        ),
        pytest.param(
            "apiVersion: kcore/v1\nkind: Scenario\nmetadata: {name: a}\nsteps: [{settle: {}, expect: [3]}]\n",
            "own.yaml:4.*a mapping",
            id="an outcome that is no mapping",
        ),
        pytest.param(
            "apiVersion: kcore/v1\nkind: Scenario\nmetadata: {name: a}\nsteps: [{settle: {}, expect: [{pods: 3}]}]\n",
            "own.yaml:4.*a mapping",
            id="a section that is no mapping",
        ),
    ],
)
def test_what_is_no_scenario_is_refused(tmp_path, text, problem):
    """One clear error that names the file."""
    path = tmp_path / "own.yaml"
    path.write_text(text)

    with pytest.raises(InputError, match=problem):
        compare(path)
