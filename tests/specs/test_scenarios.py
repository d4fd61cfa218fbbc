"""The recorded runs of specs/: which agree in full, and how far the others have come."""

from __future__ import annotations

import re
from functools import cache

import pytest
import yaml

from kcore.conformance.scenarios import compare
from kcore.verify.steps import ACTS
from scripts.clauses import SPECS, read_behaviours

OWN = "own"
"""The folder of the scenarios that nobody recorded; test_own_scenarios.py has those."""

SCENARIOS = {
    path.relative_to(SPECS).as_posix(): path
    for path in SPECS.rglob("*.yaml")
    if path.parent.name != OWN and "\nkind: Scenario\n" in path.read_text(encoding="utf-8")
}

IN_FULL = {
    "apps/daemonset/daemon-nodes-come-and-go.yaml": 43,
    "apps/daemonset/daemon-rolling-update.yaml": 25,
    "apps/deployment/deploy-scale-up-down.yaml": 35,
    "apps/deployment/history-limit.yaml": 35,
    "apps/deployment/invalid-objects.yaml": 24,
    "apps/deployment/min-ready-seconds.yaml": 28,
    "apps/deployment/paused-template-change-and-scale.yaml": 34,
    "apps/deployment/progress-deadline-exceeded.yaml": 28,
    "apps/deployment/proportional-scale-mid-rollout.yaml": 38,
    "apps/deployment/recreate.yaml": 31,
    "apps/deployment/rollback-reuses-replicaset.yaml": 26,
    "apps/deployment/rollout-0-r4-v2.yaml": 31,
    "apps/deployment/rollout-10-r12-bad.yaml": 32,
    "apps/deployment/rollout-2-r10-bad.yaml": 32,
    "apps/deployment/rollout-4-r1-crash.yaml": 31,
    "apps/deployment/rollout-6-r7-unready.yaml": 32,
    "apps/deployment/rollout-8-r6-crash.yaml": 31,
    "apps/replicaset/adopt-and-release.yaml": 33,
    "apps/replicaset/pod-deleted-is-replaced.yaml": 19,
    "apps/replicaset/scale-down-picks-unready-first.yaml": 24,
    "apps/statefulset/sts-bad-update-stays-broken-after-revert.yaml": 36,
    "apps/statefulset/sts-claims-retained.yaml": 56,
    "apps/statefulset/sts-no-volume-available.yaml": 24,
    "apps/statefulset/sts-node-down-keeps-identity.yaml": 25,
    "apps/statefulset/sts-on-delete.yaml": 27,
    "apps/statefulset/sts-ordered.yaml": 32,
    "apps/statefulset/sts-ordinals-start.yaml": 26,
    "apps/statefulset/sts-parallel.yaml": 20,
    "apps/statefulset/sts-partition.yaml": 44,
    "apps/statefulset/sts-pod-deleted-keeps-name.yaml": 36,
    "apps/statefulset/sts-rolling-update.yaml": 18,
    "apps/statefulset/sts-unready-blocks-scale-up.yaml": 32,
    "batch/job/job-completions.yaml": 6,
    "batch/job/job-fails-at-backoff-limit.yaml": 6,
    "batch/job/job-suspended.yaml": 11,
    "batch/job/job-ttl.yaml": 4,
    "core/node/all-nodes-down-stops-eviction.yaml": 27,
    "core/node/node-blip-shorter-than-toleration.yaml": 27,
    "core/node/node-deleted.yaml": 29,
    "core/node/node-down-evicts-after-toleration.yaml": 27,
    "core/persistentvolumeclaim/volume-binding-smallest-fit.yaml": 13,
    "core/pod/crash-loop.yaml": 10,
    "core/resourcequota/quota-stops-pods.yaml": 9,
    "core/service/headless-and-not-ready-addresses.yaml": 14,
    "core/service/service-selector-moves.yaml": 26,
    "discovery/endpointslice/readiness-drives-endpoints.yaml": 27,
    "meta/deleteoptions/delete-deployment-background.yaml": 12,
    "meta/deleteoptions/delete-deployment-foreground.yaml": 12,
    "meta/objectmeta/finalizer-holds.yaml": 28,
    "meta/objectmeta/owner-gone-dependents-collected.yaml": 17,
    "policy/poddisruptionbudget/drain-with-budget.yaml": 21,
    "policy/poddisruptionbudget/evict-unready-if-healthy-budget.yaml": 29,
    "policy/poddisruptionbudget/evict-up-to-the-budget.yaml": 20,
    "scheduling/pod/affinity-colocates.yaml": 14,
    "scheduling/pod/anti-affinity-one-per-node.yaml": 10,
    "scheduling/pod/conflicting-spread-constraints.yaml": 19,
    "scheduling/pod/cordon-all.yaml": 19,
    "scheduling/pod/host-port-conflict.yaml": 9,
    "scheduling/pod/insufficient-cpu-then-new-node.yaml": 17,
    "scheduling/pod/node-selector-nobody-matches.yaml": 16,
    "scheduling/pod/taint-and-toleration.yaml": 16,
    "scheduling/priorityclass/preemption.yaml": 23,
    "storage/storageclass/wait-for-first-consumer.yaml": 17,
}
"""The scenarios that agree in full, each with how many answers and facts that are."""

ON_THE_WAY: dict[str, tuple[int, str]] = {}
"""The others: how many answers and facts agree so far, and the parts of the model that are missing."""


@cache
def _wire(name):
    return yaml.load(SCENARIOS[name].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@cache
def _agreement(name):
    """Return how far the scenario agrees; each is run once."""
    return compare(SCENARIOS[name])


def _operations(name):
    return {next(op for op in step if not op.startswith("expect")) for step in _wire(name)["steps"]}


# What the model agrees with


@pytest.mark.parametrize("name", sorted(IN_FULL))
def test_a_scenario_that_agrees_in_full_goes_on_agreeing(name):
    """Every answer and every fact, as many as in the table."""
    agreement = _agreement(name)

    assert [str(difference) for difference in agreement.differences] == []
    assert (agreement.problem, agreement.agreed, agreement.total) == ("", IN_FULL[name], IN_FULL[name])


@pytest.mark.parametrize("name", sorted(ON_THE_WAY))
def test_what_agrees_so_far_goes_on_agreeing(name):
    """A change that lowers a count is a bug; one that completes a scenario moves it to the other table."""
    agreement = _agreement(name)

    assert agreement.agreed >= ON_THE_WAY[name][0]
    assert not agreement.whole, f"move {name} to IN_FULL: {agreement.total}"


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_request_is_answered_as_recorded(name):
    """The API server says yes and no as the real one does, also where the controllers behind it are missing."""
    differences = _agreement(name).differences

    assert [str(difference) for difference in differences if difference.about.startswith("response")] == []


def test_how_much_agrees(record_property):
    """The figures for the report."""
    agreements = [_agreement(name) for name in SCENARIOS]
    agreed, total = sum(one.agreed for one in agreements), sum(one.total for one in agreements)
    whole = sum(one.whole for one in agreements)
    record_property("recorded scenarios that agree in full", f"{whole} of {len(agreements)}")
    record_property("recorded answers and facts that agree", f"{agreed} of {total}")

    assert whole >= len(IN_FULL)
    assert agreed >= sum(count for count, _ in ON_THE_WAY.values()) + sum(IN_FULL.values())


def test_every_scenario_is_in_one_table():
    """A scenario that nobody runs shows nothing."""
    assert sorted(SCENARIOS) == sorted([*IN_FULL, *ON_THE_WAY])


def test_the_clauses_cite_what_agrees_in_full_and_nothing_else():
    """A promise is not shown by a run that ends otherwise, and a run that agrees shows something."""
    clauses = [clause for behaviour in read_behaviours() for clause in behaviour.clauses]
    cited = {scenario for clause in clauses for scenario in clause.scenarios}

    assert sorted(one for one in cited if f"/{OWN}/" not in one) == sorted(IN_FULL)


# What the files are


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_is_a_recording_of_its_name(name):
    """With every operation known, and something expected."""
    wire = _wire(name)

    assert SCENARIOS[name].stem == wire["metadata"]["name"]
    assert re.fullmatch(r"Kubernetes v1\.36\.\d+", wire["metadata"]["recordedOn"])
    assert _operations(name) <= {*ACTS, "wait", "settle"}
    assert any("expect" in step for step in wire["steps"])
