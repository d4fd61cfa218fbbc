"""Invariants of claims and disks, on states made by hand: those that meet them and those that break them."""

from __future__ import annotations

import attrs
import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import cluster

from kcore.api.object import ObjectKey
from kcore.world.actions import CreateSandbox
from kcore.world.disk import AttachDisk, DeleteDisk, DiskId, Mount, MountVolumes
from kcore.world.sandbox import SandboxId
from kcore.world.world import build_world

DISK = DiskId("d.io", "h")


def claim(name, volume, phase="Bound"):
    meta = {"name": name, "namespace": "default", "uid": name}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta,
        "spec": {"volumeName": volume},
        "status": {"phase": phase},
    }


def volume(name, owner, phase="Bound"):
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "uid": name},
        "spec": {"claimRef": {"namespace": "default", "name": owner, "uid": owner}},
        "status": {"phase": phase},
    }


def stored(*steps):
    """A state without objects in whose world this was done."""
    world = build_world(("n1", "n2"))
    for step in steps:
        world = world.act(step, 0)
    return attrs.evolve(cluster(), world=world)


def mounting(node, pod="p", *, attach=False, read_only=False, disk=DISK):
    """A sandbox that mounts a disk for one machine alone."""
    id_ = SandboxId(node, f"{pod}-{node}")
    mount = Mount(disk, "claim", attach=attach, single=True, read_only=read_only)
    return CreateSandbox(id=id_, pod=ObjectKey("Pod", "default", pod), grace=30), MountVolumes(id=id_, mounts=(mount,))


def at(path, node):
    return DiskId("hostPath", path, node)


def running(*mounts):
    """A pod with a claim that runs on n1, and what it has mounted there."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "default", "uid": "p"},
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "c", "image": "a"}],
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}],
        },
    }
    bound, found = claim("c", "v"), volume("v", "c")
    bound["metadata"]["annotations"] = {"pv.kubernetes.io/bind-completed": "yes"}
    found["spec"]["csi"] = {"driver": "d.io", "volumeHandle": "h"}
    state = cluster(bound, found, pod, runs=[("n1", "p", "p")])
    mount = MountVolumes(id=SandboxId("n1", "p"), mounts=mounts)
    return attrs.evolve(state, world=state.world.act(mount, state.now))


ATTACHED = AttachDisk(disk=DISK, node="n1", single=True)

ROWS = [
    ("what-runs-has-its-disks", running(Mount(DISK, "c")), ()),
    ("what-runs-has-its-disks", running(), ("Pod/p",)),
    ("claims-and-volumes-are-one-to-one", cluster(claim("c", "v"), volume("v", "c")), ()),
    (
        "claims-and-volumes-are-one-to-one",
        cluster(claim("c", "v"), claim("d", "v")),
        ("PersistentVolumeClaim/c", "PersistentVolumeClaim/d"),
    ),
    ("claims-and-volumes-are-one-to-one", cluster(claim("c", "v"), claim("d", "v", "Lost")), ()),
    (
        "claims-and-volumes-are-one-to-one",
        cluster(volume("v", "c"), volume("w", "c")),
        ("PersistentVolume/v", "PersistentVolume/w"),
    ),
    ("claims-and-volumes-are-one-to-one", cluster(volume("v", "c"), volume("w", "c", "Released")), ()),
    ("bound-claims-keep-their-contents", stored(*mounting("n1")), ()),
    (
        "bound-claims-keep-their-contents",
        stored(*mounting("n1", disk=at("/v", "n1")), *mounting("n2", "q", disk=at("/v", "n2"))),
        ("Pod/q",),
    ),
    (
        "bound-claims-keep-their-contents",
        stored(*mounting("n1"), DeleteDisk(disk=DISK), *mounting("n2", "q")),
        ("Pod/q",),
    ),
    ("read-write-once-is-one-machine", stored(*mounting("n1")), ()),
    ("read-write-once-is-one-machine", stored(*mounting("n1"), *mounting("n2", "q")), ("Pod/p", "Pod/q")),
    ("read-write-once-is-one-machine", stored(*mounting("n1"), *mounting("n2", "q", read_only=True)), ()),
    (
        "attached-disks-have-one-writer",
        stored(ATTACHED, *mounting("n1", attach=True), *mounting("n2", "q", attach=True)),
        (),
    ),
    (
        "attached-disks-have-one-writer",
        stored(
            ATTACHED,
            AttachDisk(disk=DISK, node="n2", single=False),
            *mounting("n1", attach=True),
            *mounting("n2", "q", attach=True),
        ),
        ("Pod/p", "Pod/q"),
    ),
]


@pytest.mark.parametrize(
    ("name", "state", "culprits"),
    [pytest.param(*row, id=f"{row[0]}: {'broken' if row[2] else 'met'} {number}") for number, row in enumerate(ROWS)],
)
def test_a_state_meets_an_invariant_or_names_who_breaks_it(name, state, culprits):
    """The API's bindings, and the world's mounts."""
    assert blamed(name, state) == culprits


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("claims-and-volumes-are-one-to-one", cluster(claim("c", "v")), id="a bound claim"),
        pytest.param("bound-claims-keep-their-contents", stored(*mounting("n1")), id="a claim with contents"),
        pytest.param("what-runs-has-its-disks", running(Mount(DISK, "c")), id="a pod with a claim that runs"),
        pytest.param("read-write-once-is-one-machine", stored(*mounting("n1")), id="a mounted disk"),
        pytest.param(
            "attached-disks-have-one-writer", stored(ATTACHED, *mounting("n1", attach=True)), id="an attached disk"
        ),
    ],
)
def test_an_invariant_says_something_where_there_is(name, state):
    """And nothing of a cluster without storage."""
    assert witnessed(name, state)
    assert not witnessed(name, stored())
