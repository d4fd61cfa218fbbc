"""What holds of claims: a bound claim and its volume belong to each other alone, and what was written stays.

Two worlds: bindings are what the API says, contents are what is found on a disk when it is mounted.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/persistentvolume/pv_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.kinds import key_of
from kcore.cluster.state import ClusterState
from kcore.invariants.invariant import Invariant, law, question
from kcore.invariants.recent import Standing
from kcore.machine import Culprits, Finding, always
from kcore.world.disk import live

_BOUND = "Bound"
_BINDING = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding"


def one_to_one(state: ClusterState) -> Finding:
    """Tell whether no two bound claims have one volume, and no two bound volumes one claim."""
    holders: dict[str, str] = {}
    for claim in _bound_claims(state):
        other = holders.setdefault(claim.spec.volume_name, str(key_of(claim)))
        if other != str(key_of(claim)):
            return Culprits(f"both are bound to {claim.spec.volume_name}", other, str(key_of(claim)))
    volumes: dict[str, str] = {}
    for found in state.store.list("PersistentVolume"):
        if not isinstance(found, PersistentVolume) or found.status.phase != _BOUND or found.spec.claim_ref is None:
            continue
        other = volumes.setdefault(found.spec.claim_ref.uid, str(key_of(found)))
        if other != str(key_of(found)):
            return Culprits(f"both are bound to {found.spec.claim_ref.name}", other, str(key_of(found)))
    return True


def contents_are_found(state: ClusterState) -> Finding:
    """Tell whether no pod has mounted the disk of a claim without finding what was written through the claim."""
    for id_, disk in sorted(state.world.disks.disks.items()):
        for one in live(disk, state.world.sandboxes):
            if one.missed:
                pod = str(state.world.sandboxes[one.sandbox].pod)
                return Culprits(f"it finds {id_.driver} {id_.handle} on {one.sandbox.node} without its data", pod)
    return True


def _bound_claims(state: ClusterState) -> Iterator[PersistentVolumeClaim]:
    for found in state.store.list("PersistentVolumeClaim"):
        if isinstance(found, PersistentVolumeClaim) and found.status.phase == _BOUND:
            yield found


def _something_bound(state: ClusterState) -> Finding:
    return any(True for _ in _bound_claims(state))


def _written_before(state: ClusterState) -> Finding:
    """Tell whether a pod has a disk mounted through a claim for which something was written."""
    disks = state.world.disks
    return any(
        one.mount.claim in disks.written for disk in disks.disks.values() for one in live(disk, state.world.sandboxes)
    )


INVARIANTS: tuple[Invariant, ...] = (
    law(
        "claims-and-volumes-are-one-to-one",
        "No two bound claims have one volume, and no two bound volumes one claim.",
        Standing(one_to_one, "PersistentVolumeClaim", "PersistentVolume"),
        _something_bound,
        assumes=("nobody edits the claim that a bound volume names",),
        upstream=_BINDING,
    ),
    question(
        "bound-claims-keep-their-contents",
        "A pod finds what was written through its claim before, wherever it is placed.",
        always("bound-claims-keep-their-contents", contents_are_found),
        _written_before,
        assumes=("no disk is lost", "a volume that is a path of a machine says so with its node affinity"),
        upstream="https://kubernetes.io/docs/concepts/storage/persistent-volumes/#hostpath",
    ),
)
