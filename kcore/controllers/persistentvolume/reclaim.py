"""Reclaiming: what becomes of a volume whose claim is gone.

Models the three policies. Retain leaves it Released. Delete leaves it to the driver that made it, or deletes it where
the controller can: a host path below /tmp. Recycle empties it, where that is possible and no pod uses it, and offers it
again. A volume for which there is no way is Failed.

Not modelled: the pod that scrubs a recycled volume, which is empty at once.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/persistentvolume/pv_controller.go
"""

from __future__ import annotations

import re

from kcore.api.core.persistentvolume import PersistentVolume
from kcore.api.kinds import key_of
from kcore.apiserver.request import Request, Verb
from kcore.client.view import View
from kcore.controllers.persistentvolume.provision import IN_TREE, MIGRATED
from kcore.controllers.persistentvolume.saving import save_phase, unbind
from kcore.reconcile.podutil import is_pod_terminal
from kcore.reconcile.program import Program, ask
from kcore.reconcile.storage import users
from kcore.reconcile.volumes import FAILED, PROVISIONED_BY, RELEASED

RETAIN, DELETE, RECYCLE = "Retain", "Delete", "Recycle"

_BELOW_TMP = re.compile(r"/tmp/.+")  # noqa: S108 - the path that upstream's deleter insists on


def release(view: View, volume: PersistentVolume) -> Program[bool]:
    """Mark a volume as Released, unless its reclaiming has failed, and reclaim it; tell whether all went well."""
    if volume.status.phase not in (RELEASED, FAILED):
        marked = yield from save_phase(volume, RELEASED)
        if marked is None:
            return False
        volume = marked
    policy = volume.spec.persistent_volume_reclaim_policy
    if policy == RETAIN:
        return True
    if policy == DELETE:
        return (yield from _delete(volume))
    if policy == RECYCLE:
        return (yield from _recycle(view, volume))
    return (yield from _fail(volume, "Volume has an unrecognized reclaim policy."))


def _delete(volume: PersistentVolume) -> Program[bool]:
    if volume.metadata.deletion_timestamp is not None:
        return True
    provisioner = volume.metadata.annotations.get(PROVISIONED_BY, "")
    if provisioner and not MIGRATED.get(provisioner, provisioner).startswith(IN_TREE):
        return True
    name, path = volume.metadata.name, volume.spec.host_path.path if volume.spec.host_path else ""
    if volume.spec.host_path is None:
        why = "no deletable volume plugin matched"
        return (yield from _fail(volume, f'error getting deleter volume plugin for volume "{name}": {why}'))
    if not _BELOW_TMP.match(path):
        return (yield from _fail(volume, f"host_path deleter only supports /tmp/.+ but received provided {path}"))
    answer = yield from ask(Request(verb=Verb.DELETE, key=key_of(volume)))
    return answer.ok or answer.reason == "NotFound"


def _recycle(view: View, volume: PersistentVolume) -> Program[bool]:
    ref = volume.spec.claim_ref
    if ref is not None and any(not is_pod_terminal(one) for one in users(view, ref.namespace, ref.name)):
        return False
    if volume.spec.host_path is None and volume.spec.nfs is None:
        return (yield from _fail(volume, "No recycler plugin found for the volume!"))
    return (yield from unbind(volume))


def _fail(volume: PersistentVolume, message: str) -> Program[bool]:
    return (yield from save_phase(volume, FAILED, message)) is not None
