"""Exhaustive searches of small clusters in which any two faults and a rollout may happen, in any order."""

from __future__ import annotations

import pytest
from invariant_models.searches import LEAN, ROLLOUT, Small, deployment, service

from kcore.api.evolve import evolve
from kcore.client.turn import Turn
from kcore.cluster.timing import Timing
from kcore.invariants.table import INVARIANTS, laws_under
from kcore.kubelet import KUBELET
from kcore.machine import Outcome

FAULTS = ("containerCrash", "kubeletStop", "nodeCrash", "nodePartition", "podDelete", "readinessLost")

MET = (
    "replicas-within-surge",
    "rollouts-keep-available",
    "replicaset-status-counts-when-settled",
    "slices-hold-pods-when-settled",
    "phases-in-table",
    "addresses-unique",
    "runs-where-bound",
    "bound-within-allocatable",
)
"""Laws that two faults and a rollout put to the test."""


def unseen(memory, view, key):
    """A kubelet that renews no Lease, where nobody looks at Leases: most of what it does otherwise."""
    return Turn() if key.kind == "Lease" else KUBELET.reconcile(memory, view, key)


QUIET = tuple(evolve(one, reconcile=unseen) if one is KUBELET else one for one in LEAN)


@pytest.mark.parametrize(
    ("pods", "nodes", "states"),
    [
        pytest.param(2, 2, 1067, id="2 pods on 2 nodes"),
        pytest.param(2, 3, 1656, id="2 pods on 3 nodes"),
        pytest.param(3, 2, 1812, id="3 pods on 2 nodes"),
        pytest.param(3, 3, 2270, id="3 pods on 3 nodes"),
    ],
)
def test_every_law_holds_through_any_two_faults_and_a_rollout(pods, nodes, states, record_property):
    """Each fault may be followed by each other or itself, before, after and amid the rollout; all states are seen."""
    names = tuple(f"n{number + 1}" for number in range(nodes))
    budget = {"rollout": 1, "total": 2, **dict.fromkeys(FAULTS, 2)}
    small = Small(components=QUIET, objects=(deployment(pods), service()), nodes=names, acts=ROLLOUT, budget=budget)
    laws = [one.property for one in laws_under(Timing.PROMPT)]
    findings = small.search([*laws, *(INVARIANTS[name].witness for name in MET)])
    record_property("states", findings.coverage.states)

    assert {one.property: one.why for one in findings.verdicts if one.outcome is not Outcome.HOLDS} == {}
    assert findings.coverage.limit is None
    assert findings.coverage.states == states
