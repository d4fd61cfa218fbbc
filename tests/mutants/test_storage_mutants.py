"""Wrong storage controllers, and the laws that catch each: a binder and an attacher that do not look who was first."""

from __future__ import annotations

import sys

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.cluster.target import Target
from kcore.controllers.attachdetach import attach_detach_controller
from kcore.controllers.csi import attacher
from kcore.controllers.persistentvolume import pv_controller
from kcore.faults.node_cut_off import NodeCutOff
from kcore.invariants.table import INVARIANTS
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.users.delete import Delete

MODEL = build_model()
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
STORAGE = "storage.k8s.io/v1"


def wire(version, kind, name, spec=None, **more):
    return Json.of({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec or {}, **more})


def claim(name):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "std"}
    return wire("v1", "PersistentVolumeClaim", name, spec)


def volume(name):
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "std"}
    return wire("v1", "PersistentVolume", name, {**spec, "nfs": {"server": "files", "path": f"/{name}"}})


def pod(name, node):
    spec = {"containers": [{"name": "c", "image": "a:1"}], "nodeName": node}
    return wire("v1", "Pod", name, {**spec, "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}]})


def then(state, event):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state).state


def booted():
    return boot(MODEL, Plan(nodes=[NodeSpec(name=name, capacity=ROOM) for name in ("n1", "n2")]))


def holds(name, state):
    return INVARIANTS[name].property.holds(state) is True


def two_claims():
    """Every state in which a cluster is while two claims and two volumes are bound."""
    state = MODEL.step(booted(), Apply(objects=(volume("v"), volume("w"), claim("c"), claim("d")))).state
    states = [state]
    while states[-1].now == state.now:
        states.append(MODEL.step(states[-1], MODEL.next_move(states[-1])).state)
    return states


def forced():
    """A pod that runs on where nobody hears it, and another that uses its claim."""
    installed = Json.of({"apiVersion": STORAGE, "kind": "CSIDriver", "metadata": {"name": "d.io"}, "spec": {}})
    offered = {"apiVersion": STORAGE, "kind": "StorageClass", "metadata": {"name": "std"}, "provisioner": "d.io"}
    state = then(booted(), Apply(objects=(installed, Json.of(offered), claim("c"), pod("p", "n1"))))
    state = advance(MODEL, then(state, NodeCutOff("n1")), state.now + 120_000)
    gone = Delete(target=Target(kind="Pod", namespace="default", name="p"), grace_period_seconds=0)
    return then(then(state, gone), Apply(objects=(pod("q", "n2"),)))


@pytest.fixture
def greedy_binder(monkeypatch):
    """A binder that gives every claim the first volume."""
    monkeypatch.setattr(pv_controller, "volumes_for", lambda view, _: view.list("PersistentVolume"))
    monkeypatch.setattr(pv_controller, "find_best_match", lambda _, found, delay: found[0] if found else None)


@pytest.fixture
def careless_attacher(monkeypatch):
    """Controllers that take every volume for one that may be shared."""
    monkeypatch.setattr(attach_detach_controller, "may_be_shared", lambda _: True)
    monkeypatch.setattr(attacher, "may_be_shared", lambda _: True)


@pytest.fixture
def hasty_kubelet(monkeypatch):
    """A kubelet that does not wait for volumes."""
    monkeypatch.setattr(sys.modules["kcore.kubelet.kubelet"], "with_volumes", lambda turn, *_: turn)


@pytest.mark.usefixtures("greedy_binder")
def test_a_binder_that_gives_a_volume_twice_is_caught():
    """By the law that bindings are one-to-one."""
    assert not all(holds("claims-and-volumes-are-one-to-one", state) for state in two_claims())


@pytest.mark.usefixtures("careless_attacher")
def test_an_attacher_that_attaches_twice_is_caught():
    """By the law that an attached disk has one writer."""
    assert not holds("attached-disks-have-one-writer", forced())


@pytest.mark.usefixtures("hasty_kubelet")
def test_a_kubelet_that_does_not_wait_for_volumes_is_caught():
    """By the law that what runs has its disks."""
    assert not holds("what-runs-has-its-disks", forced())


def test_the_real_ones_are_not():
    """In the same runs both laws hold, and say something."""
    states = two_claims()

    assert all(holds("claims-and-volumes-are-one-to-one", state) for state in states)
    assert INVARIANTS["claims-and-volumes-are-one-to-one"].witness.met(states[-1])
    for name in ("attached-disks-have-one-writer", "what-runs-has-its-disks"):
        assert holds(name, forced())
        assert INVARIANTS[name].witness.met(forced())
