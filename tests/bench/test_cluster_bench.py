"""How fast a cluster runs: bare pods from apply to running on 50 nodes, and the states a second of a small search.

Counts gate; pods and states a second, and what a pod costs at 5,000 against 500, are reported.
"""

from __future__ import annotations

import functools
import time

import pytest
from cluster_models.bare import BARE

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.timing import Timing
from kcore.machine import Start, TableSystem, explore
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.users.apply import Apply

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
