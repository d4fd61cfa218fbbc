"""Check files: what is read from them, what is refused with its line, and how honest the verdicts are."""

from __future__ import annotations

import textwrap

import pytest

from kcore.cluster.timing import Timing
from kcore.errors import InputError
from kcore.machine import Kind, Outcome
from kcore.manifests.documents import read_documents
from kcore.verify.check import Explore, Random, parse_check
from kcore.verify.judge import run_check

TEXT = """
apiVersion: kcore/v1
kind: Check
metadata: {name: a-pod-stays}
given:
  nodes: [{count: 3, name: "n{i}", capacity: {cpu: "4", memory: 8Gi, pods: "110"}, zones: [a, b]}]
  manifests:
    - {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, image: "web:v1"}]}}
faults: {nodeCrash: 1}
actions: [{forceDelete: {kind: Pod}}]
properties:
  - always: bound-within-allocatable
search: {explore: {states: 100, depth: 3}}
expect: holds
"""


def read(text=TEXT, *changes):
    """The check of a text in which some parts are replaced."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (document,) = read_documents(textwrap.dedent(text), "check.yaml")
    return parse_check(document.wire, document.place)


def judged(*changes):
    """The answers of the check by name."""
    return {answer.rule: answer for answer in run_check(read(TEXT, *changes)).answers}


# Reading


def test_a_check_is_read_with_its_nodes_budgets_and_search():
    """Nodes are counted, zones taken in turn, people's acts have a budget as faults do."""
    check = read()

    nodes = check.origin.plan.nodes
    assert [(node.name, node.labels["topology.kubernetes.io/zone"]) for node in nodes] == [
        ("n1", "a"),
        ("n2", "b"),
        ("n3", "a"),
    ]
    assert dict(check.origin.plan.budget) == {"nodeCrash": 1, "action 1: forceDelete": 1}
    assert check.searches == (Explore(states=100, depth=3),)
    assert check.expect is Outcome.HOLDS
    assert [one.form for one in check.asked] == [Kind.ALWAYS]


def test_without_a_search_all_states_up_to_a_number_are_seen_and_then_some_drawn():
    """The limits are counts."""
    assert read(TEXT, ("search: {explore: {states: 100, depth: 3}}\n", "")).searches == (Explore(), Random())


@pytest.mark.parametrize(
    ("timing", "settled"),
    [pytest.param("prompt", True, id="prompt is settled"), pytest.param("lagging", False, id="lagging is not")],
)
def test_a_prompt_check_lets_others_act_in_settled_states_only(timing, settled):
    """Any other timing at any time, unless the check says so."""
    check = read(TEXT, ("faults:", f"timing: {timing}\nfaults:"))

    assert check.settled is settled
    assert check.origin.plan.timing is Timing(timing)
    assert read(TEXT, ("faults:", f"timing: {timing}\nsettled: {not settled}\nfaults:".lower())).settled is not settled


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param("faults:", "fault:", r"check\.yaml:9: .*unknown field 'fault'.*faults", id="a field"),
        pytest.param("nodeCrash", "nodeCrush", r"no fault is called 'nodeCrush'.*nodeCrash", id="a fault"),
        pytest.param("forceDelete", "destroy", r"one operation, not destroy", id="an action"),
        pytest.param("bound-within-allocatable", "bound-within", r"no property is called", id="a property"),
        pytest.param("always:", "often:", r"one form.*always", id="a form"),
        pytest.param("expect: holds", "expect: perhaps", r"expected holds or violated", id="an expectation"),
        pytest.param("states: 100", "stats: 100", r"unknown field 'stats'.*states", id="a limit"),
        pytest.param('"n{i}"', "n", r"expected a \{i\} in it", id="three nodes of one name"),
        pytest.param("properties:\n  - always: bound-within-allocatable\n", "", r"nothing is asked", id="no question"),
    ],
)
def test_what_nobody_knows_is_refused_with_its_place(old, new, problem):
    """The error names the file, the field and the nearest name."""
    with pytest.raises(InputError, match=problem):
        read(TEXT, (old, new))


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        pytest.param('always: {cel: "size(", named: x}', "is no CEL", id="an expression that can't be read"),
        pytest.param('always: {cel: "true"}', "no name", id="an expression without a name"),
        pytest.param("always: {property: uids-stay, cel: 'true'}", "stated once", id="two conditions"),
        pytest.param("leads_to: uids-stay", "expected a mapping", id="a premise is missing"),
        pytest.param("leads_to: {property: uids-stay}", "both or neither", id="a premise is not given"),
        pytest.param("bounded: {property: uids-stay, most: 1}", "what is counted", id="nothing is counted"),
        pytest.param("always: {property: uids-stay, within: 1m}", "within a time", id="a time that means nothing"),
    ],
)
def test_a_condition_that_can_not_be_meant_is_refused(stated, problem):
    """Before anything runs."""
    text = TEXT.replace("always: bound-within-allocatable", stated)
    with pytest.raises(InputError, match=problem):
        read(text)


# Judging


def test_a_limit_that_ends_a_search_is_said_and_fails_what_is_expected_to_hold():
    """Less than all is not enough."""
    answer = judged(("states: 100, depth: 3", "states: 2"))["bound-within-allocatable"]

    assert answer.outcome is Outcome.BOUNDED
    assert answer.failed


def test_random_runs_that_meet_nothing_prove_nothing():
    """The verdict is `not found`."""
    search = "search: {random: {runs: 2, steps: 20, seed: 1}}"
    answer = judged(("search: {explore: {states: 100, depth: 3}}", search))["bound-within-allocatable"]

    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.failed


def test_a_word_in_cel_is_judged_like_any_other():
    """A pod that somebody deletes, or whose machine is lost, does not run any more."""
    stated = "always: {cel: \"size(running('web')) == 1\", named: the-pod-runs}"
    answer = judged(("always: bound-within-allocatable", stated), ("expect: holds", "expect: violated"))["the-pod-runs"]

    assert answer.outcome is Outcome.VIOLATED
    assert not answer.failed
    assert answer.story
    assert answer.trace is not None


@pytest.mark.parametrize(
    ("most", "outcome"), [pytest.param(1, Outcome.HOLDS, id="one"), pytest.param(0, Outcome.VIOLATED, id="none")]
)
def test_a_count_is_bounded(most, outcome):
    """There is one pod at most."""
    stated = f"bounded: {{cel: \"size(pods(''))\", most: {most}, named: pods}}"
    answer = judged(("always: bound-within-allocatable", stated), ("expect: holds\n", ""), (", depth: 3", ""))["pods"]

    assert answer.outcome is outcome


def test_a_word_that_is_no_truth_is_bad_input():
    """The error shows what it is."""
    stated = "always: {cel: \"size(pods(''))\", named: x}"

    with pytest.raises(InputError, match="expected true or false"):
        judged(("always: bound-within-allocatable", stated))


@pytest.mark.parametrize(
    ("acts", "outcome"),
    [
        pytest.param("actions: [{label: {kind: Pod, name: web, labels: {a: b}}}]", Outcome.HOLDS, id="it is labelled"),
        pytest.param("actions: [{delete: {kind: Pod, name: web}}]", Outcome.VIOLATED, id="it is deleted"),
    ],
)
def test_what_is_to_hold_after_a_time_is_asked_after_each_act(acts, outcome):
    """Ten minutes of virtual time after the last act the pod is there, or is not."""
    stated = "eventually: {cel: \"size(pods('')) == 1\", named: there-is-a-pod, within: 10m}"
    answer = judged(
        ("always: bound-within-allocatable", stated),
        ("actions: [{forceDelete: {kind: Pod}}]", acts),
        ("faults: {nodeCrash: 1}\n", ""),
        ("expect: holds\n", ""),
    )["there-is-a-pod"]

    assert answer.outcome is outcome
    assert not answer.failed
