"""Workload controllers stop: from whatever state, their pods are there in the end, and then they write nothing more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrsistent import pmap

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.batch.job import Job
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.events import TurnTaken
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.podautoscaler import podautoscaler
from kcore.controllers.replicaset import REPLICASET
from kcore.controllers.replication import replication
from kcore.faults.readiness_lost import ReadinessRegained
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model
from kcore.model.components import COMPONENTS
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Scale
from kcore.users.rollout import SetImage
from kcore.world.behavior import Behavior
from kcore.world.metrics import Load, Metrics

CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})
NEEDED = {"garbage-collector-controller", "scheduler", "kubelet"}
CONTROLLERS = {
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
}
OTHERS = tuple(one for one in COMPONENTS if one.family in NEEDED | CONTROLLERS)
MODEL = build_model((*OTHERS, replication(REPLICASET), podautoscaler()))
FAULTS = {"containerCrash": 2, "podDelete": 1, "podForceDelete": 1, "readinessLost": 1}
TURNS = 400
"""Within so many turns of its own a controller of a small workload is through with it."""

KINDS = {
    "ReplicaSet": "apps/v1",
    "ReplicationController": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "Job": "batch/v1",
}
ENDS = Behavior(image="task", exit_code=0, after=2_000)
SCALED = ("ReplicaSet", "ReplicationController", "Deployment", "StatefulSet")


def template(image):
    container = {"name": "c", "image": image, "resources": {"requests": {"cpu": "100m"}}}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}


@st.composite
def workloads(draw, kind):
    """A workload of one to three pods, updated in any of its ways."""
    labels = {"app": "web"}
    selector = labels if kind == "ReplicationController" else {"matchLabels": labels}
    spec = {"selector": selector, "template": template("web:1")}
    if kind == "Job":
        sizes = {"completions": draw(st.integers(1, 3)), "parallelism": draw(st.integers(1, 2))}
        pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "task"}]}
        mode = draw(st.sampled_from(["NonIndexed", "Indexed"]))
        spec = {"template": {"metadata": {"labels": labels}, "spec": pod}, "completionMode": mode, **sizes}
    elif kind != "DaemonSet":
        spec["replicas"] = draw(st.integers(1, 3))
    if kind == "Deployment":
        surge = draw(st.integers(0, 2))
        rolling = {"maxSurge": surge, "maxUnavailable": draw(st.integers(0 if surge else 1, 2))}
        spec["strategy"] = draw(
            st.sampled_from([{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": rolling}])
        )
    if kind == "StatefulSet":
        spec |= {"serviceName": "web", "podManagementPolicy": draw(st.sampled_from(["OrderedReady", "Parallel"]))}
    if kind == "DaemonSet":
        rolling = draw(
            st.sampled_from([{"maxUnavailable": 1}, {"maxUnavailable": "100%"}, {"maxSurge": 1, "maxUnavailable": 0}])
        )
        spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    return Json.of({"apiVersion": KINDS[kind], "kind": kind, "metadata": {"name": "web"}, "spec": spec})


def acts(kind):
    """What people may do."""
    target = Target(kind=kind, namespace="default", name="web")
    kill = Target(kind="Pod", namespace="default", selector="app=web")
    found = [Delete(target=kill), Delete(target=kill, grace_period_seconds=0)]
    found += [Scale(target=target, replicas=size) for size in range(4)] if kind in SCALED else []
    updated = kind not in {"ReplicaSet", "ReplicationController", "Job"}
    return found + ([SetImage(target=target, image="web:2")] if updated else [])


def reached(draw, kind, timing):
    """A state that a few moves, faults and acts lead to."""
    plan = Plan(nodes=[NodeSpec(name=f"n{at}", capacity=CAPACITY) for at in range(2)], timing=timing, behaviors=(ENDS,))
    state = MODEL.step(boot(MODEL, plan), Apply(objects=(draw(workloads(kind)),))).state
    state = evolve(state, budget=pmap(FAULTS))
    offered = acts(kind)
    for _ in range(draw(st.integers(10, 40))):
        if draw(st.integers(0, 5)) == 0:
            event = draw(st.sampled_from(offered))
        else:
            events = MODEL.enabled(state)
            event = events[draw(st.integers(0, len(events) - 1))] if events else None
        step = None if event is None else MODEL.step(state, event)
        if step is not None and not isinstance(step, Refusal):
            state = step.state
    return evolve(mended(state), budget=pmap())


def mended(state):
    """The state in which what faults have left behind is mended: containers are ready again that were not any more."""
    for event in MODEL.enabled(state):
        if isinstance(event, ReadinessRegained):
            state = MODEL.step(state, event).state
    return state


def wanting(found):
    """How many pods a workload still wants; of a Job, of how many ends it has one."""
    status = found.status
    if isinstance(found, DaemonSet):
        return status.desired_number_scheduled - status.number_ready
    if isinstance(found, Job):
        return 1 - sum(one.type in {"Complete", "Failed"} and one.status == "True" for one in status.conditions)
    return found.spec.replicas - (status.ready_replicas or 0)


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.LAGGING])
@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_a_workload_is_whole_in_the_end_and_left_alone_then(kind, timing, data):
    """From any state that moves, faults and people lead to, once they stop and what they left is mended."""
    state = reached(data.draw, kind, timing)
    turns = []

    def count(event, _):
        if isinstance(event, TurnTaken) and event.process.family in CONTROLLERS | {"replicationcontroller-controller"}:
            turns.append(event)

    settled = advance(MODEL, state, state.now + 150_000, watcher=count)
    later = advance(MODEL, settled, settled.now + 40_000, watcher=count)
    (found,) = later.store.list(kind, "default")

    assert len(turns) <= TURNS
    assert later.last_change == settled.last_change
    assert wanting(found) == 0


@given(milli=st.integers(0, 2000), replicas=st.integers(1, 8), target=st.integers(10, 200))
@settings(max_examples=5, deadline=None)
def test_an_autoscaler_comes_to_rest_under_any_constant_load(milli, replicas, target):
    """Within the bounds, and neither up nor down any more."""
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}},
    }
    spec = {
        "minReplicas": 1,
        "maxReplicas": 6,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web"},
        "metrics": [metric],
    }
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": spec,
    }
    size = {"selector": {"matchLabels": {"app": "web"}}, "template": template("web:1"), "replicas": replicas}
    workload = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": size}
    load = Load(name="visitors", labels=FrozenMap({"app": "web"}), milli=milli)
    plan = Plan(nodes=[NodeSpec(name="n0", capacity=CAPACITY)], metrics=Metrics(loads=(load,)))
    state = MODEL.step(boot(MODEL, plan), Apply(objects=(Json.of(workload), Json.of(scaler)))).state

    settled = advance(MODEL, state, state.now + 900_000)
    later = advance(MODEL, settled, settled.now + 600_000)
    (found,) = later.store.list("ReplicaSet", "default")

    assert 1 <= found.spec.replicas <= 6
    assert later.last_change == settled.last_change
