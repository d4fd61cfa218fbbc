"""Volumes: a pod starts once its claims are bound and their volumes are attached to the node, and mounts them then.

Models WaitForAttachAndMount for claims: until each is bound, stays, and is attached where it has to be, nothing of the
pod is started, and its containers are ContainerCreating; what has run once is started again whatever became of its
claims since. Before a volume is mounted, and until it is not any more, the node's status says that it is in use, so
that nobody takes it away.

Not modelled: the contents of emptyDirs and of host paths that pods name themselves, which are always there.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/volumemanager/volume_manager.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kcore.api.core.node import Node
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.core.volume import Volume
from kcore.api.evolve import evolve
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import Work
from kcore.client.turn import Call, OnFailure, Turn
from kcore.client.view import View
from kcore.kubelet.phase import TERMINAL
from kcore.reconcile.attachment import is_attachable, is_reported, mount_of, unique_name
from kcore.reconcile.storage import users_of
from kcore.reconcile.volumes import BOUND, claim_of, claims_of
from kcore.world.actions import CreateSandbox, StartContainer, WriteFiles
from kcore.world.disk import Mount, MountVolumes
from kcore.world.sandbox import SandboxId
from kcore.world.view import MachineView

RETRY = 1000
"""How long (ms) until a status that could not be written, or a volume that could not be mounted, is tried again."""


def with_volumes(turn: Turn, view: MachineView, pod: Pod | None, node: str) -> Turn:
    """Return `turn` with what the volumes of `pod` (None: gone) make of it, once its status writes are through."""
    if pod is not None and not any(claim_of(pod, one) for one in pod.spec.volumes):
        return turn
    here = view.get(ObjectKey("Node", "", node))
    if turn.more or not isinstance(here, Node) or (pod is None and not here.status.volumes_in_use):
        return turn
    if pod is not None and any(isinstance(one, CreateSandbox | StartContainer) for one in turn.actions):
        turn = _mounting(turn, view, pod, here)
    used = tuple(sorted(_in_use(view, here)))
    if used == here.status.volumes_in_use:
        return turn
    body = evolve(here, status=evolve(here.status, volumes_in_use=used))
    request = Request(verb=Verb.UPDATE, key=ObjectKey("Node", "", node), subresource="status", body=body)
    wake_at = min(at for at in (turn.wake_at, view.now() + RETRY) if at is not None)
    call = Call(request=request, on_failure=OnFailure.GO_ON)
    return evolve(turn, requests=(call, *turn.requests), wake_at=wake_at)


def _mounting(turn: Turn, view: MachineView, pod: Pod, node: Node) -> Turn:
    """Return the turn that mounts the volumes first, and starts nothing before all are mounted."""
    sandbox = view.sandbox(pod.metadata.uid)
    if sandbox is not None and sandbox.containers:
        return turn
    mounts = tuple(mounts_of(view, pod, node))
    if any(one is None for one in mounts):
        kept = tuple(one for one in turn.actions if not isinstance(one, CreateSandbox | StartContainer | WriteFiles))
        return evolve(turn, actions=kept, wake_at=None, retry_at=turn.retry_at if turn.requests or kept else None)
    mounted = view.mounted(pod.metadata.uid)
    missing = tuple(one for one in mounts if one is not None and one not in mounted)
    if not missing:
        return turn
    kept = tuple(one for one in turn.actions if not isinstance(one, StartContainer))
    mount = MountVolumes(id=SandboxId(node.metadata.name, pod.metadata.uid), mounts=missing)
    return evolve(turn, actions=(*kept, mount), wake_at=view.now() + (0 if sandbox is None else RETRY))


def mounts_of(view: View, pod: Pod, node: Node) -> Iterator[Mount | None]:
    """Yield the mounts of the claims of `pod` on `node`, None for one that is not ready to be mounted.

    A volume of a kind that is not modelled is ready, and mounted without a trace.
    """
    for one in pod.spec.volumes:
        name = claim_of(pod, one)
        if not name:
            continue
        claim = view.get(ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name))
        volume = _volume(view, claim)
        if not isinstance(claim, PersistentVolumeClaim) or volume is None:
            yield None
            continue
        attach = is_attachable(view, volume)
        mount = mount_of(claim, volume, node.metadata.name, attach=attach, read_only=_read_only(one))
        if mount is None:
            continue
        yield None if attach and not is_reported(node, mount.disk) else mount


def _read_only(volume: Volume) -> bool:
    return volume.persistent_volume_claim is not None and volume.persistent_volume_claim.read_only


def _volume(view: View, claim: ApiObject | None) -> PersistentVolume | None:
    """Return the volume of a claim that is bound and stays, None for any other."""
    if not isinstance(claim, PersistentVolumeClaim) or claim.metadata.deletion_timestamp is not None:
        return None
    volume = view.get(ObjectKey("PersistentVolume", "", claim.spec.volume_name))
    if claim.status.phase != BOUND or not isinstance(volume, PersistentVolume):
        return None
    ref = volume.spec.claim_ref
    return volume if ref is not None and ref.uid == claim.metadata.uid else None


def _in_use(view: MachineView, node: Node) -> set[str]:
    """Return the names of the attachable volumes that pods of this node use or are to use."""
    names = {unique_name(one.disk) for one in view.mounts() if one.attach}
    for pod in view.on_node(node.metadata.name):
        if isinstance(pod, Pod) and pod.spec.volumes and not _is_over(view, pod):
            names |= set(_names(view, pod))
    return names


def _is_over(view: MachineView, pod: Pod) -> bool:
    """Tell whether nothing of `pod` runs, nor will."""
    if pod.status.phase not in TERMINAL and pod.metadata.deletion_timestamp is None:
        return False
    sandbox = view.sandbox(pod.metadata.uid)
    return sandbox is None or sandbox.stopped


def _names(view: View, pod: Pod) -> Iterator[str]:
    for name in claims_of(pod):
        claim = view.get(ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name))
        volume = _volume(view, claim)
        if isinstance(claim, PersistentVolumeClaim) and volume is not None and is_attachable(view, volume):
            mount = mount_of(claim, volume, "", attach=True, read_only=False)
            if mount is not None:
                yield unique_name(mount.disk)


def claim_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods that use the claim, for the nodes that they are bound to."""
    yield from _bound(store, users_of(store, change.key.namespace, change.key.name))


def volume_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods of the claim that the volume is bound to."""
    volume = change.new
    ref = volume.spec.claim_ref if isinstance(volume, PersistentVolume) else None
    if ref is not None:
        yield from _bound(store, users_of(store, ref.namespace, ref.name))


def attached_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods with claims on a node whose status says of other volumes that they are attached."""
    old, new = change.old, change.new
    if not isinstance(new, Node) or not isinstance(old, Node):
        return
    if old.status.volumes_attached != new.status.volumes_attached:
        for pod in store.on_node(change.key.name):
            if isinstance(pod, Pod) and claims_of(pod):
                yield Work(change.key.name, ObjectKey("Pod", pod.metadata.namespace, pod.metadata.name))


def unheeded(_: Change, __: Store) -> Iterator[Work]:
    """Yield nothing: what a driver wants is read when a volume is mounted."""
    return iter(())


def _bound(store: Store, keys: Iterable[ObjectKey]) -> Iterator[Work]:
    for key in keys:
        pod = store.get(key)
        if isinstance(pod, Pod) and pod.spec.node_name:
            yield Work(pod.spec.node_name, key)
