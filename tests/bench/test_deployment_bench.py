"""How fast a whole control plane brings up a Deployment with a Service: from apply to all ready and in the slices.

A real control plane with fake kubelets took 28 s for 500 replicas on 50 nodes, on 2 cores. Counts gate: they are the
same on every machine, and a change that makes the cluster do more work shows in them. Seconds and ratios are reported.
"""

from __future__ import annotations

import functools
import time
from collections import Counter

import attrs
import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster import asking
from kcore.cluster.events import TurnTaken
from kcore.cluster.state import ClusterState
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.reconcile.podutil import is_pod_ready
from kcore.users.apply import Apply

CAPACITY = FrozenMap({"cpu": "64", "memory": "256Gi", "pods": "250"})


@attrs.frozen(kw_only=True)
class Size:
    """How much is brought up: so many Deployments, each with a Service, of so many replicas, on so many nodes."""

    deployments: int
    replicas: int
    nodes: int

    @property
    def pods(self):
        return self.deployments * self.replicas


WARM = Size(deployments=1, replicas=10, nodes=5)
SMALL = Size(deployments=1, replicas=500, nodes=50)
LARGE = Size(deployments=20, replicas=500, nodes=1000)
SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["500 pods on 50 nodes", "10,000 pods on 1,000 nodes"])


@attrs.frozen(kw_only=True)
class Run:
    """What a run came to: the state, process seconds from apply on, revisions, requests, and events by who acted."""

    state: ClusterState
    seconds: float
    revisions: int
    requests: int
    events: Counter[str]


def workload(name, replicas):
    """A Deployment of pods that ask for a tenth of a core, and the Service before them."""
    labels = {"app": name}
    container = {"name": "c", "image": "app:v1", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    deployment = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    service = {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}
    yield Json.of({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": deployment})
    yield Json.of({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": service})


def bring_up(size):
    """Apply the workloads to a cluster that has booted and stands still, and let it settle."""
    model = build_model()
    nodes = [NodeSpec(name=f"n{number:04}", capacity=CAPACITY) for number in range(size.nodes)]
    booted = settle(model, boot(model, Plan(nodes=nodes))).state
    objects = tuple(one for number in range(size.deployments) for one in workload(f"web{number}", size.replicas))
    requests, events = Counter(), Counter()

    def counted(store, request, context):
        requests[request.verb] += 1
        return handled(store, request, context)

    def watch(event, _):
        events[event.process.family if isinstance(event, TurnTaken) else type(event).__name__] += 1

    with pytest.MonkeyPatch.context() as patch:
        handled = asking.handle
        patch.setattr(asking, "handle", counted)
        began = time.process_time()
        end = settle(model, model.step(booted, Apply(objects=objects)).state, limit=3_600_000, watcher=watch)
        seconds = time.process_time() - began
    revisions = end.state.store.revision - booted.store.revision
    return Run(state=end.state, seconds=seconds, revisions=revisions, requests=requests.total(), events=events)


@functools.cache
def brought_up(size):
    """The fastest of a few runs, after one in which is learnt what is learnt once in a process."""
    bring_up(WARM)
    return min((bring_up(size) for _ in range(5 if size is SMALL else 1)), key=lambda run: run.seconds)


@SIZES
def test_a_deployment_gets_ready(size, record_property):
    """Every pod is ready and in a slice, after about four events, requests and revisions each."""
    run = brought_up(size)
    pods = run.state.store.list("Pod")
    endpoints = [one for found in run.state.store.list("EndpointSlice") for one in found.endpoints]
    record_property(f"{size.pods} pods, pods a second", round(size.pods / run.seconds))
    for count in ("requests", "revisions"):
        record_property(f"{size.pods} pods, {count}", getattr(run, count))
    for who, number in run.events.most_common():
        record_property(f"{size.pods} pods, events of {who}", number)

    assert len(pods) == size.pods
    assert all(map(is_pod_ready, pods))
    assert sum(one.conditions.ready for one in endpoints) == size.pods
    assert run.events.total() <= 4.5 * size.pods
    assert run.requests <= 4.5 * size.pods
    assert run.revisions <= 4.5 * size.pods


def test_a_pod_costs_what_it_costs_whatever_the_size_of_the_cluster(record_property):
    """A step costs what changed: twenty times the pods make about twenty times the events, requests and revisions."""
    small, large = brought_up(SMALL), brought_up(LARGE)
    times = LARGE.pods / SMALL.pods
    record_property("cost of a pod at 10,000 against 500", round(large.seconds / small.seconds / times, 2))

    assert large.events.total() <= 1.1 * times * small.events.total()
    assert large.requests <= 1.1 * times * small.requests
    assert large.revisions <= 1.1 * times * small.revisions
