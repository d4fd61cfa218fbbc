"""Static pods: they run from a manifest on their machine, and the API has a mirror of each."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.errors import InputError
from kcore.faults.component_restarted import ComponentRestarted
from kcore.faults.node_cut_off import NodeCutOff
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.add_node import NodeAdded
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.world.sandbox import uid_of

MODEL = build_model()
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
MIRROR = ObjectKey("Pod", "default", "proxy-n1")


def manifest(name="proxy", **spec):
    given = {"containers": [{"name": "c", "image": "proxy:v1"}], **spec}
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"a": "b"}}, "spec": given})


def node(name="n1", *manifests):
    return NodeSpec(name=name, capacity=ROOM, manifests=manifests or (manifest(),))


def booted(*nodes):
    return settle(MODEL, boot(MODEL, Plan(nodes=list(nodes or (node(),))))).state


def then(state, event, seconds=30):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return advance(MODEL, step.state, step.state.now + 1000 * seconds)


def running(state, machine="n1"):
    """Which pods run on a machine, each with its uid and the restarts of its container."""
    there = state.world.sandboxes_on(machine)
    return {one.pod.name: (one.id.pod_uid, one.containers[0].restarts) for one in there if one.running}


def test_a_static_pod_runs_and_has_a_mirror():
    """The mirror has another uid, says whose it is, and tells how the pod is."""
    state = booted()
    mirror = state.store.get(MIRROR)
    ((uid, _),) = running(state).values()

    assert mirror.metadata.uid != uid == uid_of(mirror)
    assert mirror.metadata.labels == {"a": "b"}
    assert mirror.metadata.annotations["kubernetes.io/config.hash"] == uid
    assert [one.kind for one in mirror.metadata.owner_references] == ["Node"]
    assert mirror.status.phase == "Running"


def test_the_same_file_is_another_pod_on_another_machine():
    """The name and the uid are those of the node too."""
    state = booted(node("n1"), node("n2"))

    assert [*running(state)] == ["proxy-n1"]
    assert [*running(state, "n2")] == ["proxy-n2"]
    assert running(state)["proxy-n1"] != running(state, "n2")["proxy-n2"]


@pytest.mark.parametrize("grace", [None, 0], ids=["in time", "at once"])
def test_a_mirror_that_is_deleted_is_made_again(grace):
    """And what runs is not touched."""
    state = booted()
    before, uid = running(state), state.store.get(MIRROR).metadata.uid
    target = Target(kind="Pod", namespace="default", name="proxy-n1")
    state = then(state, Delete(target=target, grace_period_seconds=grace))

    assert running(state) == before
    assert state.store.get(MIRROR).metadata.uid != uid
    assert state.store.get(MIRROR).status.phase == "Running"


def test_a_pod_that_has_the_name_of_a_mirror_has_to_go():
    """It is deleted, and the mirror is made."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "proxy-n1"},
        "spec": {"nodeName": "n1", "containers": [{"name": "x", "image": "other:v1"}]},
    }
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n9", capacity=ROOM)]))
    state = then(state, Apply(objects=(Json.of(pod),)))
    state = then(state, NodeAdded(node()))

    assert state.store.get(MIRROR).spec.containers[0].name == "c"
    assert [*running(state)] == ["proxy-n1"]


def test_a_kubelet_that_is_cut_off_starts_static_pods():
    """It needs nobody for that, and tells of it when it can."""
    state = boot(MODEL, Plan(nodes=[node()]))
    state = then(state, NodeCutOff("n1"))

    assert [*running(state)] == ["proxy-n1"]


def test_a_kubelet_that_restarts_leaves_static_pods_running():
    """It finds them on its machine and in its files."""
    state = booted()
    before = running(state)
    state = then(state, ComponentRestarted("kubelet", "n1"))

    assert running(state) == before
    assert state.store.get(MIRROR).status.container_statuses[0].restart_count == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param(
            Json.of({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}), "no pod", id="a Service"
        ),
        pytest.param(manifest(containers=[]), "spec.containers", id="a pod without containers"),
    ],
)
def test_a_manifest_that_no_kubelet_takes_is_refused(given, why):
    """With the reason, before anything runs."""
    with pytest.raises(InputError, match=why):
        boot(MODEL, Plan(nodes=[node("n1", given)]))
