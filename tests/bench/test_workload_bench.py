"""What a sync of one workload costs: what it owns, however many there are of its kind.

Counted are the reads of the view, each with what it answered, and the calls. Counts gate; seconds are reported.
"""

from __future__ import annotations

import time

import pytest

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.controllers.daemonset import DAEMONSET
from kcore.controllers.deployment import DEPLOYMENT
from kcore.controllers.podautoscaler import HORIZONTALPODAUTOSCALER
from kcore.controllers.podautoscaler.horizontal import RESYNC_PERIOD
from kcore.controllers.replicaset import REPLICASET
from kcore.controllers.replication import replication
from kcore.controllers.statefulset import STATEFULSET
from kcore.world.metrics import SOURCES, Load, Metrics, MetricsView
from kcore.world.world import build_world

NOW = 946_684_800_000
PODS = 3


def template(name):
    container = {"name": "c", "image": "web:1", "resources": {"requests": {"cpu": "100m"}}}
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}


def meta(kind, version, name, **more):
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "default", "uid": name, **more},
    }


def workload(kind, version, name):
    selector = {"app": name} if kind == "ReplicationController" else {"matchLabels": {"app": name}}
    spec = {"replicas": PODS, "selector": selector, "template": template(name), "serviceName": name}
    extra = {
        "Deployment": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}},
        "StatefulSet": {"updateStrategy": {"type": "RollingUpdate"}, "podManagementPolicy": "Parallel"},
        "DaemonSet": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}},
    }
    return {**meta(kind, version, name, generation=1), "spec": {**spec, **extra.get(kind, {})}, "status": {}}


def pods(kind, version, name):
    owner = {"apiVersion": version, "kind": kind, "name": name, "uid": name, "controller": True}
    more = {"labels": {"app": name}, "ownerReferences": [owner]}
    for at in range(PODS):
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        spec = {**template(name)["spec"], "nodeName": f"n{at}"}
        yield {**meta("Pod", "v1", f"{name}-{at}", **more), "spec": spec, "status": status}


def autoscaler(name):
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name}
    spec = {"minReplicas": 1, "maxReplicas": 9, "scaleTargetRef": reference, "metrics": [metric]}
    return {**meta("HorizontalPodAutoscaler", "autoscaling/v2", name), "spec": spec, "status": {}}


def store_of(kind, version, count):
    """So many workloads with their pods, of which the last one has nothing yet."""
    objects = [{**meta("Node", "v1", f"n{at}"), "spec": {}, "status": {}} for at in range(PODS)]
    objects.append({**meta("Namespace", "v1", "default"), "spec": {}, "status": {}})
    for one in objects:
        one["metadata"].pop("namespace")
    scaled = kind == "HorizontalPodAutoscaler"
    owner = ("ReplicaSet", "apps/v1") if scaled else (kind, version)
    for at in range(count):
        name = f"w{at:04}"
        objects.append(workload(*owner, name))
        if scaled:
            objects.append(autoscaler(name))
        if scaled or at < count - 1:
            objects += pods(*owner, name)
    return Store.of([from_wire(one) for one in objects]), f"w{count - 1:04}"


def synced(component, kind, version, count):
    """The reads, with what they answered, and the calls of the syncs of one workload until it is left alone."""
    store, name = store_of(kind, version, count)
    key = key_of(from_wire({**meta(kind, version, name)}))
    world = build_world(metrics=Metrics(loads=(Load(name="any", labels={"app": name}, milli=100),)))
    memory, now, reads, calls = None, NOW, 0, 0
    begun = time.process_time()
    for _ in range(6):
        answers = ()
        while True:
            seen = []
            view = (
                View(store, now, answers, seen)
                if component.sees is None
                else MetricsView(store, now, answers, seen, world=world, sources=SOURCES)
            )
            turn = component.reconcile(memory, view, key)
            reads += sum(1 + (len(answer) if isinstance(answer, tuple) else 0) for _, answer in seen)
            calls += len(turn.requests)
            for call in turn.requests:
                outcome = handle(store, call.request, Context(now=now))
                store, answers = outcome.store, (*answers, outcome.response)
            if not turn.more:
                break
        memory, now = turn.memory, now + RESYNC_PERIOD
    return reads, calls, time.process_time() - begun


KINDS = [
    pytest.param(REPLICASET, "ReplicaSet", "apps/v1", id="ReplicaSet"),
    pytest.param(replication(REPLICASET), "ReplicationController", "v1", id="ReplicationController"),
    pytest.param(DEPLOYMENT, "Deployment", "apps/v1", id="Deployment"),
    pytest.param(STATEFULSET, "StatefulSet", "apps/v1", id="StatefulSet"),
    pytest.param(DAEMONSET, "DaemonSet", "apps/v1", id="DaemonSet"),
    pytest.param(HORIZONTALPODAUTOSCALER, "HorizontalPodAutoscaler", "autoscaling/v2", id="HorizontalPodAutoscaler"),
]


@pytest.mark.parametrize(("component", "kind", "version"), KINDS)
def test_a_sync_costs_what_its_workload_owns(component, kind, version, record_property):
    """As many reads and calls among a thousand of its kind as among ten."""
    few, many = synced(component, kind, version, 10), synced(component, kind, version, 1000)
    record_property(f"{kind}: reads, calls", f"{many[0]}, {many[1]}")
    record_property(f"{kind}: seconds at 1,000 by those at 10", f"{many[2] / few[2]:.2f}")

    assert many[:2] == few[:2]
    assert few[1] > 0
