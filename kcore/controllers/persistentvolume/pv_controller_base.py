"""The volume controller as a component: what makes it look at a claim or a volume, and when it looks again.

Models the handlers, and the resync: every 15 s upstream looks at all claims and volumes. Nothing else makes it look at
a pending claim when a volume appears that would do, so that such a claim waits for up to 15 s. Here the looks are at
whole multiples of that time, and only at what a change since has made worth a look.

Not modelled: the instants of the resyncs relative to the controller's start; and that upstream's cache has the
controller's own writes at once. With a late one a claim may try a volume that was just given away; it is refused, and
tried again with the next resync.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/persistentvolume/pv_controller_base.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import NOTHING, Heeding
from kcore.client.instant import awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.persistentvolume.pv_controller import sync_claim, sync_volume
from kcore.reconcile.program import play
from kcore.reconcile.storage import claims_on, reserved_for, waiting_claims
from kcore.reconcile.volumes import AVAILABLE, modes_differ, volume_class

RESYNC_PERIOD = 15_000
"""How often (ms) all claims and volumes are looked at."""

RESYNC = "Resync"
"""The first word of the key of an object that is looked at with the next resync."""


def reconcile(memory: Any, view: View, key: Key) -> Turn:
    """Look at a claim or a volume, at once or with the next resync; the memory is when that is."""
    now = view.now()
    due = (now // RESYNC_PERIOD + 1) * RESYNC_PERIOD
    later = Turn(memory=awaited(due) if key[0] == RESYNC else None, wake_at=due)
    if key[0] == RESYNC:
        if memory is None:
            return later
        if now < memory:
            return Turn(memory=memory, wake_at=int(memory))
        key = key[1:]
    found = view.get(ObjectKey(*key))
    if isinstance(found, PersistentVolumeClaim):
        return play(sync_claim(view, found, later), view.answers)
    if isinstance(found, PersistentVolume):
        return play(sync_volume(view, found, later), view.answers)
    return Turn()


def claim_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield a claim that is there; when it is gone its volume, and those that were reserved for it with the resync."""
    if change.new is not None:
        yield Work(LEADER, change.key)
        return
    bound = change.old.spec.volume_name if isinstance(change.old, PersistentVolumeClaim) else ""
    if bound:
        yield Work(LEADER, ObjectKey("PersistentVolume", "", bound))
    for key in reserved_for(store, change.key.namespace, change.key.name):
        if key.name != bound:
            yield Work(LEADER, _resync(key))


def volume_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield a volume and the claim that it names but that does not name it; with the resync, claims that it helps."""
    volume = change.new or change.old
    if not isinstance(volume, PersistentVolume):
        return
    if change.new is not None:
        yield Work(LEADER, change.key)
    claimant = _claimant(volume, store)
    if claimant is not None and (change.new is None or _is_to_bind(volume, claimant)):
        ref = claimant.metadata
        yield Work(LEADER, ObjectKey("PersistentVolumeClaim", ref.namespace, ref.name))
    if change.new is None or not _is_offered(change.new) or _is_offered(change.old):
        return
    helped = {*waiting_claims(store, volume_class(volume)), *claims_on(store, change.key.name)}
    if claimant is not None:
        helped.add(ObjectKey("PersistentVolumeClaim", claimant.metadata.namespace, claimant.metadata.name))
    for key in sorted(helped):
        yield Work(LEADER, _resync(key))


def class_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield, with the resync, the claims that wait for a class, and those that may get it as the default."""
    if change.new is not None:
        for key in (*waiting_claims(store, change.key.name), *waiting_claims(store, "")):
            yield Work(LEADER, _resync(key))


def _claimant(volume: PersistentVolume, store: Store) -> PersistentVolumeClaim | None:
    ref = volume.spec.claim_ref
    found = store.get(ObjectKey("PersistentVolumeClaim", ref.namespace, ref.name)) if ref else None
    return found if isinstance(found, PersistentVolumeClaim) else None


def _is_to_bind(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Tell whether the volume is the claim's, which does not know yet and can."""
    ref = volume.spec.claim_ref
    mine = ref is not None and ref.uid == claim.metadata.uid
    return mine and not claim.spec.volume_name and not modes_differ(claim, volume)


def _is_offered(found: ApiObject | None) -> bool:
    """Tell whether `found` is a volume that a claim may get with a resync: available, or reserved by name."""
    if not isinstance(found, PersistentVolume):
        return False
    ref = found.spec.claim_ref
    return found.status.phase == AVAILABLE and (ref is None or not ref.uid)


def _resync(key: ObjectKey) -> Key:
    return (RESYNC, *key)


PERSISTENTVOLUME = Component(
    family="persistentvolume-binder-controller",
    watches={
        "PersistentVolumeClaim": claim_changed,
        "PersistentVolume": volume_changed,
        "StorageClass": class_changed,
        "Pod": Heeding(lambda _, __: (), NOTHING),
    },
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.UPDATE, "PersistentVolume"),
            Write(Verb.UPDATE, "PersistentVolume", "status"),
            Write(Verb.DELETE, "PersistentVolume"),
            Write(Verb.UPDATE, "PersistentVolumeClaim"),
            Write(Verb.UPDATE, "PersistentVolumeClaim", "status"),
        }
    ),
)
