"""Wrong rules are caught: by an exhaustive search of a small cluster, and by Hypothesis, each by the law it breaks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutant_models.clusters import CLUSTERS as SMALL
from mutant_models.healing import HEALING, HEALING_CLUSTERS
from mutant_models.networking import NETWORK_CLUSTERS, NETWORKING
from mutant_models.placing import PLACING, PLACING_CLUSTERS
from mutant_models.table import MUTANTS
from mutant_models.unchecked import UNCHECKED

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.invariants.table import INVARIANTS
from kcore.machine import Kind, Outcome
from kcore.model import NodeSpec, Plan
from kcore.testing import Act, Cluster, cluster_machine, violation_of

WELL_ABOVE = 3_000
"""More states than any search of a mutant has to see; some mutants never come to rest."""

SETTINGS = settings(
    max_examples=60,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
"""Enough to find each mutant; nothing is made of the run that does."""

EVERY = (*MUTANTS, *UNCHECKED, *PLACING, *NETWORKING, *HEALING)
CLUSTERS = {**SMALL, **PLACING_CLUSTERS, **NETWORK_CLUSTERS, **HEALING_CLUSTERS}
ALL = [pytest.param(one, id=one.name) for one in EVERY]
SHOWN = sorted({one.small for one in EVERY})


def of_table(small):
    """What the small cluster is to Hypothesis: all at once, where a search begins with what has settled."""
    nodes = tuple(one if isinstance(one, NodeSpec) else NodeSpec(name=one, capacity=small.room) for one in small.nodes)
    faults = {name: most for name, most in small.budget.items() if name not in small.acts}
    plan = Plan(nodes=nodes, behaviors=small.behaviors, timing=small.timing, budget=FrozenMap(faults))
    return Cluster(plan=plan, objects=tuple(map(Json.of, (*small.objects, *small.early))), settled=bool(small.objects))


def acts_of(small):
    """What people may do in the small cluster."""
    return [
        Act(name=f"do_{name}", events=lambda _, act=act: [act], most=small.budget.get(name, 0))
        for name, act in sorted(small.acts.items())
    ]


@pytest.mark.parametrize("name", SHOWN)
def test_the_model_itself_breaks_no_law_in_a_cluster_that_shows_mutants(name):
    """The twin without the mutant: all states are seen, and the laws that are to catch mutants hold in them."""
    laws = sorted({one.law for one in EVERY if one.small == name})
    findings = CLUSTERS[name].search([INVARIANTS[law].property for law in laws])

    assert {one.property: one.outcome for one in findings.verdicts} == dict.fromkeys(laws, Outcome.HOLDS)
    assert findings.coverage.limit is None


@pytest.mark.parametrize("mutant", ALL)
def test_an_exhaustive_search_catches_the_mutant(mutant):
    """By the law that it breaks, with the run that shows it."""
    with mutant.at_work():
        findings = CLUSTERS[mutant.small].search([INVARIANTS[mutant.law].property], states=WELL_ABOVE, passing=False)
    verdict = findings[mutant.law]

    assert verdict.outcome is Outcome.VIOLATED
    assert INVARIANTS[mutant.law].property.kind is Kind.LEADS_TO or verdict.culprits.things != ()


@pytest.mark.parametrize("mutant", ALL)
def test_hypothesis_catches_the_mutant(mutant):
    """By the same law, in an example that it draws."""
    small, asked = CLUSTERS[mutant.small], INVARIANTS[mutant.law].property
    in_the_end = asked.kind is Kind.LEADS_TO
    with mutant.at_work():
        machine = cluster_machine(
            of_table(small),
            acts=acts_of(small),
            laws=() if in_the_end else [asked],
            eventually=[asked] if in_the_end else (),
            components=small.components,
            settings=SETTINGS,
        )
        violation = violation_of(machine, SETTINGS)

    assert violation is not None
    assert violation.property_name == mutant.law


def test_there_are_enough_mutants_and_no_two_of_one_name():
    """At least 53, and of most laws at least one."""
    assert len({one.name for one in EVERY}) == len(EVERY) >= 53
