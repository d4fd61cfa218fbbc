"""The ReplicationController controller in a cluster: what holds of ReplicaSets, for an older kind."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.replicaset import REPLICASET
from kcore.controllers.replication import replication
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.model.components import COMPONENTS
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Scale

OTHERS = tuple(one for one in COMPONENTS if one.family in {"garbage-collector-controller", "scheduler", "kubelet"})
CAPACITY = FrozenMap({"cpu": "8", "memory": "8Gi", "pods": "110"})
RC = ObjectKey("ReplicationController", "default", "web")
TARGET = Target(kind="ReplicationController", namespace="default", name="web")


def controller(replicas, image="web:1"):
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {"replicas": replicas, "template": template}
    return Json.of({"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "web"}, "spec": spec})


def orphan(name):
    metadata = {"name": name, "labels": {"app": "web"}}
    spec = {"containers": [{"name": "c", "image": "web:1"}]}
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def cluster(*objects, timing=Timing.PROMPT):
    model = build_model((*OTHERS, REPLICASET, replication(REPLICASET)))
    state = boot(model, Plan(nodes=[NodeSpec(name="n0", capacity=CAPACITY)], timing=timing))
    return model, settle(model, model.step(state, Apply(objects=objects)).state).state


def pods(state):
    return state.store.list("Pod", "default")


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.LAGGING])
def test_there_are_as_many_pods_as_asked_for_and_they_name_their_controller(timing):
    """Selector and labels come from the template."""
    _, state = cluster(controller(3), timing=timing)
    owners = {(one.kind, one.api_version, one.name) for pod in pods(state) for one in pod.metadata.owner_references}

    assert owners == {("ReplicationController", "v1", "web")}
    assert len(pods(state)) == 3
    found = state.store.get(RC)
    assert (found.status.ready_replicas, found.status.observed_generation) == (3, found.metadata.generation)
    assert dict(found.spec.selector) == dict(found.metadata.labels) == {"app": "web"}


def test_it_goes_to_another_size_through_its_scale():
    """Down to one, the others are deleted."""
    model, state = cluster(controller(3))

    assert len(pods(settle(model, model.step(state, Scale(target=TARGET, replicas=1)).state).state)) == 1


def test_a_lost_pod_is_replaced():
    """By one of another name."""
    model, state = cluster(controller(2))
    lost = pods(state)[0].metadata.name
    target = Target(kind="Pod", namespace="default", name=lost)
    after = settle(model, model.step(state, Delete(target=target)).state).state

    assert len(pods(after)) == 2
    assert lost not in {pod.metadata.name for pod in pods(after)}


def test_pods_that_nobody_controls_are_adopted():
    """And count."""
    _, state = cluster(orphan("a"), controller(2))
    mine = [pod for pod in pods(state) if pod.metadata.controller and pod.metadata.controller.kind == RC.kind]

    assert len(pods(state)) == len(mine) == 2
    assert "a" in {pod.metadata.name for pod in mine}


def test_its_pods_stay_when_it_is_deleted_without_a_word_on_them():
    """As old clients expect; they are nobody's then."""
    model, state = cluster(controller(2))
    after = settle(model, model.step(state, Delete(target=TARGET)).state).state

    assert after.store.get(RC) is None
    assert [pod.metadata.controller for pod in pods(after)] == [None, None]


def test_a_settled_one_is_left_alone():
    """Nothing is written while nothing changes."""
    model, state = cluster(controller(2))

    assert settle(model, state, quiet=30_000).state.last_change == state.last_change
