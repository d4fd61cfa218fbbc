"""What holds of disks: who writes to one that is for one machine at a time.

A statement about machines: a pod that the API has forgotten may still write. Where a disk has to be attached, taking it
away is what stops that; where it has not, nothing does.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/attachdetach/reconciler/reconciler.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.recent import Standing
from kcore.machine import Culprits, Finding, always
from kcore.reconcile.attachment import disk_of
from kcore.reconcile.volumes import claims_of, is_fully_bound
from kcore.world.disk import Disk, DiskId, live, writers

_MODES = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"


def attached_disks_have_one_writer(state: ClusterState) -> Finding:
    """Tell whether no disk that has to be attached is written from two machines, if it is for one alone."""
    return _one_writer(state, attach=frozenset({True}))


def disks_have_one_writer(state: ClusterState) -> Finding:
    """Tell whether no disk that is for one machine alone is written from two, attached or not."""
    return _one_writer(state, attach=frozenset({True, False}))


def what_runs_has_its_disks(state: ClusterState) -> Finding:
    """Tell whether whatever runs of a pod has the disks of the pod's claims mounted."""
    for id_, sandbox in sorted(state.world.sandboxes.items()):
        pod = state.store.get(sandbox.pod)
        if not sandbox.running or not isinstance(pod, Pod) or pod.metadata.uid != id_.pod_uid:
            continue
        found = {one.claim for one in state.world.disks.of_sandbox.get(id_, ())}
        for claim in _claims(state, pod):
            if claim.metadata.uid not in found:
                return Culprits(f"it runs on {id_.node} without {claim.metadata.name}", str(sandbox.pod))
    return True


def _claims(state: ClusterState, pod: Pod) -> Iterator[PersistentVolumeClaim]:
    """Yield the claims of a pod that are bound to volumes that are disks."""
    for name in claims_of(pod):
        claim = state.store.get(ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name))
        if isinstance(claim, PersistentVolumeClaim) and is_fully_bound(claim):
            volume = state.store.get(ObjectKey("PersistentVolume", "", claim.spec.volume_name))
            if isinstance(volume, PersistentVolume) and disk_of(volume, "") is not None:
                yield claim


def _one_writer(state: ClusterState, attach: frozenset[bool]) -> Finding:
    for id_, disk in _single(state, attach):
        nodes = sorted(writers(disk, state.world.sandboxes))
        if len(nodes) > 1:
            pods = sorted({str(state.world.sandboxes[one.sandbox].pod) for one in live(disk, state.world.sandboxes)})
            return Culprits(f"{id_.driver} {id_.handle} is written from {' and '.join(nodes)}", *pods)
    return True


def _single(state: ClusterState, attach: frozenset[bool]) -> Iterator[tuple[DiskId, Disk]]:
    """Yield the disks that are mounted for one machine alone, and have to be attached or not."""
    for id_, disk in sorted(state.world.disks.disks.items()):
        mounts = tuple(live(disk, state.world.sandboxes))
        if mounts and all(one.mount.single and one.mount.attach in attach for one in mounts):
            yield id_, disk


def _attached_and_mounted(state: ClusterState) -> Finding:
    return any(True for _ in _single(state, frozenset({True})))


def _runs_with_claims(state: ClusterState) -> Finding:
    sandboxes = state.world.sandboxes.items()
    return any(one.running and id_ in state.world.disks.of_sandbox for id_, one in sandboxes)


def _mounted(state: ClusterState) -> Finding:
    return any(True for _ in _single(state, frozenset({True, False})))


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "attached-disks-have-one-writer",
        "A disk of a ReadWriteOnce volume that has to be attached is written from one machine at a time.",
        Standing(attached_disks_have_one_writer, "Pod", world=True),
        _attached_and_mounted,
        assumes=("a driver takes a disk from a machine for good, whatever runs there",),
        upstream=_MODES,
    ),
    law(
        "what-runs-has-its-disks",
        "A container of a pod with claims runs only where the disks of all of them are mounted.",
        Standing(what_runs_has_its_disks, "Pod", "PersistentVolumeClaim", "PersistentVolume", world=True),
        _runs_with_claims,
        assumes=("nobody takes its finalizer from a claim that is used",),
        upstream="https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/volumemanager/volume_manager.go",
    ),
    question(
        "read-write-once-is-one-machine",
        "A ReadWriteOnce volume is written from one machine at a time, whether or not it has to be attached.",
        always("read-write-once-is-one-machine", disks_have_one_writer),
        _mounted,
        assumes=("nobody forces the deletion of a pod whose machine can't be heard",),
        upstream=_MODES,
    ),
)
