"""Faults of storage: a disk that loses its contents, and drivers that do not answer."""

from __future__ import annotations

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.faults.disk_lost import BUDGET, DiskLost
from kcore.faults.volume_stuck import VolumesFreed, VolumesStuck
from kcore.invariants.persistentvolumeclaim import contents_are_found
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.world.disk import DiskId

MODEL = build_model()
DISK = DiskId("nfs", "files:/v")
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "v"},
    "spec": {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "nfs": {"server": "files", "path": "/v"},
        "storageClassName": "manual",
    },
}
CLAIM = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "c"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "manual",
    },
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {
        "containers": [{"name": "c", "image": "a:1"}],
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}],
    },
}


def then(state, event):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state).state


def running(**budget):
    """A pod that has written to the directory that its claim is bound to."""
    room = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
    state = boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=room)], budget=FrozenMap(budget)))
    return then(then(state, Apply(objects=(Json.of(VOLUME), Json.of(CLAIM)))), Apply(objects=(Json.of(POD),)))


def test_a_lost_disk_is_missed_by_the_next_pod():
    """The one that runs has what it had; the API says nothing of it."""
    state = then(running(), DiskLost(DISK))
    assert contents_are_found(state) is True
    assert state.store.get(ObjectKey("PersistentVolumeClaim", "default", "c")).status.phase == "Bound"
    state = then(state, Delete(target=Target(kind="Pod", namespace="default", name="p")))
    state = then(state, Apply(objects=(Json.of(POD),)))

    assert contents_are_found(state) is not True


def test_a_blank_disk_has_nothing_to_lose():
    """And is not offered."""
    state = then(running(**{BUDGET: 1}), DiskLost(DISK))

    assert isinstance(MODEL.step(state, DiskLost(DISK)), Refusal)
    assert DiskLost(DISK) not in MODEL.enabled(state)


def test_a_disk_with_something_on_it_is_offered():
    """As long as the budget lasts."""
    assert DiskLost(DISK) in MODEL.enabled(running(**{BUDGET: 1}))
    assert DiskLost(DISK) not in MODEL.enabled(running())


def test_drivers_can_be_stuck_once_and_freed_once():
    """Each refuses what is so already."""
    state = running(volumeStuck=1)
    assert isinstance(MODEL.step(state, VolumesFreed()), Refusal)
    assert VolumesStuck() in MODEL.enabled(state)
    state = then(state, VolumesStuck())
    assert isinstance(MODEL.step(state, VolumesStuck()), Refusal)
    assert VolumesFreed() in MODEL.enabled(state)

    assert isinstance(MODEL.step(then(state, VolumesFreed()), VolumesFreed()), Refusal)
