"""The laws of kcore hold in 2,000 Hypothesis examples of 50 steps over small clusters, under every timing.

Eight machines of 250 examples each, so that several processes can share them. An example is a run of 50 steps, of which
each is one fault, one act of a person, one move of the cluster or many.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from small_clusters import DB, LONG, QUICK, SHORT, WEB, budget, deployment, service, stateful_set

from kcore.cluster.timing import Timing
from kcore.testing import cluster_machine
from kcore.testing.acts import deletions, drains, evictions, rollouts, scalings, uncordons

MACHINES = 8
EXAMPLES = 250
STEPS = 50

SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
CALLS = {"callAstray": 2, "processRestart": 1}


def machine(objects, *, waits=SHORT, timing=Timing.PROMPT, **given):
    """The test case of a small cluster with these objects; the laws of its timing are asked."""
    return cluster_machine(objects, config=QUICK, waits=waits, timing=timing, settings=SETTINGS, **given).TestCase


class TestTwoPodsOnTwoNodes(
    machine(
        [deployment(2), service()],
        nodes=2,
        faults={"containerCrash": 2, "readinessLost": 2, "nodePartition": 1},
        waits=LONG,
        acts=[scalings(WEB, 1, 3), deletions()],
    )
):
    """A Deployment of two pods, whose containers fail and whose node is cut off."""


class TestThreePodsOnThreeNodes(
    machine(
        [deployment(3), service()],
        nodes=3,
        faults={"nodeCrash": 1, "kubeletStop": 1, "containerCrash": 1},
        waits=LONG,
        acts=[deletions("Node", most=1), deletions(force=True, most=1)],
        settled=False,
    )
):
    """A Deployment of three pods, from its creation on, whose machines and kubelets stop."""


class TestARollout(
    machine(
        [deployment(2), service()],
        nodes=2,
        faults={"containerCrash": 1, "readinessLost": 1},
        acts=[rollouts(WEB, "web:v2", "web:v3", most=3), scalings(WEB, 1, 3)],
    )
):
    """A Deployment that is rolled out and scaled at the same time."""


class TestAStatefulSet(
    machine(
        [stateful_set(2), service("db")],
        nodes=2,
        faults={"nodePartition": 1, "containerCrash": 1, "readinessLost": 1},
        waits=LONG,
        acts=[rollouts(DB, "db:v2"), scalings(DB, 1, 3), deletions(), deletions(force=True, most=1)],
    )
):
    """A StatefulSet whose pods are deleted, also by force while their node is cut off."""


class TestADrain(
    machine(
        [deployment(3), budget(), service()],
        nodes=3,
        faults={"readinessLost": 2, "containerCrash": 1},
        acts=[drains(most=2), uncordons(), evictions(), rollouts(WEB, "web:v2")],
    )
):
    """Nodes are drained while a budget protects the pods and a rollout goes on."""


class TestAnyOrderOfTurns(
    machine(
        [deployment(2), budget(), service()],
        nodes=2,
        timing=Timing.INTERLEAVED,
        faults={"containerCrash": 1, "nodePartition": 1},
        acts=[rollouts(WEB, "web:v2"), scalings(WEB, 1, 3), evictions(), deletions(most=1)],
    )
):
    """Controllers take turns in any order."""


class TestCachesThatLag(
    machine(
        [deployment(2), service()],
        nodes=2,
        timing=Timing.LAGGING,
        faults={"containerCrash": 1, "readinessLost": 1},
        acts=[rollouts(WEB, "web:v2"), scalings(WEB, 1, 3), deletions(most=1)],
        settled=False,
    )
):
    """Each cache hears of changes in its own time."""


class TestCallsThatGetLost(
    machine(
        [deployment(2), service()],
        nodes=2,
        timing=Timing.LOSSY,
        faults={"containerCrash": 1, **CALLS},
        acts=[rollouts(WEB, "web:v2"), scalings(WEB, 1, 3)],
        settled=False,
    )
):
    """Requests and answers get lost or come twice, and processes crash between two writes."""


def test_the_examples_are_two_thousand_of_fifty_steps():
    """What the machines above come to; each says in its settings how many examples it runs."""
    machines = [one for name, one in globals().items() if isinstance(one, type) and name.startswith("Test")]

    assert len(machines) == MACHINES
    assert sum(one.settings.max_examples for one in machines) >= 2_000
    assert {one.settings.stateful_step_count for one in machines} == {50}
