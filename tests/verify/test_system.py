"""Clusters as systems: idle ones close, alike pods and nodes are one, and what is passed through is judged."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.timing import Timing
from kcore.faults.container_crash import ContainerCrash
from kcore.machine import (
    Limits,
    Outcome,
    Start,
    always,
    converges,
    eventually,
    explore,
    explore_randomly,
    leads_to,
    never,
    run,
    sometimes,
    stays,
)
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.verify.passage import QUIET, is_settled
from kcore.verify.system import cluster_system

CAPACITY = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
MODEL = build_model()


def replica_set(replicas):
    """A ReplicaSet of some pods."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": spec}


def cluster(*, nodes=2, replicas=0, budget=None, timing=Timing.PROMPT, ready=True):
    """A cluster that has settled, with a ReplicaSet on it that has settled too if it is to be `ready`."""
    specs = [NodeSpec(name=f"n{number + 1}", capacity=CAPACITY) for number in range(nodes)]
    state = boot(MODEL, Plan(nodes=specs, timing=timing, budget=FrozenMap(budget or {})))
    if not replicas:
        return state
    state = MODEL.step(settle(MODEL, state).state, Apply(objects=(Json.of(replica_set(replicas)),))).state
    return settle(MODEL, state).state if ready else state


def searched(state, **options):
    """The system of a cluster."""
    return cluster_system(MODEL, {Start("cluster"): state}, **options)


def pods(state):
    """The pods of the ReplicaSet."""
    return state.store.list("Pod")


def running(state):
    """How many pods the API says are running."""
    return sum(pod.status.phase == "Running" for pod in pods(state))


def at_work(state):
    """How many sandboxes really run on machines that have power."""
    return sum(one.running and state.world.machine(one.id.node).powered for one in state.world.sandboxes.values())


def questions(replicas):
    """What is asked of a ReplicaSet; some of it is false of most clusters."""
    return (
        always("there are never more than twice as many pods", lambda state: len(pods(state)) <= 2 * replicas),
        always("all pods run", lambda state: running(state) == replicas),
        always("a container runs", lambda state: at_work(state) >= 1),
        always("no more containers run than are asked for", lambda state: at_work(state) <= replicas),
        never("a pod is started twice", lambda state: any(restarts(state) > 1 for _ in pods(state))),
        sometimes("a container runs no more", lambda state: at_work(state) < replicas),
        sometimes("a container runs again", lambda state: restarts(state) >= 1),
        sometimes("two containers run again", lambda state: restarts(state) >= 2),
        sometimes("a node is given up", lambda state: any(node.spec.taints for node in state.store.list("Node"))),
    )


def restarts(state):
    """How often containers were started again."""
    return sum(one.restarts for sandbox in state.world.sandboxes.values() for one in sandbox.containers)


@pytest.mark.parametrize(
    ("nodes", "states"),
    [pytest.param(1, 20, id="one node"), pytest.param(2, 26, id="two nodes"), pytest.param(3, 32, id="three nodes")],
)
def test_an_idle_cluster_with_heartbeats_closes(nodes, states):
    """All components run, Leases are renewed for ever, and there is nothing new under the sun."""
    coverage = explore(searched(cluster(nodes=nodes), symmetry=False, passing=False)).coverage

    assert coverage.limit is None
    assert (coverage.states, coverage.transitions, coverage.terminal) == (states, states, 0)


def test_a_cluster_that_was_cut_in_two_closes_too():
    """A node is given up, its pods are replaced, and the cluster is as quiet as before: what is old is forgotten."""
    coverage = explore(searched(cluster(replicas=2, budget={"nodePartition": 1}), settled=True)).coverage

    assert coverage.limit is None
    assert coverage.terminal >= 1
    assert coverage.states < 30


SEARCHES = {
    "two crashes in settled states": ({"replicas": 3, "budget": {"containerCrash": 2}}, {"settled": True}),
    "a partition in settled states": ({"replicas": 2, "budget": {"nodePartition": 1}}, {"settled": True}),
    "a lost machine in settled states": ({"replicas": 4, "budget": {"nodeCrash": 1}}, {"settled": True}),
    "a crash at any time": ({"replicas": 3, "budget": {"containerCrash": 1}}, {}),
    "a lost machine at any time": ({"replicas": 1, "budget": {"nodeCrash": 1}}, {}),
    "pods that come up": ({"replicas": 3, "ready": False}, {}),
}


@pytest.mark.parametrize(("given", "options"), list(SEARCHES.values()), ids=list(SEARCHES))
def test_verdicts_do_not_depend_on_symmetry(given, options):
    """With alike pods and nodes as one and without: the same is said of each question, and fewer states are seen."""
    state, asked = cluster(**given), questions(given["replicas"])
    reduced = explore(searched(state, **options), asked)
    plain = explore(searched(state, symmetry=False, **options), asked)

    assert [one.outcome for one in reduced.verdicts] == [one.outcome for one in plain.verdicts]
    assert {one.outcome for one in reduced.verdicts} == {Outcome.HOLDS, Outcome.VIOLATED}
    assert reduced.coverage.states <= plain.coverage.states
    assert "alike pods and nodes" in reduced.coverage.reductions


def test_alike_pods_are_one():
    """Whichever of three pods crashes: two are on one node and the third is alone, which makes two cases."""
    state = cluster(replicas=3, budget={"containerCrash": 1})

    states = {
        symmetry: explore(searched(state, symmetry=symmetry, settled=True)).coverage.states
        for symmetry in (True, False)
    }

    assert states[True] < states[False]


@pytest.mark.parametrize("name", ["two crashes in settled states", "a crash at any time", "pods that come up"])
def test_verdicts_do_not_depend_on_what_is_passed_through(name):
    """What happens between two moments at which something else could happen is judged all the same."""
    given, options = SEARCHES[name]
    state, asked = cluster(**given), questions(given["replicas"])
    passing = explore(searched(state, **options), asked)
    stepwise = explore(searched(state, passing=False, **options), asked)

    assert [one.outcome for one in passing.verdicts] == [one.outcome for one in stepwise.verdicts]
    assert passing.coverage.passed > 0
    assert stepwise.coverage.passed == 0
    assert passing.coverage.states < stepwise.coverage.states


@pytest.mark.parametrize("passing", [True, False], ids=["passing through", "step by step"])
@pytest.mark.parametrize("name", list(SEARCHES)[:4])
def test_a_trace_is_run_again_from_itself(name, passing):
    """Each trace ends in the state that decides, and in none before, whatever was passed through on the way."""
    given, options = SEARCHES[name]
    state = cluster(**given)
    asked_of = questions(given["replicas"])
    findings = explore(searched(state, passing=passing, **options), asked_of)
    for asked in asked_of:
        trace = findings[asked.name].trace
        if trace is not None:
            again = run(MODEL.table, state, trace.events)
            decided = [asked.holds(one) is (asked.kind.value in {"sometimes", "never"}) for one in again.states]

            assert again.refusal is None
            assert decided == [False] * len(trace) + [True]


def test_faults_wait_until_the_cluster_has_settled():
    """Where so asked, a container crashes only when no object has changed for a while."""
    state = cluster(replicas=1, budget={"containerCrash": 2})
    crashed = never("two crashes", lambda one: one.budget["containerCrash"] == 0)
    trace = explore(searched(state, settled=True), [crashed]).verdicts[0].trace
    states = run(MODEL.table, state, trace.events).states
    crashes = [states[place] for place, event in enumerate(trace.events) if isinstance(event, ContainerCrash)]

    assert len(crashes) == 2
    assert all(is_settled(one) for one in crashes)


def test_liveness_is_judged_on_a_cluster():
    """Pods come up on every run and stay up; a heartbeat is never the end; a lasso comes back to where it began."""
    state = cluster(replicas=3, ready=False)
    system = searched(state)
    asked = (
        eventually("three run", lambda one: running(one) == 3),
        leads_to("one is followed by three", lambda one: running(one) == 1, lambda one: running(one) == 3),
        stays("three stay", lambda one: running(one) == 3),
        converges("all is quiet", lambda one: running(one) == 3 and one.now - one.last_change > QUIET),
        eventually("four run", lambda one: running(one) == 4),
        converges("nothing moves any more"),
    )
    findings = explore(system, asked)
    verdicts = findings.verdicts

    assert [one.outcome for one in verdicts] == [Outcome.HOLDS] * 4 + [Outcome.VIOLATED] * 2
    trace = findings["four run"].trace
    again = run(MODEL.table, state, trace.events)
    ((start, _),) = system.starts()
    ends = [
        cluster_system(MODEL, {start: one}, symmetry=False).starts()[0][1].fingerprint
        for one in (again.states[trace.loop], again.final)
    ]

    assert again.refusal is None
    assert ends[0] == ends[1]


def test_a_loop_with_faults_that_end_is_fair():
    """A pod that crashes comes back on every run, as its kubelet is owed its turns."""
    state = cluster(nodes=1, replicas=1, budget={"containerCrash": 1})
    back = leads_to("it comes back", lambda one: not at_work(one), lambda one: at_work(one) == 1)

    assert explore(searched(state), [back]).verdicts[0].outcome is Outcome.HOLDS


def test_random_walks_take_each_event_for_itself():
    """A walk through a cluster meets what happens on the way."""
    state = cluster(replicas=2, ready=False)
    findings = explore_randomly(
        searched(state), [sometimes("one runs before the other", lambda one: running(one) == 1)], runs=1, steps=60
    )

    assert findings.verdicts[0].outcome is Outcome.HOLDS


def test_limits_count_states_that_are_kept():
    """A search that is cut short says so."""
    state = cluster(replicas=2, budget={"containerCrash": 2})
    coverage = explore(searched(state), limits=Limits(states=10)).coverage

    assert coverage.states == 10
    assert coverage.limit == "the limit of 10 states"
