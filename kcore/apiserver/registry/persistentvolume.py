"""PersistentVolume: its source, size and place, and that they stay.

Does not model inline CSI volumes of attachments.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/persistentvolume/strategy.go
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.volumes import default_source
from kcore.apiserver.defaulting.wire import canonical_quantities, fill, part
from kcore.apiserver.field import Errors, forbidden, gathered, immutable, invalid, invalid_each, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.affinity import node_selector
from kcore.apiserver.validation.claims import VOLUME_MODES, access_modes
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.resources import basic_quantity, positive_quantity
from kcore.apiserver.validation.volumesources import (
    SHARED_SOURCES,
    Source,
    SourceCheck,
    driver_name,
    local,
    one_source,
    required_fields,
    secret_reference,
)

_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
_CSI_SECRETS = (
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeStageSecretRef",
    "nodeExpandSecretRef",
)


def default(wire: Wire) -> None:
    """Fill in the defaults of a volume."""
    spec = part(wire, "spec")
    fill(spec, {"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"})
    default_source(spec)
    canonical_quantities(spec, "capacity")
    fill(part(wire, "status"), {"phase": "Pending"})


def prepare_create(wire: Wire) -> None:
    """Give a new volume its first status."""
    wire["status"] = {"phase": "Pending"}


def stamp(new: Wire, old: Wire | None, now: str) -> None:
    """Note when the phase changed: at the creation, and whenever a write of the status changes it."""
    status, before = part(new, "status"), (old or {}).get("status") or {}
    if status.get("phase") != before.get("phase"):
        status["lastPhaseTransitionTime"] = now


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a volume."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    spec, path = wire.get("spec") or {}, "spec"
    yield from access_modes(spec.get("accessModes"), f"{path}.accessModes")
    yield from _capacity(spec.get("capacity"), f"{path}.capacity")
    policy = spec.get("persistentVolumeReclaimPolicy", "")
    if policy and policy not in _RECLAIM_POLICIES:
        yield not_supported(f"{path}.persistentVolumeReclaimPolicy", policy, _RECLAIM_POLICIES)
    if spec.get("nodeAffinity") is not None:
        yield from _node_affinity(spec["nodeAffinity"], f"{path}.nodeAffinity")
    yield from one_source(spec, _SOURCES, path)
    if spec.get("local") is not None and spec.get("nodeAffinity") is None:
        yield required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    host_path = (spec.get("hostPath") or {}).get("path") or "."
    if posixpath.normpath(host_path) == "/" and policy == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        yield forbidden(f"{path}.persistentVolumeReclaimPolicy", detail)
    yield from _class_and_mode(spec, path)


def _capacity(capacity: Mapping[str, Any] | None, path: str) -> Errors:
    if not capacity:
        yield required(path)
    if set(capacity or ()) != {"storage"}:
        yield not_supported(path, capacity, ("storage",))
    for name, value in sorted((capacity or {}).items()):
        yield from basic_quantity(value, f"{path}[{name}]")
        yield from positive_quantity(value, f"{path}[{name}]")


def _node_affinity(affinity: Source, path: str) -> Errors:
    if affinity.get("required") is None:
        yield required(f"{path}.required", "must specify required node constraints")
    else:
        yield from node_selector(affinity["required"], f"{path}.required")


def _class_and_mode(spec: Source, path: str) -> Errors:
    if name := spec.get("storageClassName"):
        yield from invalid_each(f"{path}.storageClassName", name, names.dns1123_subdomain(name))
    if spec.get("volumeMode") is not None and spec["volumeMode"] not in VOLUME_MODES:
        yield not_supported(f"{path}.volumeMode", spec["volumeMode"], VOLUME_MODES)
    name = spec.get("volumeAttributesClassName")
    if name is None:
        return
    here = f"{path}.volumeAttributesClassName"
    if name:
        yield from invalid_each(here, name, names.dns1123_subdomain(name))
    else:
        yield required(here, "an empty string is disallowed")
    if spec.get("csi") is None:
        yield required(f"{path}.csi", "has to be specified when using volumeAttributesClassName")


def _csi(source: Source, path: str) -> Errors:
    yield from driver_name(source.get("driver", ""), f"{path}.driver")
    yield from required_fields("volumeHandle")(source, path)
    for field in _CSI_SECRETS:
        if source.get(field) is not None:
            yield from _secret(source[field], f"{path}.{field}")


def _secret(reference: Source, path: str) -> Errors:
    for field, check in (("name", names.dns1123_subdomain), ("namespace", names.dns1123_label)):
        value = reference.get(field, "")
        if value:
            yield from invalid_each(f"{path}.{field}", value, check(value))
        else:
            yield required(f"{path}.{field}")


def _glusterfs(source: Source, path: str) -> Errors:
    yield from SHARED_SOURCES["glusterfs"](source, path)
    namespace, here = source.get("endpointsNamespace"), f"{path}.endpointsNamespace"
    if namespace == "":
        yield invalid(here, namespace, "if the endpointnamespace is set, it must be a valid namespace name")
    elif namespace is not None:
        yield from invalid_each(here, namespace, names.dns1123_label(namespace))


def _cinder(source: Source, path: str) -> Errors:
    yield from required_fields("volumeID")(source, path)
    yield from secret_reference(source, path, "name", "namespace")


def _iscsi(source: Source, path: str) -> Errors:
    yield from SHARED_SOURCES["iscsi"](source, path)
    yield from secret_reference(source, path, "name")


def _azure_file(source: Source, path: str) -> Errors:
    yield from SHARED_SOURCES["azureFile"](source, path)
    if source.get("secretNamespace") == "":
        yield required(f"{path}.secretNamespace")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the source stays, and so do mode and place once they are set."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    spec, before = new["spec"], old["spec"]
    if _source_of(spec, before) != _source_of(before, before):
        yield forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation")
    yield from immutable("volumeMode", spec.get("volumeMode"), before.get("volumeMode"))
    if before.get("nodeAffinity") is not None and _ga_labels(before["nodeAffinity"]) != _ga_labels(
        spec.get("nodeAffinity")
    ):
        detail = "field is immutable, except for updating from beta label to GA"
        yield invalid("nodeAffinity", spec.get("nodeAffinity"), detail)
    if before.get("volumeAttributesClassName") is not None and spec.get("volumeAttributesClassName") is None:
        yield forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden")


def _source_of(spec: Source, before: Source) -> dict[str, Any]:
    """Return the sources, without a CSI secret for growth that `before` does not have yet."""
    sources = {field: spec[field] for field in _SOURCES if spec.get(field) is not None}
    if "csi" in sources and (before.get("csi") or {}).get("controllerExpandSecretRef") is None:
        csi = sources["csi"]
        sources["csi"] = {field: value for field, value in csi.items() if field != "controllerExpandSecretRef"}
    return sources


def _ga_labels(affinity: Any) -> Any:
    """Return a node affinity with the labels that have a name without "beta" under that name."""
    if isinstance(affinity, dict):
        return {
            field: _GA_LABELS.get(value, value) if field == "key" else _ga_labels(value)
            for field, value in affinity.items()
        }
    return [_ga_labels(one) for one in affinity] if isinstance(affinity, list) else affinity


_GA_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}

_SOURCES: Mapping[str, SourceCheck] = {
    "hostPath": SHARED_SOURCES["hostPath"],
    "gcePersistentDisk": SHARED_SOURCES["gcePersistentDisk"],
    "awsElasticBlockStore": SHARED_SOURCES["awsElasticBlockStore"],
    "glusterfs": _glusterfs,
    "flocker": SHARED_SOURCES["flocker"],
    "nfs": SHARED_SOURCES["nfs"],
    "rbd": SHARED_SOURCES["rbd"],
    "quobyte": SHARED_SOURCES["quobyte"],
    "cephfs": SHARED_SOURCES["cephfs"],
    "iscsi": _iscsi,
    "cinder": _cinder,
    "fc": SHARED_SOURCES["fc"],
    "flexVolume": SHARED_SOURCES["flexVolume"],
    "azureFile": _azure_file,
    "vsphereVolume": SHARED_SOURCES["vsphereVolume"],
    "photonPersistentDisk": SHARED_SOURCES["photonPersistentDisk"],
    "portworxVolume": SHARED_SOURCES["portworxVolume"],
    "azureDisk": SHARED_SOURCES["azureDisk"],
    "scaleIO": SHARED_SOURCES["scaleIO"],
    "local": local,
    "storageos": SHARED_SOURCES["storageos"],
    "csi": _csi,
}

STRATEGY = Strategy(
    kind="PersistentVolume",
    default=default,
    prepare_create=prepare_create,
    stamp=stamp,
    validate=validate,
    validate_update=validate_update,
)
