"""Volumes and claims: what of each says which belongs to which, and which volume answers a claim best.

Models upstream's helpers: classes and annotations, when a claim is bound for good, which claim a volume is reserved
for, and the search for the smallest volume that fits. Who reaches a volume is asked of the caller, who knows nodes.

Not modelled: VolumeAttributesClasses, which are compared by name alone.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.core.references import ObjectReference
from kcore.api.core.volume import Volume
from kcore.api.evolve import evolve
from kcore.api.object import ApiObject
from kcore.api.quantity import ZERO, Quantity
from kcore.api.selectors.label import from_label_selector
from kcore.api.selectors.requirement import SelectorError
from kcore.api.storage.storageclass import WAIT_FOR_FIRST_CONSUMER, StorageClass

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
STORAGE_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
BETA_STORAGE_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"

AVAILABLE, BOUND, RELEASED, FAILED = "Available", "Bound", "Released", "Failed"
PENDING, LOST = "Pending", "Lost"

READ_WRITE_ONCE = "ReadWriteOnce"
READ_WRITE_ONCE_POD = "ReadWriteOncePod"
_MODES = (READ_WRITE_ONCE, "ReadOnlyMany", "ReadWriteMany", READ_WRITE_ONCE_POD)

Reaches = Callable[[PersistentVolume], bool]
"""Whether the node that a volume is sought for is one from which it can be reached."""


def claim_class(claim: PersistentVolumeClaim) -> str:
    """Return the class that a claim asks for, "" for none."""
    return claim.metadata.annotations.get(BETA_CLASS) or claim.spec.storage_class_name or ""


def has_class(claim: PersistentVolumeClaim) -> bool:
    """Tell whether the claim says which class it wants, be it none."""
    return BETA_CLASS in claim.metadata.annotations or claim.spec.storage_class_name is not None


def volume_class(volume: PersistentVolume) -> str:
    """Return the class of a volume, "" for none."""
    return volume.metadata.annotations.get(BETA_CLASS) or volume.spec.storage_class_name


def waits_for_consumer(found: ApiObject | None) -> bool:
    """Tell whether `found` is a class whose claims are bound when a pod that uses them is placed."""
    return isinstance(found, StorageClass) and found.volume_binding_mode == WAIT_FOR_FIRST_CONSUMER


def is_fully_bound(claim: PersistentVolumeClaim) -> bool:
    """Tell whether the binding of a claim to its volume is complete."""
    return bool(claim.spec.volume_name) and BIND_COMPLETED in claim.metadata.annotations


def is_reserved_for(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Tell whether the volume names this claim as its own, by uid if it names one."""
    ref = volume.spec.claim_ref
    if ref is None or (ref.name, ref.namespace) != (claim.metadata.name, claim.metadata.namespace):
        return False
    return not ref.uid or ref.uid == claim.metadata.uid


def claim_reference(claim: PersistentVolumeClaim) -> ObjectReference:
    """Return what a volume says of the claim that it is bound to."""
    meta = claim.metadata
    return ObjectReference(
        kind="PersistentVolumeClaim",
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        api_version="v1",
        resource_version=meta.resource_version,
    )


def bound_to(volume: PersistentVolume, claim: PersistentVolumeClaim) -> PersistentVolume:
    """Return the volume bound to the claim; itself if it is."""
    ref, meta = volume.spec.claim_ref, volume.metadata
    if ref is None or (ref.namespace, ref.name, ref.uid) != _identity(claim):
        volume = evolve(volume, spec=evolve(volume.spec, claim_ref=claim_reference(claim)))
    if ref is None and BOUND_BY_CONTROLLER not in meta.annotations:
        meta = evolve(meta, annotations=meta.annotations.set(BOUND_BY_CONTROLLER, "yes"))
    return volume if meta is volume.metadata else evolve(volume, metadata=meta)


def _identity(claim: PersistentVolumeClaim) -> tuple[str, str, str]:
    return claim.metadata.namespace, claim.metadata.name, claim.metadata.uid


def claim_of(pod: Pod, volume: Volume) -> str:
    """Return the name of the claim behind a volume of a pod, "" if there is none."""
    if volume.persistent_volume_claim is not None:
        return volume.persistent_volume_claim.claim_name
    return f"{pod.metadata.name}-{volume.name}" if volume.ephemeral is not None else ""


def claims_of(pod: Pod) -> tuple[str, ...]:
    """Return the names of the claims that a pod uses, each once, in the order of its volumes."""
    if not pod.spec.volumes:
        return ()
    return tuple(dict.fromkeys(name for one in pod.spec.volumes if (name := claim_of(pod, one))))


def size(requests: object) -> Quantity:
    """Return the storage of a list of resources."""
    found = requests.get("storage")  # type: ignore[attr-defined]  # a mapping of any kind
    return ZERO if found is None else found


def modes_differ(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """Tell whether one is for files and the other a raw device."""
    return (claim.spec.volume_mode or "Filesystem") != (volume.spec.volume_mode or "Filesystem")


def serves_access(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """Tell whether the volume can be used in all the ways that the claim asks for."""
    return set(claim.spec.access_modes) <= set(volume.spec.access_modes)


def access(volume: PersistentVolume) -> tuple[str, ...]:
    """Return the access modes of a volume, each once, in upstream's order."""
    return tuple(mode for mode in _MODES if mode in volume.spec.access_modes)


def find_matching_volume(
    claim: PersistentVolumeClaim,
    volumes: Iterable[PersistentVolume],
    reaches: Reaches | None = None,
    excluded: Collection[str] = (),
    *,
    delay: bool = False,
) -> PersistentVolume | None:
    """Return the volume that is reserved for the claim or else the smallest that fits, the first by name of equals.

    With `reaches` it is sought for a node; without one, a claim whose binding waits (`delay`) gets only what is
    reserved for it. None if nothing fits.
    """
    smallest: PersistentVolume | None = None
    for volume in sorted(volumes, key=lambda one: one.metadata.name):
        reserved = is_reserved_for(volume, claim)
        if volume.metadata.name in excluded or not _may_serve(claim, volume, reserved=reserved):
            continue
        if reserved:
            return volume if reaches is None or reaches(volume) else None
        if (reaches is None and delay) or not _is_offered(claim, volume):
            continue
        if reaches is not None and not (reaches(volume) and serves_access(claim, volume)):
            continue
        if smallest is None or size(volume.spec.capacity) < size(smallest.spec.capacity):
            smallest = volume
    return smallest


def _may_serve(claim: PersistentVolumeClaim, volume: PersistentVolume, *, reserved: bool) -> bool:
    """Tell whether the volume is nobody else's, large enough, of the right mode, and stays."""
    return (
        (reserved or volume.spec.claim_ref is None)
        and size(volume.spec.capacity) >= size(claim.spec.resources.requests)
        and not modes_differ(claim, volume)
        and volume.metadata.deletion_timestamp is None
    )


def _is_offered(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """Tell whether the volume is available, and of the class and the labels that the claim asks for."""
    if volume.status.phase != AVAILABLE or volume_class(volume) != claim_class(claim):
        return False
    if (claim.spec.volume_attributes_class_name or "") != (volume.spec.volume_attributes_class_name or ""):
        return False
    if claim.spec.selector is None:
        return True
    try:
        return from_label_selector(claim.spec.selector).matches(volume.metadata.labels)
    except SelectorError:
        return False


def find_best_match(
    claim: PersistentVolumeClaim, volumes: Iterable[PersistentVolume], *, delay: bool
) -> PersistentVolume | None:
    """Return the volume for a claim whatever the node: first among those with the fewest access modes that serve it."""
    by_modes: dict[tuple[str, ...], list[PersistentVolume]] = {}
    for volume in volumes:
        if serves_access(claim, volume):
            by_modes.setdefault(access(volume), []).append(volume)
    for modes in sorted(by_modes, key=lambda one: (len(one), one)):
        found = find_matching_volume(claim, by_modes[modes], delay=delay)
        if found is not None:
            return found
    return None
