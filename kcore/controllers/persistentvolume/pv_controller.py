"""Syncing one claim or one volume: what the binder does with it as it stands.

Models syncUnboundClaim, syncBoundClaim and syncVolume: a claim finds the smallest volume that fits or gets the one that
it asks for; one that is bound stays so, or is Lost; a volume is Available, Bound, or Released when its claim is gone. A
claim that the cache does not have is looked for at the API server before its volume is given up.

Not modelled: the annotations of volumes that were migrated to CSI.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/persistentvolume/pv_controller.go
"""

from __future__ import annotations

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.references import ObjectReference
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.turn import Turn
from kcore.client.view import View
from kcore.controllers.persistentvolume.provision import assign_default_class, provision
from kcore.controllers.persistentvolume.reclaim import DELETE, release
from kcore.controllers.persistentvolume.saving import bind, save_claim_status, save_phase, unbind
from kcore.machine import Note
from kcore.reconcile.program import Program, ask
from kcore.reconcile.storage import volumes_for
from kcore.reconcile.volumes import (
    AVAILABLE,
    BIND_COMPLETED,
    BOUND,
    BOUND_BY_CONTROLLER,
    LOST,
    PENDING,
    PROVISIONED_BY,
    RELEASED,
    SELECTED_NODE,
    claim_class,
    find_best_match,
    is_reserved_for,
    modes_differ,
    serves_access,
    size,
    volume_class,
    waits_for_consumer,
)


def sync_claim(view: View, claim: PersistentVolumeClaim, again: Turn) -> Program[Turn]:
    """Bring a claim nearer to its volume; `again` is the turn that comes back later, for when a write failed."""
    if BIND_COMPLETED in claim.metadata.annotations:
        well, note = yield from _sync_bound(view, claim)
    elif claim.spec.volume_name:
        well, note = yield from _sync_asking(view, claim)
    else:
        well, note = yield from _sync_unbound(view, claim)
    if not well:
        return again
    reason, _, message = note.partition(": ")
    told = (Note(f"persistentvolume.{reason}", claim=str(key_of(claim)), message=message),) if note else ()
    return Turn(notes=told)


def sync_volume(view: View, volume: PersistentVolume, again: Turn) -> Program[Turn]:
    """Say of a volume what it is to its claim; `again` is the turn that comes back later, for when a write failed."""
    well = yield from _sync_volume(view, volume)
    return Turn() if well else again


def _sync_unbound(view: View, claim: PersistentVolumeClaim) -> Program[tuple[bool, str]]:
    """Find a volume for a claim that takes any, or have one made."""
    delay = waits_for_consumer(view.get(ObjectKey("StorageClass", "", claim_class(claim))))
    volume = find_best_match(claim, volumes_for(view, claim), delay=delay)
    if volume is not None:
        return (yield from bind(volume, claim)), ""
    assigned = yield from assign_default_class(view, claim)
    if assigned is not False:
        return assigned is True, ""
    if delay and SELECTED_NODE not in claim.metadata.annotations:
        note = "WaitForFirstConsumer: waiting for first consumer to be created before binding"
    elif claim_class(claim):
        return (yield from provision(view, claim))
    else:
        note = "FailedBinding: no persistent volumes available for this claim and no storage class is set"
    return (yield from save_claim_status(claim, PENDING)), note


def _sync_asking(view: View, claim: PersistentVolumeClaim) -> Program[tuple[bool, str]]:
    """Bind a claim to the volume that it asks for, if that is there and free."""
    volume = view.get(ObjectKey("PersistentVolume", "", claim.spec.volume_name))
    note = ""
    if isinstance(volume, PersistentVolume):
        if is_reserved_for(volume, claim):
            return (yield from bind(volume, claim)), ""
        if volume.spec.claim_ref is None:
            problem = mismatch(volume, claim)
            if not problem:
                return (yield from bind(volume, claim)), ""
            note = f'VolumeMismatch: Cannot bind to requested volume "{volume.metadata.name}": {problem}'
        elif BOUND_BY_CONTROLLER in claim.metadata.annotations:
            return False, ""
    return (yield from save_claim_status(claim, PENDING)), note


def _sync_bound(view: View, claim: PersistentVolumeClaim) -> Program[tuple[bool, str]]:
    """See that a bound claim still has its volume; one that has not is lost."""
    name = claim.spec.volume_name
    volume = view.get(ObjectKey("PersistentVolume", "", name)) if name else None
    if not name:
        note = "ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"
    elif not isinstance(volume, PersistentVolume):
        note = "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"
    elif volume.spec.claim_ref is None or volume.spec.claim_ref.uid == claim.metadata.uid:
        return (yield from bind(volume, claim)), ""
    else:
        note = "ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly"
    lost = claim.status.phase == LOST
    return (yield from save_claim_status(claim, LOST)), "" if lost else note


def mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim) -> str:
    """Return why a volume that a claim asks for by name does not do, "" if it does."""
    name = volume.metadata.name
    checks = (
        (volume.metadata.deletion_timestamp is not None, f'the volume is marked for deletion "{name}"'),
        (size(volume.spec.capacity) < size(claim.spec.resources.requests), "requested PV is too small"),
        (volume_class(volume) != claim_class(claim), "storageClassName does not match"),
        (
            (volume.spec.volume_attributes_class_name or "") != (claim.spec.volume_attributes_class_name or ""),
            "volumeAttributesClassName does not match",
        ),
        (modes_differ(claim, volume), "incompatible volumeMode"),
        (not serves_access(claim, volume), "incompatible accessMode"),
    )
    return next((problem for wrong, problem in checks if wrong), "")


def _sync_volume(view: View, volume: PersistentVolume) -> Program[bool]:
    ref = volume.spec.claim_ref
    if ref is None or not ref.uid:
        return (yield from save_phase(volume, AVAILABLE)) is not None
    known, claim = yield from _claimant(view, volume, ref)
    if not known:
        return False
    if claim is None:
        return (yield from release(view, volume))
    if not claim.spec.volume_name:
        return True
    if claim.spec.volume_name == volume.metadata.name:
        return (yield from save_phase(volume, BOUND)) is not None
    made = PROVISIONED_BY in volume.metadata.annotations
    if made and volume.spec.persistent_volume_reclaim_policy == DELETE:
        return (yield from release(view, volume))
    return (yield from unbind(volume))


def _claimant(
    view: View, volume: PersistentVolume, ref: ObjectReference
) -> Program[tuple[bool, PersistentVolumeClaim | None]]:
    """Return whether it is known who has the volume, and the claim; None when that is gone.

    What the cache does not have, or has of another uid, is asked of the API server.
    """
    key = ObjectKey("PersistentVolumeClaim", ref.namespace, ref.name)
    found = view.get(key)
    if isinstance(found, PersistentVolumeClaim) and found.metadata.uid == ref.uid:
        return True, found
    if found is None and volume.status.phase in (RELEASED, "Failed"):
        return True, None
    answer = yield from ask(Request(verb=Verb.GET, key=key))
    if not answer.ok:
        return answer.reason == "NotFound", None
    found = answer.object
    mine = isinstance(found, PersistentVolumeClaim) and found.metadata.uid == ref.uid
    return True, found if mine else None  # type: ignore[return-value]  # a claim, as its uid says
