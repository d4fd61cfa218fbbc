"""The claim protection controller: it lets a deleted claim go once no pod that is bound to a node uses it.

Models the finalizer of claims. A pod that is on no node does not count; one that has ended does, for as long as its
object is there, save for the claims that were made for it alone. What the cache says is asked of the API server again
before a claim is let go.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/pvcprotection/pvc_protection_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.admission.storage_object_in_use_protection import FINALIZERS
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile.podutil import is_pod_terminal
from kcore.reconcile.protection import is_held, needs_finalizer, with_finalizer, without_finalizer
from kcore.reconcile.storage import users
from kcore.reconcile.volumes import claim_of, claims_of

FINALIZER = FINALIZERS["PersistentVolumeClaim"]


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Put the finalizer on the claim at `key`, or take it off if that is deleted and not used."""
    claim = view.get(ObjectKey(*key))
    if not isinstance(claim, PersistentVolumeClaim):
        return Turn()
    if needs_finalizer(claim, FINALIZER):
        return Turn(requests=(Call(request=with_finalizer(claim, FINALIZER)),))
    if not is_held(claim, FINALIZER) or is_used(claim, users(view, claim.metadata.namespace, claim.metadata.name)):
        return Turn()
    if not view.answers:
        live = Request(verb=Verb.LIST, key=ObjectKey("Pod", claim.metadata.namespace, ""))
        return Turn(requests=(Call(request=live),), more=True)
    pods = (one for one in view.answers[0].items if isinstance(one, Pod))
    if is_used(claim, pods):
        return Turn()
    note = Note("persistentvolumeclaim.let_go", claim=str(key_of(claim)))
    return Turn(requests=(Call(request=without_finalizer(claim, FINALIZER)),), notes=(note,))


def is_used(claim: PersistentVolumeClaim, pods: Iterable[Pod]) -> bool:
    """Tell whether one of `pods` is on a node and uses the claim."""
    return any(_uses(pod, claim) for pod in pods)


def _uses(pod: Pod, claim: PersistentVolumeClaim) -> bool:
    if not pod.spec.node_name or pod.metadata.namespace != claim.metadata.namespace:
        return False
    return any(
        claim_of(pod, one) == claim.metadata.name and (one.ephemeral is None or not is_pod_terminal(pod))
        for one in pod.spec.volumes
    )


def claim_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a claim to which the finalizer is to be put, or from which it may be taken."""
    claim = change.new
    if claim is not None and (needs_finalizer(claim, FINALIZER) or is_held(claim, FINALIZER)):
        yield Work(LEADER, change.key)


def pod_changed(change: Change, store: Store) -> Iterator[Work]:
    """Yield the deleted claims of a pod that is gone, has ended or is on no node."""
    for pod in (change.old, change.new):
        if not isinstance(pod, Pod) or not pod.spec.volumes:
            continue
        if change.new is not None and pod.spec.node_name and not is_pod_terminal(pod):
            continue
        for name in claims_of(pod):
            key = ObjectKey("PersistentVolumeClaim", pod.metadata.namespace, name)
            found = store.get(key)
            if found is not None and is_held(found, FINALIZER):
                yield Work(LEADER, key)


PVCPROTECTION = Component(
    family="persistentvolumeclaim-protection-controller",
    watches={"PersistentVolumeClaim": claim_changed, "Pod": Heeding(pod_changed, News.VOLUMES)},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.UPDATE, "PersistentVolumeClaim")}),
)
