"""PersistentVolumeClaimResize: a claim may ask for more only if it is bound and its class allows growth.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/storage/persistentvolume/resize/admission.go
"""

from __future__ import annotations

from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.quantity import ZERO
from kcore.api.storage.storageclass import StorageClass
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status, forbidden
from kcore.apiserver.store import Store

NOT_BOUND = "Only bound persistent volume claims can be expanded"
NOT_ALLOWED = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


def _charge(operation: Operation, store: Store, new: ApiObject, old: ApiObject | None) -> Store | Status:
    """Return the store as it is, or why the claim may not grow."""
    if not isinstance(new, PersistentVolumeClaim) or not isinstance(old, PersistentVolumeClaim):
        return store
    wanted, before = (one.spec.resources.requests.get("storage", ZERO) for one in (new, old))
    if wanted <= before:
        return store
    name = new.metadata.name
    if old.status.phase != "Bound":
        return forbidden(operation.kind, name, NOT_BOUND)
    found = store.get(ObjectKey("StorageClass", "", new.spec.storage_class_name or ""))
    if isinstance(found, StorageClass) and found.allow_volume_expansion:
        return store
    return forbidden(operation.kind, name, NOT_ALLOWED)


PLUGIN = Plugin(
    name="PersistentVolumeClaimResize",
    kinds=frozenset({"PersistentVolumeClaim"}),
    verbs=frozenset({Verb.UPDATE}),
    charge=_charge,
)
