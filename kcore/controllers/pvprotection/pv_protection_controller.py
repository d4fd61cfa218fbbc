"""The volume protection controller: it lets a deleted volume go once it is not bound to a claim.

Models the finalizer of volumes: a volume whose phase is Bound is in use.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/pvprotection/pv_protection_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.object import ObjectKey
from kcore.apiserver.admission.storage_object_in_use_protection import FINALIZERS
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.reconcile.protection import is_held, needs_finalizer, with_finalizer, without_finalizer
from kcore.reconcile.volumes import BOUND

FINALIZER = FINALIZERS["PersistentVolume"]


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Put the finalizer on the volume at `key`, or take it off if that is deleted and not bound."""
    volume = view.get(ObjectKey(*key))
    if not isinstance(volume, PersistentVolume):
        return Turn()
    if needs_finalizer(volume, FINALIZER):
        return Turn(requests=(Call(request=with_finalizer(volume, FINALIZER)),))
    if is_held(volume, FINALIZER) and volume.status.phase != BOUND:
        return Turn(requests=(Call(request=without_finalizer(volume, FINALIZER)),))
    return Turn()


def volume_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a volume to which the finalizer is to be put, or from which it may be taken."""
    volume = change.new
    if volume is not None and (needs_finalizer(volume, FINALIZER) or is_held(volume, FINALIZER)):
        yield Work(LEADER, change.key)


PVPROTECTION = Component(
    family="persistentvolume-protection-controller",
    watches={"PersistentVolume": volume_changed},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.UPDATE, "PersistentVolume")}),
)
