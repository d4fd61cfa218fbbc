"""All ways that a small workload may go, whatever fails on the way: every law holds, and it is whole in the end.

Lean clusters are disturbed at any moment, and every state is seen. The loss of a machine takes heartbeats to be
noticed: it happens in settled states of a whole cluster, which is then left alone for twenty minutes.
"""

from __future__ import annotations

import attrs
import pytest
from invariant_models.searches import deployment
from invariant_models.sets import autoscaled, daemon_set, stateful_set
from invariant_models.workloads import (
    ENDS,
    WHOLE,
    Small,
    asked,
    job,
    of_claims,
    of_daemon_set,
    of_deployment,
    of_job,
    of_replica_set,
    of_stateful_set,
    patient,
    replica_set,
    whole,
)

from kcore.cluster.timing import Timing
from kcore.controllers.podautoscaler import HORIZONTALPODAUTOSCALER
from kcore.invariants.table import INVARIANTS, laws_under
from kcore.machine import Outcome, Start
from kcore.model.components import COMPONENTS
from kcore.verify.system import cluster_system
from kcore.verify.timed import judge_timed

AT_ANY_MOMENT = [
    pytest.param(of_replica_set(2, {"podDelete": 1}, anywhere=True), (9, 16), id="ReplicaSet: a kill"),
    pytest.param(
        of_replica_set(1, {"podDelete": 1, "containerCrash": 1}, anywhere=True),
        (527, 923),
        id="ReplicaSet: a kill and a crash",
    ),
    pytest.param(of_deployment(2, {"rollout": 1}, anywhere=True), (13, 16), id="Deployment: a rollout"),
    pytest.param(
        of_deployment(1, {"rollout": 1, "podDelete": 1}, anywhere=True), (142, 280), id="Deployment: a rollout, a kill"
    ),
    pytest.param(of_deployment(2, {"containerCrash": 1}, anywhere=True), (6, 13), id="Deployment: a crash"),
    pytest.param(
        of_stateful_set(2, {"rollout": 1, "podDelete": 1}, anywhere=True),
        (176, 349),
        id="StatefulSet: a rollout, a kill",
    ),
    pytest.param(of_stateful_set(2, {"containerCrash": 1}, anywhere=True), (8, 14), id="StatefulSet: a crash"),
    pytest.param(
        of_daemon_set({"rollout": 1, "podDelete": 1}, anywhere=True), (132, 287), id="DaemonSet: a rollout, a kill"
    ),
    pytest.param(of_daemon_set({"containerCrash": 1}, anywhere=True), (6, 13), id="DaemonSet: a crash"),
    pytest.param(
        of_job({"podDelete": 1}, spec={"completions": 2}, anywhere=True), (392, 641), id="Job of two in turn: a kill"
    ),
    pytest.param(
        of_job({"containerCrash": 1}, spec={"completions": 2, "parallelism": 2}, anywhere=True),
        (158, 173),
        id="Job of two at once: a crash",
    ),
    pytest.param(
        of_job({"podDelete": 1}, spec={"completions": 2, "parallelism": 2, "completionMode": "Indexed"}, anywhere=True),
        (335, 578),
        id="Indexed Job: a kill",
    ),
]
"""A kill is the deletion of a pod, a crash that of its containers."""


@pytest.mark.parametrize(("cluster", "counts"), AT_ANY_MOMENT)
def test_a_workload_that_is_disturbed_at_any_moment_keeps_all_laws_and_is_whole_in_the_end(cluster, counts):
    """All states are seen, and their number is known."""
    findings = cluster.search(asked(), states=5_000)

    assert {one.property: one.why for one in findings.verdicts if one.outcome is not Outcome.HOLDS} == {}
    assert findings.coverage.limit is None
    assert (findings.coverage.states, findings.coverage.transitions) == counts


def test_what_is_never_whole_is_found_out():
    """A StatefulSet of a pod that may stop being ready, which nobody need mend."""
    findings = of_stateful_set(1, {"readinessLost": 1}).search(asked(), states=500)

    assert findings[WHOLE].outcome is Outcome.VIOLATED


CLAIMS = ("claims-stay-with-their-identity", "retained-claims-have-no-owner")
DELETED = {"whenDeleted": "Retain", "whenScaled": "Delete"}


@pytest.mark.parametrize(
    ("cluster", "witnessed", "counts"),
    [
        pytest.param(
            of_claims({"podDelete": 1, "down": 1, "up": 1}), CLAIMS, (23, 29), id="retained: a kill, down and up"
        ),
        pytest.param(
            of_claims({"podDelete": 1, "down": 1, "up": 1}, policy=DELETED),
            CLAIMS[:1],
            (24, 29),
            id="deleted when scaled: a kill, down and up",
        ),
        pytest.param(
            of_claims({"podDelete": 1, "down": 1}, anywhere=True),
            CLAIMS,
            (154, 294),
            id="retained: a kill and down, at any moment",
        ),
    ],
)
def test_claims_stay_with_their_identity_whatever_becomes_of_the_pods(cluster, witnessed, counts):
    """With all other laws, those of storage among them."""
    laws = [one.property for one in laws_under(Timing.PROMPT)]
    findings = cluster.search([*laws, *(INVARIANTS[name].witness for name in witnessed)], states=2_000)

    assert {one.property: one.why for one in findings.verdicts if one.outcome is not Outcome.HOLDS} == {}
    assert findings.coverage.limit is None
    assert (findings.coverage.states, findings.coverage.transitions) == counts


def test_an_autoscaler_keeps_its_bounds_and_comes_to_rest_though_a_pod_is_killed():
    """In settled states: it looks every 15 s, and each look is a state of its own."""
    names = ("autoscaled-sizes-within-bounds", "autoscalers-come-to-rest")
    cluster = autoscaled(HORIZONTALPODAUTOSCALER, 900, budget={"podDelete": 1})
    laws = [one.property for one in laws_under(Timing.PROMPT)]
    findings = cluster.search([*laws, *(INVARIANTS[name].property for name in names[1:])], states=2_000)

    assert {one.property: one.why for one in findings.verdicts if one.outcome is not Outcome.HOLDS} == {}
    assert findings.coverage.limit is None
    assert (findings.coverage.states, findings.coverage.transitions) == (26, 26)


AFTER = 1_200_000

LOSSES = [
    pytest.param((patient(replica_set(2)),), (), True, 3, id="ReplicaSet"),
    pytest.param((patient(deployment(2)),), (), True, 3, id="Deployment"),
    pytest.param((patient(daemon_set()),), (), True, 3, id="DaemonSet: nothing is wanted where nothing can run"),
    pytest.param((patient(stateful_set(2)),), (), False, 1, id="StatefulSet, a trap: an identity is not given anew"),
    pytest.param((stateful_set(2),), (), True, 4, id="StatefulSet whose pods are given no time to stop"),
    pytest.param((), (patient(job()),), False, 2, id="Job, a trap: it waits for its pod to be gone"),
    pytest.param((), (job(),), True, 8, id="Job whose pods are given no time to stop"),
]


@pytest.mark.parametrize(("objects", "early", "comes_back", "states"), LOSSES)
def test_a_workload_is_whole_again_after_the_loss_of_a_machine(objects, early, comes_back, states):
    """Of any, in any settled state; but for the traps, in which a pod of the lost machine has to be taken away."""
    cluster = Small(
        components=COMPONENTS,
        objects=objects,
        early=early,
        behaviors=(attrs.evolve(ENDS, after=60_000),),
        budget={"nodeCrash": 1},
        named=("db",),
    )
    model = cluster.model()
    system = cluster_system(model, {Start("a small cluster"): cluster.start(model)}, settled=True, named=("db",))
    verdict = judge_timed(model, system, "it is whole", whole, AFTER, 500)

    assert (verdict.outcome is Outcome.HOLDS) is comes_back
    assert verdict.coverage.states == states
