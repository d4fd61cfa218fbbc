"""Provisioning: a claim that no volume answers is handed to the provisioner of its class.

Models the default class that a claim without one gets late, the classes that do not exist, and the annotation that
tells an external provisioner to act. The provisioners that were part of Kubernetes are those of the CSI drivers in
whose favour they were removed.

Not modelled: provisioning by the controller itself, which 1.36 has for host paths behind a flag only.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/volume/persistentvolume/pv_controller.go
"""

from __future__ import annotations

from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.evolve import evolve
from kcore.api.object import ObjectKey
from kcore.api.storage.storageclass import StorageClass
from kcore.apiserver.admission.default_storage_class import BETA_IS_DEFAULT, IS_DEFAULT
from kcore.client.view import View
from kcore.controllers.persistentvolume.saving import save
from kcore.reconcile.program import Program
from kcore.reconcile.volumes import BETA_STORAGE_PROVISIONER, STORAGE_PROVISIONER, claim_class, has_class

IN_TREE = "kubernetes.io/"

MIGRATED = {
    "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
    "kubernetes.io/azure-disk": "disk.csi.azure.com",
    "kubernetes.io/azure-file": "file.csi.azure.com",
    "kubernetes.io/cinder": "cinder.csi.openstack.org",
    "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
    "kubernetes.io/portworx-volume": "pxd.portworx.com",
    "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
}
"""The CSI drivers that do the work of provisioners that are no longer part of Kubernetes."""


def default_class(view: View) -> StorageClass | None:
    """Return the newest class that is marked as the default, the first by name of equals."""
    marked = [
        one
        for one in view.list("StorageClass")
        if isinstance(one, StorageClass)
        and "true" in (one.metadata.annotations.get(IS_DEFAULT), one.metadata.annotations.get(BETA_IS_DEFAULT))
    ]
    return min(marked, key=lambda one: (-(one.metadata.creation_timestamp or 0), one.metadata.name), default=None)


def assign_default_class(view: View, claim: PersistentVolumeClaim) -> Program[bool | None]:
    """Give a claim without a class the default one; tell whether it got it, None if the write failed."""
    found = None if has_class(claim) else default_class(view)
    if found is None:
        return False
    assigned = evolve(claim, spec=evolve(claim.spec, storage_class_name=found.metadata.name))
    return None if (yield from save(claim, assigned)) is None else True


def provision(view: View, claim: PersistentVolumeClaim) -> Program[tuple[bool, str]]:
    """Tell the provisioner of the claim's class to act; return whether the write went well, and what there is to say.

    A claim whose class can't provide anything is left as it is, and looked at again.
    """
    name = claim_class(claim)
    found = view.get(ObjectKey("StorageClass", "", name))
    if not isinstance(found, StorageClass):
        return True, f'ProvisioningFailed: storageclass.storage.k8s.io "{name}" not found'
    provisioner = MIGRATED.get(found.provisioner, found.provisioner)
    if provisioner.startswith(IN_TREE):
        return True, f"ProvisioningFailed: no volume plugin matched name: {provisioner}"
    annotations = claim.metadata.annotations
    annotations = annotations.update({STORAGE_PROVISIONER: provisioner, BETA_STORAGE_PROVISIONER: provisioner})
    told = yield from save(claim, evolve(claim, metadata=evolve(claim.metadata, annotations=annotations)))
    message = (
        f"ExternalProvisioning: Waiting for a volume to be created either by the external provisioner '{provisioner}' "
        "or manually by the system administrator"
    )
    return told is not None, message
