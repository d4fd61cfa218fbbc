"""How PersistentVolumeClaims count against quotas: their number and their storage, in all and by storage class.

Not modelled: the scope VolumeAttributesClass.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/quota/v1/evaluator/core/persistent_volume_claims.go
"""

from __future__ import annotations

from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.object import ApiObject
from kcore.api.times import Time
from kcore.apiserver.quota.evaluator import ONE, Amounts, Evaluator

OBJECTS = "count/persistentvolumeclaims"
CLASS_SUFFIX = ".storageclass.storage.k8s.io/"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_NAMES = frozenset({OBJECTS, "persistentvolumeclaims", "requests.storage"})


def counts(name: str) -> bool:
    """Tell whether a quota on `name` is about claims."""
    return name in _NAMES or name.endswith((CLASS_SUFFIX + "requests.storage", CLASS_SUFFIX + "persistentvolumeclaims"))


def usage(claim: ApiObject, _: Time) -> Amounts:
    """Return what `claim` uses by the names of quotas."""
    used = {OBJECTS: ONE, "persistentvolumeclaims": ONE}
    if not isinstance(claim, PersistentVolumeClaim):
        return used
    of_class = claim.metadata.annotations.get(BETA_CLASS) or claim.spec.storage_class_name or ""
    prefix = of_class + CLASS_SUFFIX
    if of_class:
        used[prefix + "persistentvolumeclaims"] = ONE
    asked = claim.spec.resources.requests.get("storage")
    if asked is not None:
        held = claim.status.allocated_resources.get("storage")
        storage = max(asked, held) if held is not None else asked
        used["requests.storage"] = storage
        if of_class:
            used[prefix + "requests.storage"] = storage
    return used


def _always(_: ApiObject, __: ApiObject) -> bool:
    return True


CLAIMS = Evaluator(kind="PersistentVolumeClaim", counts=counts, usage=usage, charged=_always)
