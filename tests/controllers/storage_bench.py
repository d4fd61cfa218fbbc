"""Claims, volumes and classes, and clusters in which the storage controllers look at them."""

from __future__ import annotations

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.controllers.persistentvolume import PERSISTENTVOLUME
from kcore.controllers.pvcprotection import PVCPROTECTION
from kcore.controllers.pvprotection import PVPROTECTION
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.users.delete import Delete

DRIVER = "disk.example.com"
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
BINDER = (PERSISTENTVOLUME, PVCPROTECTION, PVPROTECTION)


def volume(name, size="1Gi", modes=("ReadWriteOnce",), storage_class="manual", policy="Retain", **more):
    """A PersistentVolume; `more` is added to its spec, `labels`, `annotations` and `claim` are what they say."""
    metadata = {"name": name, "labels": more.pop("labels", {}), "annotations": more.pop("annotations", {})}
    claim = more.pop("claim", None)
    spec = {
        "capacity": {"storage": size},
        "accessModes": list(modes),
        "storageClassName": storage_class,
        "persistentVolumeReclaimPolicy": policy,
        **({"claimRef": {"namespace": "default", "name": claim}} if claim else {}),
        **(more or {"hostPath": {"path": f"/mnt/{name}"}}),
    }
    return Json.of({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec})


def claim(name, size="1Gi", modes=("ReadWriteOnce",), storage_class="manual", **more):
    """A PersistentVolumeClaim; `more` is added to its spec."""
    spec = {"accessModes": list(modes), "resources": {"requests": {"storage": size}}, **more}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    metadata = {"name": name, "namespace": "default"}
    return Json.of({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec})


def storage_class(name="std", provisioner=DRIVER, *, wait=False, default=False, **more):
    """A StorageClass; `more` is added to it."""
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return Json.of(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name, "annotations": annotations},
            "provisioner": provisioner,
            "volumeBindingMode": "WaitForFirstConsumer" if wait else "Immediate",
            **more,
        }
    )


def driver(*, attach=True):
    """The CSIDriver of DRIVER."""
    spec = {"attachRequired": attach}
    metadata = {"name": DRIVER}
    return Json.of({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": metadata, "spec": spec})


def pod(name, *claims, **spec):
    """A pod that uses these claims."""
    given = {
        "containers": [{"name": "c", "image": "app:v1"}],
        "volumes": [{"name": one, "persistentVolumeClaim": {"claimName": one}} for one in claims],
        **spec,
    }
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": given})


def begun(model, nodes=(), **plan):
    """A cluster that has just been started, each node in a zone of its name's last letter."""
    specs = [
        NodeSpec(name=name, capacity=ROOM, labels=FrozenMap({"topology.kubernetes.io/zone": name[-1]}))
        for name in nodes
    ]
    return boot(model, Plan(nodes=specs, **plan))


def then(model, state, event):
    """The state after an event that has to be possible."""
    step = model.step(state, event)
    assert not isinstance(step, Refusal), step
    return step.state


def applied(model, state, *objects):
    """The settled state after these objects were applied."""
    return settle(model, then(model, state, Apply(objects=objects))).state


def deleted(model, state, kind, name, grace=None):
    """The settled state after the object was deleted."""
    target = Target(kind=kind, namespace="" if kind == "PersistentVolume" else "default", name=name)
    return settle(model, then(model, state, Delete(target=target, grace_period_seconds=grace))).state


def resynced(model, state):
    """The state after the next resync of the volume controller."""
    return settle(model, advance(model, state, state.now + 15_000)).state


def binder():
    """A model of the volume controller and the protection controllers alone."""
    return build_model(BINDER)


def claims(state):
    """The phase and the volume of each claim."""
    found = state.store.list("PersistentVolumeClaim", "default")
    return {one.metadata.name: (one.status.phase, one.spec.volume_name) for one in found}


def volumes(state):
    """The phase of each volume."""
    return {one.metadata.name: one.status.phase for one in state.store.list("PersistentVolume")}


def key(kind, name):
    """The key of an object."""
    return ObjectKey(kind, "default" if kind in ("Pod", "PersistentVolumeClaim") else "", name)
