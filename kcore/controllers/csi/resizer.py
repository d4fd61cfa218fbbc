"""The external resizer: a bound claim that asks for more gets more.

Models the growth of the volume and then of what the claim is told that it has.

Not modelled: growth of the file system on the node, which is at once; drivers that can't grow what is mounted; and the
states of a growth that fails.

Upstream: https://github.com/kubernetes-csi/external-resizer/blob/v2.0.0/pkg/controller/controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.controllers.csi.driver import is_installed
from kcore.reconcile.volumes import BOUND, is_reserved_for, size


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Let the volume of the claim at `key` grow to what is asked for."""
    claim = view.get(ObjectKey(*key))
    if not isinstance(claim, PersistentVolumeClaim) or claim.status.phase != BOUND:
        return Turn()
    wanted = size(claim.spec.resources.requests)
    volume = view.get(ObjectKey("PersistentVolume", "", claim.spec.volume_name))
    if wanted <= size(claim.status.capacity) or not isinstance(volume, PersistentVolume):
        return Turn()
    if volume.spec.csi is None or not is_installed(view, volume.spec.csi.driver) or not is_reserved_for(volume, claim):
        return Turn()
    calls: tuple[Call, ...] = ()
    if size(volume.spec.capacity) < wanted:
        grown = evolve(volume, spec=evolve(volume.spec, capacity=volume.spec.capacity.set("storage", wanted)))
        calls = (Call(request=Request(verb=Verb.UPDATE, key=key_of(volume), body=grown)),)
    told = evolve(claim, status=evolve(claim.status, capacity=claim.status.capacity.set("storage", wanted)))
    update = Request(verb=Verb.UPDATE, key=key_of(claim), subresource="status", body=told)
    return Turn(requests=(*calls, Call(request=update)))


def claim_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a claim that asks for more than it has."""
    claim = change.new
    if not isinstance(claim, PersistentVolumeClaim) or claim.status.phase != BOUND:
        return
    if size(claim.spec.resources.requests) > size(claim.status.capacity):
        yield Work(LEADER, change.key)


CSI_RESIZER = Component(
    family="csi-resizer",
    watches={
        "PersistentVolumeClaim": claim_changed,
        "PersistentVolume": lambda _, __: (),
        "CSIDriver": lambda _, __: (),
    },
    reconcile=reconcile,
    writes=frozenset({Write(Verb.UPDATE, "PersistentVolume"), Write(Verb.UPDATE, "PersistentVolumeClaim", "status")}),
)
