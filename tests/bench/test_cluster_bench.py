"""How fast a cluster runs: bare pods from apply to running on 50 nodes, and the states a second of a small search.

Counts gate; pods and states a second, bytes a state, and what a pod costs at 5,000 against 500, are reported.
"""

from __future__ import annotations

import functools
import sys
import time

import pytest
from cluster_models.bare import BARE

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.timing import Timing
from kcore.machine import UNLIMITED, Outcome, Start, TableSystem, always, explore, sometimes
from kcore.machine.progress import SILENT
from kcore.machine.search import Search
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.users.apply import Apply
from kcore.verify.system import cluster_system

CAPACITY = FrozenMap({"cpu": "64", "memory": "256Gi", "pods": "250"})


def pod(number: int) -> Json:
    """A pod that asks for a tenth of a core."""
    container = {"name": "c", "image": "app:v1", "resources": {"requests": {"cpu": "100m"}}}
    metadata = {"name": f"p{number:05}", "labels": {"app": "web"}}
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})


def with_pods(pods: int, nodes: int, timing: Timing = Timing.PROMPT, components=COMPONENTS):
    """A cluster to which pods were just applied."""
    model = build_model(components)
    specs = [NodeSpec(name=f"n{number:03}", capacity=CAPACITY) for number in range(nodes)]
    state = boot(model, Plan(nodes=specs, timing=timing))
    return model, model.step(state, Apply(objects=tuple(map(pod, range(pods))))).state


@functools.cache
def settled(pods: int):
    """The end of a run of so many pods on 50 nodes, and its seconds from apply on."""
    began = time.process_time()
    model, state = with_pods(pods, 50)
    end = settle(model, state, limit=600_000)
    return end, time.process_time() - began


@pytest.mark.parametrize("pods", [500, 5000], ids=["500 pods", "5,000 pods"])
def test_bare_pods_get_to_run(pods, record_property):
    """Every pod runs in the end, after about six turns or moves each, and the log has not grown with them."""
    end, seconds = settled(pods)
    record_property(f"{pods} bare pods on 50 nodes, pods a second", round(pods / seconds))

    assert sum(found.status.phase == "Running" for found in end.state.store.list("Pod")) == pods
    assert end.quiet
    assert end.events <= 8 * pods
    assert len(end.state.store.log) < 2000


def test_a_pod_costs_what_it_costs_whatever_the_size_of_the_cluster(record_property):
    """A step costs what changed: the tenfold number of pods takes about the tenfold time."""
    per_pod = {pods: settled(pods)[1] / pods for pods in (500, 5000)}
    record_property("cost of a pod at 5,000 against 500", round(per_pod[5000] / per_pod[500], 2))

    assert settled(5000)[0].events < 11 * settled(500)[0].events


def test_a_small_cluster_is_searched(record_property):
    """Two pods on two nodes, whoever moves first and hears of it when: every state once."""
    model, state = with_pods(2, 2, Timing.LAGGING, BARE)
    system = TableSystem(model.table, {Start("two pods"): state}, Fingerprinter())
    began = time.process_time()
    coverage = explore(system).coverage
    record_property(
        "search of a lagging cluster, states a second", round(coverage.states / (time.process_time() - began))
    )

    assert coverage.limit is None
    assert coverage.states == 814


def five_pods(**budget):
    """A ReplicaSet of five pods on two nodes, settled, and the faults that may befall it."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "app:v1"}]}}
    spec = {"replicas": 5, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    body = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": spec}
    model = build_model()
    specs = [NodeSpec(name=f"n{number}", capacity=CAPACITY) for number in (1, 2)]
    state = settle(model, boot(model, Plan(nodes=specs, budget=FrozenMap(budget)))).state
    return model, settle(model, model.step(state, Apply(objects=(Json.of(body),))).state).state


def at_work(state):
    """How many sandboxes really run on machines that have power."""
    return sum(one.running and state.world.machine(one.id.node).powered for one in state.world.sandboxes.values())


def asked():
    """What is asked of five pods."""
    return (
        always("there are never more than ten pods", lambda state: len(state.store.list("Pod")) <= 10),
        always("at least four containers run", lambda state: at_work(state) >= 4),
        sometimes("three containers run again", lambda state: _restarts(state) >= 3),
    )


def _restarts(state):
    return sum(one.restarts for sandbox in state.world.sandboxes.values() for one in sandbox.containers)


def test_five_pods_with_three_crashes_are_searched_with_and_without_symmetry(record_property):
    """Whenever the cluster has settled a container may crash, three times: the same verdicts, of fewer states."""
    model, state = five_pods(containerCrash=3)
    outcomes, seen = {}, {}
    for symmetry, words in ((True, "with symmetry"), (False, "without symmetry")):
        system = cluster_system(model, {Start("five pods"): state}, symmetry=symmetry, settled=True)
        began = time.process_time()
        findings = explore(system, asked())
        seconds = time.process_time() - began
        coverage, seen[symmetry] = findings.coverage, findings.coverage.states
        outcomes[symmetry] = [one.outcome for one in findings.verdicts]
        visited = coverage.states + coverage.passed
        record_property(
            f"three crashes {words}: kept and passed states, and a second",
            (coverage.states, coverage.passed, round(visited / seconds)),
        )

    assert outcomes[True] == outcomes[False] == [Outcome.HOLDS, Outcome.VIOLATED, Outcome.HOLDS]
    assert seen[True] < seen[False] / 2


@pytest.mark.parametrize("symmetry", [True, False], ids=["with symmetry", "without symmetry"])
def test_five_pods_whose_every_state_is_kept(symmetry, record_property):
    """A container may crash at any time while the cluster idles: each state once, at less than 250 bytes a state."""
    model, state = five_pods(containerCrash=1)
    system = cluster_system(model, {Start("five pods"): state}, symmetry=symmetry, passing=False)
    search = Search(system, [], UNLIMITED, SILENT)
    began = time.process_time()
    coverage = search.run()
    record_property("every state kept, states a second", round(coverage.states / (time.process_time() - began)))
    size = sum(map(sys.getsizeof, (search._visited, search._order, search._parents)))
    size += sum(map(sys.getsizeof, search._visited))
    record_property("every state kept, bytes a state", round(size / coverage.states))

    assert coverage.limit is None
    assert size / coverage.states < 250
