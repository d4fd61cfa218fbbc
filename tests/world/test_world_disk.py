"""Disks: who reaches them, what is on them, and who writes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kcore.api.object import ObjectKey
from kcore.world.actions import CreateSandbox, RemoveSandbox, StartContainer, StopSandbox
from kcore.world.disk import AttachDisk, DeleteDisk, DetachDisk, DiskId, Mount, MountVolumes, writers
from kcore.world.disturb import with_power
from kcore.world.sandbox import SandboxId
from kcore.world.world import build_world

DISK = DiskId("d.io", "h")
NODES = ("n1", "n2")


def sandbox(node, uid="p"):
    return SandboxId(node, uid)


def mounting(node, mount, uid="p"):
    """A sandbox on a machine that mounts a disk."""
    id_ = sandbox(node, uid)
    create = CreateSandbox(id=id_, pod=ObjectKey("Pod", "default", uid), grace=30)
    return create, MountVolumes(id=id_, mounts=(mount,))


def world(*actions):
    found = build_world(NODES)
    for action in actions:
        found = found.act(action, 0)
    return found


def attach(node, *, single=True):
    return AttachDisk(disk=DISK, node=node, single=single)


def test_a_disk_that_has_to_be_attached_is_not_mounted_before():
    """What is not attached can't be reached; once it is, it is written."""
    mount = Mount(DISK, "claim", attach=True)

    assert not world(*mounting("n1", mount)).disks.get(DISK).mounts
    assert world(attach("n1"), *mounting("n1", mount)).disks.get(DISK).contents == {"claim"}


def test_a_disk_for_one_machine_is_attached_to_one():
    """A second attachment comes to nothing, one that may be shared is made."""
    assert world(attach("n1"), attach("n2")).disks.get(DISK).attached == {"n1"}
    assert world(attach("n1"), attach("n2", single=False)).disks.get(DISK).attached == {"n1", "n2"}


def test_what_is_taken_from_a_machine_is_not_written_there_any_more():
    """Although its containers have it mounted and run on."""
    found = world(attach("n1"), *mounting("n1", Mount(DISK, "claim", attach=True, single=True)))
    assert writers(found.disks.get(DISK), found.sandboxes) == {"n1"}
    found = found.act(DetachDisk(disk=DISK, node="n1"), 0)

    assert writers(found.disks.get(DISK), found.sandboxes) == frozenset()
    assert found.mounts_on("n1")


def test_a_machine_without_power_writes_nothing():
    """Although its sandbox is there, and what was mounted is not unmounted."""
    start = StartContainer(id=sandbox("n1"), name="c", image="app:v1")
    found, _ = world(*mounting("n1", Mount(DISK, "claim")), start).fire(0)
    assert writers(found.disks.get(DISK), found.sandboxes) == {"n1"}
    found = with_power(found, "n1", powered=False)

    assert writers(found.disks.get(DISK), found.sandboxes) == frozenset()
    assert found.mounts_on("n1")


def test_a_disk_is_free_when_the_sandbox_has_stopped():
    """And forgotten there when that is removed; what was written stays."""
    found = world(*mounting("n1", Mount(DISK, "claim")), StopSandbox(id=sandbox("n1"), grace=30))
    assert found.mounts_on("n1") == ()
    found = found.act(RemoveSandbox(id=sandbox("n1")), 0)

    assert found.disks.get(DISK).mounts == ()
    assert found.disks.get(DISK).contents == {"claim"}


def test_a_disk_written_from_two_machines_at_once_is_torn():
    """If each had it for itself; readers do no harm."""
    single, reading = Mount(DISK, "claim", single=True), Mount(DISK, "claim", single=True, read_only=True)

    assert world(*mounting("n1", single), *mounting("n2", single, "q")).disks.get(DISK).torn
    assert not world(*mounting("n1", single), *mounting("n2", reading, "q")).disks.get(DISK).torn


def test_what_was_written_is_missed_where_it_is_not():
    """On another disk, or on one that lost it."""
    here, there = (Mount(DiskId("hostPath", "/v", node), "claim") for node in NODES)
    found = world(*mounting("n1", here), *mounting("n2", there, "q"))
    assert [one.missed for _, disk in sorted(found.disks.disks.items()) for one in disk.mounts] == [False, True]

    found = world(*mounting("n1", here), DeleteDisk(disk=here.disk), *mounting("n1", here, "q"))
    assert [one.missed for one in found.disks.get(here.disk).mounts] == [False, True]


MOUNT = Mount(DISK, "claim", attach=True, single=True)
STEPS = st.sampled_from(
    [step for node in NODES for step in (attach(node), DetachDisk(disk=DISK, node=node), *mounting(node, MOUNT, node))]
)


@given(st.lists(STEPS, min_size=8, max_size=30))
def test_an_attached_disk_for_one_machine_never_has_two_writers(steps):
    """Whoever attaches, detaches and mounts in whatever order."""
    found = build_world(NODES)
    for step in steps:
        found = found.act(step, 0)
        disk = found.disks.get(DISK)
        assert len(writers(disk, found.sandboxes)) <= 1
        assert not disk.torn
