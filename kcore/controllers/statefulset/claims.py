"""Claims: whose the claims of a pod are, so that they stay or go with it as the retention policy says.

Models the owner references of claims: with `whenDeleted: Delete` the set owns the claims, with `whenScaled: Delete` a
pod that is beyond the size owns its own, and otherwise nobody does. Another controller's claim is left to it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset/stateful_set_utils.go
"""

from __future__ import annotations

from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.kinds import class_kind
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject
from kcore.controllers.statefulset.stateful_set_utils import in_range
from kcore.reconcile.ownership import controller_ref

RETAIN = "Retain"
DELETE = "Delete"


def when_deleted(stateful_set: StatefulSet) -> str:
    """Return what becomes of claims when the set goes."""
    policy = stateful_set.spec.persistent_volume_claim_retention_policy
    return policy.when_deleted if policy else RETAIN


def when_scaled(stateful_set: StatefulSet) -> str:
    """Return what becomes of the claims of a pod that is beyond the size."""
    policy = stateful_set.spec.persistent_volume_claim_retention_policy
    return policy.when_scaled if policy else RETAIN


def has_stale_owner(claim: PersistentVolumeClaim, owner: ApiObject) -> bool:
    """Tell whether the claim belongs to an earlier object of the owner's name."""
    first = next((one for one in claim.metadata.owner_references if _names(one, owner)), None)
    return first is not None and first.uid != owner.metadata.uid


def has_unexpected_controller(claim: PersistentVolumeClaim, stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether another controls the claim although the policy is about it."""
    if when_scaled(stateful_set) == RETAIN and when_deleted(stateful_set) == RETAIN:
        return False
    for one in claim.metadata.owner_references:
        mine = next((owner for owner in (stateful_set, pod) if _names(one, owner)), None)
        if one.uid != mine.metadata.uid if mine is not None else one.controller:
            return True
    return False


def is_owner_up_to_date(claim: PersistentVolumeClaim, stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether the claim's owners are those of the policy, or are not for the set to change."""
    if has_stale_owner(claim, stateful_set) or has_stale_owner(claim, pod):
        return True
    owned = (_owns(stateful_set, claim), _owns(pod, claim))
    if has_unexpected_controller(claim, stateful_set, pod):
        return not any(owned)
    if _has_owner_without_control(claim, stateful_set, pod):
        return False
    return owned == _owners(stateful_set, pod)


def with_owners(claim: PersistentVolumeClaim, stateful_set: StatefulSet, pod: Pod) -> PersistentVolumeClaim:
    """Return the claim with the owners of the policy; of another's claim, set and pod let go."""
    kept = [one for one in claim.metadata.owner_references if not _names(one, stateful_set) and not _names(one, pod)]
    if not has_unexpected_controller(claim, stateful_set, pod):
        for owner, owns in zip((pod, stateful_set), reversed(_owners(stateful_set, pod)), strict=True):
            if owns and all(one.uid != owner.metadata.uid for one in kept):
                kept.append(controller_ref(owner))
    return evolve(claim, metadata=evolve(claim.metadata, owner_references=tuple(kept)))


def _owners(stateful_set: StatefulSet, pod: Pod) -> tuple[bool, bool]:
    """Return whether the set, and whether the pod, is to own the pod's claims; a policy of neither word is Retain."""
    deleted, scaled = when_deleted(stateful_set), when_scaled(stateful_set)
    beyond = not in_range(stateful_set, pod)
    if scaled == DELETE and deleted in (RETAIN, DELETE):
        return deleted == DELETE and not beyond, beyond
    return scaled == RETAIN and deleted == DELETE, False


def _names(reference: OwnerReference, owner: ApiObject) -> bool:
    """Tell whether the reference names the kind and name of `owner`, be it the one of that uid or an earlier one."""
    kind = class_kind(type(owner))
    return (reference.api_version, reference.kind, reference.name) == (
        kind.api_version,
        kind.kind,
        owner.metadata.name,
    )


def _owns(owner: ApiObject, claim: PersistentVolumeClaim) -> bool:
    return any(one.uid == owner.metadata.uid for one in claim.metadata.owner_references)


def _has_owner_without_control(claim: PersistentVolumeClaim, stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether the first of set and pod among the owners does not control the claim."""
    uids = (stateful_set.metadata.uid, pod.metadata.uid)
    first = next((one for one in claim.metadata.owner_references if one.uid in uids), None)
    return first is not None and not first.controller
