"""Saving: the single writes of which bindings are made, each left out where it would change nothing.

Models that a binding is four writes in this order: the volume names the claim, the volume is Bound, the claim names the
volume, the claim is Bound. Whatever stops it in between, the next sync goes on from there.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/persistentvolume/pv_controller.go
"""

from __future__ import annotations

from typing import Any, TypeVar

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.apiserver.request import Request, Verb
from kcore.reconcile.program import Program, ask
from kcore.reconcile.volumes import (
    AVAILABLE,
    BIND_COMPLETED,
    BOUND,
    BOUND_BY_CONTROLLER,
    bound_to,
    size,
)

T = TypeVar("T", bound=ApiObject)

YES = "yes"


def save(old: T, new: T, subresource: str = "") -> Program[T | None]:
    """Write `new` in place of `old` unless they are equal; return what is there then, None if the write failed."""
    if new == old:
        return old
    answer = yield from ask(Request(verb=Verb.UPDATE, key=key_of(new), subresource=subresource, body=new))
    saved: Any = answer.object
    return saved if answer.ok else None


def bind(volume: PersistentVolume, claim: PersistentVolumeClaim) -> Program[bool]:
    """Bind the two to each other as far as they are not; tell whether all writes went well."""
    named = yield from save(volume, bound_to(volume, claim))
    marked = None if named is None else (yield from save_phase(named, BOUND))
    if marked is None:
        return False
    bound = yield from save(claim, naming(claim, marked))
    return bound is not None and (yield from save_claim_status(bound, BOUND, marked))


def save_phase(volume: PersistentVolume, phase: str, message: str = "") -> Program[PersistentVolume | None]:
    """Write the phase of a volume."""
    if volume.status.phase == phase:
        return volume
    status = evolve(volume.status, phase=phase, message=message)
    return (yield from save(volume, evolve(volume, status=status), "status"))


def save_claim_status(
    claim: PersistentVolumeClaim, phase: str, volume: PersistentVolume | None = None
) -> Program[bool]:
    """Write the phase of a claim with what it gets of its volume: the capacity when it becomes bound, not later."""
    status = evolve(claim.status, phase=phase)
    if volume is None:
        status = evolve(status, access_modes=(), capacity=EMPTY)
    else:
        status = evolve(status, access_modes=volume.spec.access_modes)
        known, found = size(claim.status.capacity), size(volume.spec.capacity)
        if claim.status.phase != phase and (not claim.status.capacity or known.cmp(found) != 0):
            status = evolve(status, capacity=volume.spec.capacity)
    return (yield from save(claim, evolve(claim, status=status), "status")) is not None


def naming(claim: PersistentVolumeClaim, volume: PersistentVolume) -> PersistentVolumeClaim:
    """Return the claim that names `volume`, its binding complete."""
    annotations = claim.metadata.annotations
    spec = claim.spec
    if spec.volume_name != volume.metadata.name:
        spec = evolve(spec, volume_name=volume.metadata.name)
        annotations = annotations.set(BOUND_BY_CONTROLLER, annotations.get(BOUND_BY_CONTROLLER, YES))
    annotations = annotations.set(BIND_COMPLETED, annotations.get(BIND_COMPLETED, YES))
    return evolve(claim, spec=spec, metadata=evolve(claim.metadata, annotations=annotations))


def unbind(volume: PersistentVolume) -> Program[bool]:
    """Let go of a volume: for good if the controller bound it, only of the uid if somebody reserved it by name."""
    annotations, ref = volume.metadata.annotations, volume.spec.claim_ref
    if BOUND_BY_CONTROLLER in annotations or ref is None:
        meta = evolve(volume.metadata, annotations=annotations.remove(BOUND_BY_CONTROLLER))
        freed = evolve(volume, metadata=meta, spec=evolve(volume.spec, claim_ref=None))
    else:
        freed = evolve(volume, spec=evolve(volume.spec, claim_ref=evolve(ref, uid="")))
    saved = yield from save(volume, freed)
    return saved is not None and (yield from save_phase(saved, AVAILABLE)) is not None
