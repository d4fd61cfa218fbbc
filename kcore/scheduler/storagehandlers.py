"""Storage handlers: which waiting pods the scheduler looks at after a change of claims, volumes or classes.

Models the queueing hints of the volume plugins: a claim wakes the pods that use it, a volume those whose claims it is
reserved for or may answer, a class those whose claims wait for it, and what a node can attach all that use claims.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/volumebinding/volume_binding.go
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Work
from kcore.reconcile.storage import users_of, waiting_claims
from kcore.reconcile.volumes import claims_of, volume_class
from kcore.scheduler.cache import snapshots
from kcore.scheduler.profile import Profiles
from kcore.scheduler.waiting import is_pending


def claim_changed(profiles: Profiles, change: Change, store: Store) -> Iterator[Work]:
    """Yield the waiting pods that use the claim."""
    if change.new is not None:
        yield from _using(profiles, store, (change.key,))


def volume_changed(profiles: Profiles, change: Change, store: Store) -> Iterator[Work]:
    """Yield the waiting pods of the claim that the volume is reserved for, or of all claims that it may answer."""
    volume = change.new
    if not isinstance(volume, PersistentVolume):
        return
    ref = volume.spec.claim_ref
    if ref is not None:
        yield from _using(profiles, store, (ObjectKey("PersistentVolumeClaim", ref.namespace, ref.name),))
    else:
        yield from _using(profiles, store, waiting_claims(store, volume_class(volume)))


def class_changed(profiles: Profiles, change: Change, store: Store) -> Iterator[Work]:
    """Yield the waiting pods whose claims wait for the class."""
    if change.new is not None:
        yield from _using(profiles, store, waiting_claims(store, change.key.name))


def limits_changed(profiles: Profiles, change: Change, store: Store) -> Iterator[Work]:
    """Yield the pods that were tried in vain and use claims."""
    for key in snapshots(profiles)(store).waiting.tried:
        found = store.get(key)
        if isinstance(found, Pod) and claims_of(found):
            yield Work(LEADER, key)


def _using(profiles: Profiles, store: Store, claims: Iterable[ObjectKey]) -> Iterator[Work]:
    for claim in claims:
        for key in users_of(store, claim.namespace, claim.name):
            if is_pending(store.get(key), profiles):
                yield Work(LEADER, key)
