"""Disk: what claims stand for in the world: contents, the machines that it is attached to, and who has it mounted.

Models disks of one machine (a host path, a local disk) and disks that machines reach over the network, with or without
being attached first. A sandbox that mounts a disk writes to it, as long as that is attached where it has to be; what is
kept of the contents is through which claims somebody wrote. A disk that is attached to one machine at a time can be
taken from a machine whose containers still run: they write to it no more. What a claim had written and does not find
again when its disk is mounted is missed.

Not modelled: sizes, file systems, snapshots, and emptyDirs, whose contents go with their pod.

Upstream: https://github.com/container-storage-interface/spec/blob/v1.11.0/spec.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import attrs

from kcore.api.evolve import evolve
from kcore.api.hashmap import EMPTY as NOTHING
from kcore.api.hashmap import HashMap, without
from kcore.client.turn import Action
from kcore.world.container import ContainerState
from kcore.world.sandbox import Sandbox, SandboxId

HOST_PATH = "hostPath"
"""The driver of disks that are a path of a machine."""

_NOBODY: frozenset[str] = frozenset()


class DiskId(NamedTuple):
    """Who serves the disk, what it is called there, and the machine that it is part of, "" for none."""

    driver: str
    handle: str
    node: str = ""


class Mount(NamedTuple):
    """A disk for a claim, by its uid; `attach` tells whether the disk has to be attached before it is mounted.

    A `single` mount is one of a claim for one machine at a time.
    """

    disk: DiskId
    claim: str
    attach: bool = False
    single: bool = False
    read_only: bool = False


class Mounted(NamedTuple):
    """A mount in a sandbox; `missed` tells that the claim had written before, and nothing of it was found."""

    sandbox: SandboxId
    mount: Mount
    missed: bool = False


@attrs.frozen(kw_only=True)
class Disk:
    """A disk: the uids of the claims through which somebody wrote, the machines it is attached to, and its mounts.

    A disk that is `torn` was written from two machines at once although each had it for itself.
    """

    contents: frozenset[str] = _NOBODY
    attached: frozenset[str] = _NOBODY
    mounts: tuple[Mounted, ...] = ()
    torn: bool = False


BLANK = Disk()


@attrs.frozen(kw_only=True)
class Disks:
    """All disks that are not blank, and the uids of the claims through which somebody ever wrote.

    `of_sandbox` indexes the mounts.
    """

    disks: HashMap[DiskId, Disk] = NOTHING
    of_sandbox: HashMap[SandboxId, tuple[Mount, ...]] = NOTHING
    written: frozenset[str] = _NOBODY

    def get(self, id_: DiskId) -> Disk:
        """Return a disk; one that nobody has touched is blank."""
        return self.disks.get(id_, BLANK)

    def put(self, id_: DiskId, disk: Disk) -> Disks:
        """Return the disks with one of them changed; a blank one is not kept."""
        disks = without(self.disks, id_) if disk == BLANK else self.disks.set(id_, disk)
        return evolve(self, disks=disks)


NO_DISKS = Disks()


@attrs.frozen(kw_only=True)
class MountVolumes(Action):
    """Mount disks in a sandbox."""

    id: SandboxId
    mounts: tuple[Mount, ...]


@attrs.frozen(kw_only=True)
class AttachDisk(Action):
    """Attach a disk to a machine; a `single` one only if it is attached to no other."""

    disk: DiskId
    node: str
    single: bool


@attrs.frozen(kw_only=True)
class DetachDisk(Action):
    """Take a disk from a machine, whatever runs there."""

    disk: DiskId
    node: str


@attrs.frozen(kw_only=True)
class DeleteDisk(Action):
    """Delete a disk with its contents, or empty it."""

    disk: DiskId


def mount(disks: Disks, action: MountVolumes, sandboxes: Mapping[SandboxId, Sandbox]) -> Disks:
    """Return the disks after a kubelet mounted some; one that is not attached where it has to be can't be."""
    if action.id not in sandboxes:
        return disks
    for one in action.mounts:
        disk = disks.get(one.disk)
        known = any(mounted.sandbox == action.id and mounted.mount == one for mounted in disk.mounts)
        if not known and reaches(disk, one, action.id.node):
            disks = _mounted(disks, disk, one, action.id, sandboxes)
    return disks


def _mounted(disks: Disks, disk: Disk, wanted: Mount, id_: SandboxId, sandboxes: Mapping[SandboxId, Sandbox]) -> Disks:
    missed = wanted.claim in disks.written and wanted.claim not in disk.contents
    mounts = (*disk.mounts, Mounted(id_, wanted, missed))
    of_sandbox = disks.of_sandbox.set(id_, (*disks.of_sandbox.get(id_, ()), wanted))
    disks = evolve(disks, of_sandbox=of_sandbox)
    if wanted.read_only:
        return disks.put(wanted.disk, evolve(disk, mounts=mounts))
    written = evolve(disk, mounts=mounts, contents=disk.contents | {wanted.claim})
    torn = disk.torn or (wanted.single and len(writers(written, sandboxes)) > 1)
    return evolve(disks.put(wanted.disk, evolve(written, torn=torn)), written=disks.written | {wanted.claim})


def reaches(disk: Disk, wanted: Mount, node: str) -> bool:
    """Tell whether what is mounted so on `node` reaches the disk."""
    return not wanted.attach or node in disk.attached


def live(disk: Disk, sandboxes: Mapping[SandboxId, Sandbox]) -> Iterator[Mounted]:
    """Yield the mounts of sandboxes that are there and have not stopped."""
    for one in disk.mounts:
        sandbox = sandboxes.get(one.sandbox)
        if sandbox is not None and not sandbox.stopped:
            yield one


def writers(disk: Disk, sandboxes: Mapping[SandboxId, Sandbox]) -> frozenset[str]:
    """Return the machines on which somebody can write to the disk now: who has ended can't."""
    return frozenset(
        one.sandbox.node
        for one in live(disk, sandboxes)
        if not one.mount.read_only and reaches(disk, one.mount, one.sandbox.node) and _is_alive(sandboxes[one.sandbox])
    )


def _is_alive(sandbox: Sandbox) -> bool:
    """Tell whether something runs in a sandbox, or is about to."""
    return not sandbox.containers or any(one.state is not ContainerState.EXITED for one in sandbox.containers)


def unmounted(disks: Disks, id_: SandboxId) -> Disks:
    """Return the disks after a sandbox is gone."""
    mounts = disks.of_sandbox.get(id_)
    if mounts is None:
        return disks
    for one in mounts:
        disk = disks.get(one.disk)
        disks = disks.put(one.disk, evolve(disk, mounts=tuple(each for each in disk.mounts if each.sandbox != id_)))
    return evolve(disks, of_sandbox=disks.of_sandbox.delete(id_))


def attach(disks: Disks, action: AttachDisk) -> Disks:
    """Return the disks after a driver attached one, unless another machine has it for itself."""
    disk = disks.get(action.disk)
    if action.single and disk.attached - {action.node}:
        return disks
    return disks.put(action.disk, evolve(disk, attached=disk.attached | {action.node}))


def detach(disks: Disks, action: DetachDisk) -> Disks:
    """Return the disks after a driver took one from a machine."""
    disk = disks.get(action.disk)
    return disks.put(action.disk, evolve(disk, attached=disk.attached - {action.node}))


def delete(disks: Disks, action: DeleteDisk) -> Disks:
    """Return the disks after one was deleted; the contents are gone for whoever has it mounted too."""
    disk = disks.get(action.disk)
    return disks.put(action.disk, evolve(disk, contents=_NOBODY, torn=False))
