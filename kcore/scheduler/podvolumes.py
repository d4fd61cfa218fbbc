"""PodVolumes: what the volume plugins read of a pod, with what the cluster says of its claims.

Models what the PreFilters of VolumeRestrictions, VolumeBinding and VolumeZone find: a reason why no node can do, where
the bound volumes can be reached, in which zones they are, the claims that are still to get a volume, with the volumes
on offer, and the volumes that count against the limits of nodes.

Not modelled: volumes of vendors that pods name themselves.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/volumebinding/binder.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from pyrsistent import PMap, pmap

from kcore.api.core.affinity import NodeSelector
from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.storage.csinode import CSINode
from kcore.api.storage.storageclass import StorageClass
from kcore.apiserver.store import Store
from kcore.reconcile.derived import Derived
from kcore.reconcile.storage import free_volumes, reserved_for
from kcore.reconcile.volumes import (
    LOST,
    READ_WRITE_ONCE_POD,
    claim_class,
    claim_of,
    is_fully_bound,
    waits_for_consumer,
)

RESTRICTIONS, LIMITS, BINDING, ZONE = "VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"

UNBOUND = "pod has unbound immediate PersistentVolumeClaims"

GA_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}
"""The labels of volumes that say where they are, each with its name of today."""

Handle = tuple[str, str]
"""A driver and what it calls the volume."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Want:
    """A claim that gets its volume with the pod's node: the volumes on offer, and the class that may provide one."""

    claim: PersistentVolumeClaim
    volumes: tuple[PersistentVolume, ...] = ()
    storage_class: StorageClass | None = None


@attrs.frozen(kw_only=True, eq=False)
class Attachments:
    """The handle of each claim with a volume of a driver, by namespace and name; the limits by node and driver."""

    handles: PMap[tuple[str, str], Handle] = pmap()
    limits: PMap[str, tuple[tuple[str, int], ...]] = pmap()


@attrs.frozen(kw_only=True, cache_hash=True)
class PodVolumes:
    """What is read of a pod's claims.

    `refused` is the plugin and the reason why no node can do. `reach` are the nodes that each bound volume asks for,
    `zones` the labels that a node must have with their values. `exclusive` are the claims that no other pod may use.
    `attached` are the pod's volumes that count, None for none that any node limits.
    """

    refused: tuple[str, str] | None = None
    reach: tuple[NodeSelector, ...] = ()
    zones: tuple[tuple[str, frozenset[str]], ...] = ()
    wants: tuple[Want, ...] = ()
    exclusive: frozenset[str] = frozenset()
    attached: tuple[Attachments, frozenset[Handle]] | None = None


NO_VOLUMES = PodVolumes()


def pod_volumes(store: Store, pod: Pod) -> PodVolumes:
    """Return what the plugins read of the claims of `pod`."""
    if not any(claim_of(pod, one) for one in pod.spec.volumes):
        return NO_VOLUMES
    missing = next(_problems(store, pod), None)
    if missing is not None:
        return PodVolumes(refused=missing)
    claims = tuple(_claims(store, pod))
    volumes = [_volume(store, one) for one in claims if is_fully_bound(one)]
    bound = [one for one in volumes if one is not None]
    affinities = [one.spec.node_affinity for one in bound]
    return PodVolumes(
        reach=tuple(one.required for one in affinities if one is not None and one.required is not None),
        zones=tuple(zone for one in bound for zone in _zones(one)),
        wants=tuple(_want(store, one) for one in claims if not is_fully_bound(one)),
        exclusive=frozenset(one.metadata.name for one in claims if READ_WRITE_ONCE_POD in one.spec.access_modes),
        attached=_attached(store, claims),
    )


def _claims(store: Store, pod: Pod) -> Iterator[PersistentVolumeClaim]:
    names = dict.fromkeys(name for one in pod.spec.volumes if (name := claim_of(pod, one)))
    for name in names:
        found = store.get(ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name))
        if isinstance(found, PersistentVolumeClaim):
            yield found


def _volume(store: Store, claim: PersistentVolumeClaim) -> PersistentVolume | None:
    found = store.get(ObjectKey("PersistentVolume", "", claim.spec.volume_name))
    return found if isinstance(found, PersistentVolume) else None


def _problems(store: Store, pod: Pod) -> Iterator[tuple[str, str]]:
    """Yield why no node can do, in the order in which upstream's plugins find it."""
    for volume in pod.spec.volumes:
        name = claim_of(pod, volume)
        if name:
            found = store.get(ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name))
            why = _problem(pod, name, found, ephemeral=volume.ephemeral is not None)
            if why:
                yield BINDING, why
    claims = tuple(_claims(store, pod))
    if any(not is_fully_bound(one) and not _waits(store, one) for one in claims):
        yield BINDING, UNBOUND
    for claim in claims:
        if is_fully_bound(claim) and _volume(store, claim) is None:
            yield ZONE, f'persistentvolume "{claim.spec.volume_name}" not found'


def _problem(pod: Pod, name: str, claim: ApiObject | None, *, ephemeral: bool) -> str:
    """Return what is wrong with one claim of `pod`, "" for nothing."""
    if not isinstance(claim, PersistentVolumeClaim):
        if ephemeral:
            return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
        return f'persistentvolumeclaim "{name}" not found'
    if claim.status.phase == LOST:
        return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{claim.spec.volume_name}"'
    if claim.metadata.deletion_timestamp is not None:
        return f'persistentvolumeclaim "{name}" is being deleted'
    if ephemeral and all(one.uid != pod.metadata.uid for one in claim.metadata.owner_references):
        where = pod.metadata.namespace
        return f"PVC {where}/{name} was not created for pod {where}/{pod.metadata.name} (pod is not owner)"
    return ""


def _waits(store: Store, claim: PersistentVolumeClaim) -> bool:
    """Tell whether the claim is bound when its pod is placed."""
    found = store.get(ObjectKey("StorageClass", "", claim_class(claim)))
    return waits_for_consumer(found) and not claim.spec.volume_name


def _zones(volume: PersistentVolume) -> Iterator[tuple[str, frozenset[str]]]:
    for key in GA_LABELS:
        value = volume.metadata.labels.get(key)
        if value:
            yield key, frozenset(value.split("__"))


def _want(store: Store, claim: PersistentVolumeClaim) -> Want:
    meta, name = claim.metadata, claim_class(claim)
    keys = sorted({*free_volumes(store, name), *reserved_for(store, meta.namespace, meta.name)})
    found = store.get(ObjectKey("StorageClass", "", name))
    return Want(
        claim=claim,
        volumes=tuple(one for one in map(store.get, keys) if isinstance(one, PersistentVolume)),
        storage_class=found if isinstance(found, StorageClass) else None,
    )


def _attached(store: Store, claims: tuple[PersistentVolumeClaim, ...]) -> tuple[Attachments, frozenset[Handle]] | None:
    """Return the volumes of `claims` that count against a limit of some node."""
    known = _ATTACHMENTS(store)
    if not known.limits:
        return None
    handles = frozenset(one for one in (_handle(store, known, claim) for claim in claims) if one is not None)
    limited = {driver for limits in known.limits.values() for driver, _ in limits}
    return (known, handles) if any(driver in limited for driver, _ in handles) else None


def _handle(store: Store, known: Attachments, claim: PersistentVolumeClaim) -> Handle | None:
    """Return the handle of the claim's volume; of one that is still to be made, one of its own."""
    meta = claim.metadata
    handle = known.handles.get((meta.namespace, meta.name))
    if handle is not None or claim.spec.volume_name:
        return handle
    found = store.get(ObjectKey("StorageClass", "", claim_class(claim)))
    return (found.provisioner, f"claim {meta.namespace}/{meta.name}") if isinstance(found, StorageClass) else None


def _after(known: Attachments, old: ApiObject | None, new: ApiObject | None) -> Attachments:
    if isinstance(new or old, PersistentVolume):
        before, after = _entry(old), _entry(new)
        if before == after:
            return known
        handles = known.handles if before is None else known.handles.discard(before[0])
        return attrs.evolve(known, handles=handles if after is None else handles.set(*after))
    name = (new or old).metadata.name  # type: ignore[union-attr]  # one of the two is there
    limits = _limits(new)
    if limits == known.limits.get(name, ()):
        return known
    return attrs.evolve(known, limits=known.limits.set(name, limits) if limits else known.limits.discard(name))


def _entry(found: ApiObject | None) -> tuple[tuple[str, str], Handle] | None:
    if not isinstance(found, PersistentVolume) or found.spec.csi is None or found.spec.claim_ref is None:
        return None
    ref, csi = found.spec.claim_ref, found.spec.csi
    return (ref.namespace, ref.name), (csi.driver, csi.volume_handle)


def _limits(found: ApiObject | None) -> tuple[tuple[str, int], ...]:
    drivers = found.spec.drivers if isinstance(found, CSINode) else ()
    counts = ((one.name, one.allocatable.count if one.allocatable else None) for one in drivers)
    return tuple((name, count) for name, count in counts if count is not None)


_ATTACHMENTS: Derived[Attachments] = Derived(Attachments(), _after, ("PersistentVolume", "CSINode"))
