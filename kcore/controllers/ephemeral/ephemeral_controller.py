"""The ephemeral volume controller: it makes the claims that pods carry with them.

Models the claim of each generic ephemeral volume, named after pod and volume and owned by the pod, so that it goes with
it. A claim of that name that belongs to somebody else is left alone, and the pod waits.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/ephemeral/controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.core.volume import PersistentVolumeClaimTemplate, Volume
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding, News
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View
from kcore.reconcile.ownership import controller_ref
from kcore.reconcile.storage import users_of
from kcore.reconcile.volumes import claim_of


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Make the claims that the pod at `key` lacks."""
    pod = view.get(ObjectKey(*key))
    if not isinstance(pod, Pod) or pod.metadata.deletion_timestamp is not None:
        return Turn()
    claims = (_claim(pod, one) for one in pod.spec.volumes if one.ephemeral is not None)
    return Turn(
        requests=tuple(
            Call(request=Request(verb=Verb.CREATE, key=key_of(one), body=one), accepts=frozenset({"AlreadyExists"}))
            for one in claims
            if view.get(key_of(one)) is None
        )
    )


def _claim(pod: Pod, volume: Volume) -> PersistentVolumeClaim:
    template = (volume.ephemeral.volume_claim_template if volume.ephemeral else None) or PersistentVolumeClaimTemplate()
    meta = template.metadata
    return PersistentVolumeClaim(
        metadata=ObjectMeta(
            name=claim_of(pod, volume),
            namespace=pod.metadata.namespace,
            labels=meta.labels,
            annotations=meta.annotations,
            owner_references=(controller_ref(pod),),
        ),
        spec=template.spec,
    )


def pod_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a pod that is new and carries claims with it."""
    pod = change.new
    if change.old is None and isinstance(pod, Pod) and any(one.ephemeral is not None for one in pod.spec.volumes):
        yield Work(LEADER, change.key)


def claim_gone(change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods of a claim that is gone."""
    if change.new is None:
        for key in users_of(store, change.key.namespace, change.key.name):
            yield Work(LEADER, key)


EPHEMERAL = Component(
    family="ephemeral-volume-controller",
    watches={"Pod": Heeding(pod_changed, News.VOLUMES), "PersistentVolumeClaim": claim_gone},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.CREATE, "PersistentVolumeClaim")}),
)
