"""The scenarios of specs/ that nobody recorded: each shows what it says, could fail, and is cited by a clause."""

from __future__ import annotations

from functools import cache

import attrs
import pytest

from kcore.conformance.scenarios import agreement, read_scenario
from kcore.verify.moment import Moment
from kcore.verify.run import run
from kcore.verify.scenario import parse_scenario
from kcore.verify.steps import Settle
from scripts.clauses import SPECS, read_behaviours

OWN = {path.relative_to(SPECS).as_posix(): path for path in sorted(SPECS.glob("*/*/own/*.yaml"))}
CLAUSES = {behaviour.folder: behaviour.clauses for behaviour in read_behaviours()}
AT_ONCE = Settle(op="settle", quiet=0, limit=0)


@cache
def _document(name):
    return read_scenario(OWN[name])


@cache
def _scenario(name):
    return parse_scenario(_document(name).wire, _document(name).place)


@cache
def _results(name):
    """What became of each step; each scenario is run once."""
    return list(run(_scenario(name)))


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_scenario_of_our_own_shows_what_it_says(name):
    """Every answer, every fact and everything that its steps show."""
    assert [str(difference) for difference in agreement(_document(name), _results(name)).differences] == []


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_scenario_of_our_own_can_fail(name):
    """What is shown is not so at some other moment of it, or before anything was done; but for one thing that stays."""
    scenario = _scenario(name)
    idle = attrs.evolve(scenario, steps=(AT_ONCE,), expectations=scenario.expectations[:1])
    moments = [Moment(state=one.state, notes=one.notes) for one in (*run(idle), *_results(name))]
    shown = [one for expectation in scenario.expectations for one in expectation.shows]
    steady = [one.about for one in shown if not any(map(one.wrong, moments))]
    answered = any(expectation.facts or expectation.responses for expectation in scenario.expectations)

    assert answered or shown
    assert len(steady) <= 1, steady


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_scenario_of_our_own_is_cited_by_a_clause_of_its_folder(name):
    """It is there for what the kind must do."""
    folder = name.partition("/own/")[0]

    assert [clause.id for clause in CLAUSES[folder] if name in clause.scenarios]


@pytest.mark.parametrize("name", sorted(OWN))
def test_a_scenario_of_our_own_says_what_it_is_about(name):
    """In a sentence, under its own name, and it does not pass for a recording."""
    metadata = _document(name).metadata

    assert metadata["name"] == OWN[name].stem
    assert metadata["about"].endswith(".")
    assert "recordedOn" not in metadata
