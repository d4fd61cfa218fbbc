"""Exhaustive searches of small clusters: every law holds in every state, and the states are counted."""

from __future__ import annotations

import pytest
from invariant_models.searches import ROLLOUT, Small, deployment, service, web

from kcore.cluster.timing import Timing
from kcore.controllers.deployment import DEPLOYMENT
from kcore.controllers.replicaset import REPLICASET
from kcore.invariants.table import INVARIANTS, laws_under
from kcore.kubelet import KUBELET
from kcore.machine import Outcome
from kcore.scheduler import SCHEDULER
from kcore.users.rollout import SetImage

MET = (
    "replicas-within-surge",
    "rollouts-keep-available",
    "one-replicaset-a-template",
    "deployment-status-sums-when-settled",
    "newest-revision-is-current-when-settled",
    "pods-within-replicas",
    "replicas-as-wanted-when-settled",
    "replicaset-status-counts-when-settled",
    "slices-hold-pods-when-settled",
    "one-controller",
    "revisions-grow",
    "generations-grow",
    "status-not-ahead",
    "phases-in-table",
    "bound-once",
    "addresses-unique",
    "runs-where-bound",
)
"""The laws that a rollout puts to the test."""


def rollout(pods, nodes, **faults):
    """A Deployment behind a Service, with one rollout and some faults in settled states."""
    names = tuple(f"n{number + 1}" for number in range(nodes))
    objects = (deployment(pods), service())
    return Small(objects=objects, nodes=names, acts=ROLLOUT, budget={"rollout": 1, **faults})


def judged(small, *witnesses):
    """The findings of a search that asks for all laws of its timing, and for witnesses."""
    laws = [one.property for one in laws_under(small.timing)]
    return small.search([*laws, *(INVARIANTS[name].witness for name in witnesses)])


@pytest.mark.parametrize(
    ("small", "states"),
    [
        pytest.param(rollout(2, 2), 10, id="2 pods on 2 nodes, no fault"),
        pytest.param(rollout(3, 3), 10, id="3 pods on 3 nodes, no fault"),
        pytest.param(rollout(2, 2, containerCrash=2), 41, id="2 pods on 2 nodes, two crashes"),
        pytest.param(rollout(2, 2, readinessLost=2), 53, id="2 pods on 2 nodes, two losses of readiness"),
        pytest.param(rollout(2, 2, nodeCrash=1, readinessLost=1), 101, id="2 pods on 2 nodes, a machine and readiness"),
        pytest.param(rollout(2, 3, containerCrash=1, readinessLost=1), 83, id="2 pods on 3 nodes, crash and readiness"),
        pytest.param(rollout(2, 2, nodePartition=1), 28, id="2 pods on 2 nodes, a cut that is mended"),
        pytest.param(rollout(2, 2, kubeletStop=1), 33, id="2 pods on 2 nodes, a kubelet that is started again"),
        pytest.param(rollout(3, 2, containerCrash=1, nodeCrash=1), 89, id="3 pods on 2 nodes, a crash and a machine"),
        pytest.param(rollout(3, 3, nodeCrash=2), 53, id="3 pods on 3 nodes, two machines"),
    ],
)
def test_every_law_holds_in_every_state_of_a_small_cluster(small, states, record_property):
    """All states are seen; the laws hold in each, and what they are about happens."""
    findings = judged(small, *MET)
    record_property("states", findings.coverage.states)

    assert {one.property: one.why for one in findings.verdicts if one.outcome is not Outcome.HOLDS} == {}
    assert findings.coverage.limit is None
    assert findings.coverage.states == states


@pytest.mark.parametrize(
    ("timing", "states"),
    [
        pytest.param(Timing.INTERLEAVED, 74, id="interleaved: any controller may go first"),
        pytest.param(Timing.LAGGING, 2085, id="lagging: a cache hears late"),
    ],
)
def test_the_laws_of_a_timing_hold_in_every_state_of_a_lean_cluster(timing, states, record_property):
    """Two controllers bring a Deployment of two pods into being, each seeing what it sees."""
    small = Small(components=(DEPLOYMENT, REPLICASET), early=(deployment(2),), timing=timing, anywhere=True)
    findings = judged(small)
    record_property("states", findings.coverage.states)

    assert {one.property: one.why for one in findings.verdicts if one.outcome is not Outcome.HOLDS} == {}
    assert findings.coverage.limit is None
    assert findings.coverage.states == states


@pytest.mark.parametrize(
    ("cut_short", "outcome"),
    [
        pytest.param(0, Outcome.HOLDS, id="a rollout that is left alone"),
        pytest.param(1, Outcome.VIOLATED, id="a rollout that another cuts short"),
    ],
)
def test_a_rollout_that_is_cut_short_has_more_pods_for_a_moment(cut_short, outcome):
    """The new ReplicaSet makes its pods before an older one has deleted those that it lost."""
    acts = {**ROLLOUT, "another": SetImage(target=web(), image="app:v3")}
    small = Small(
        components=(DEPLOYMENT, REPLICASET, SCHEDULER, KUBELET),
        objects=(deployment(2),),
        acts=acts,
        budget={"rollout": 1, "another": cut_short},
        anywhere=True,
    )

    assert small.search([INVARIANTS["pods-within-surge"].property])["pods-within-surge"].outcome is outcome
