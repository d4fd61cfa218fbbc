"""A pod's volumes, and how its containers mount them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import (
    Errors,
    duplicate,
    forbidden,
    invalid,
    invalid_each,
    not_found,
    not_supported,
    required,
)
from kcore.apiserver.validation import names
from kcore.apiserver.validation.claims import claim_spec
from kcore.apiserver.validation.files import downward_api, keyed, projected
from kcore.apiserver.validation.meta import template_meta
from kcore.apiserver.validation.paths import local_descending, no_backsteps
from kcore.apiserver.validation.resources import amount
from kcore.apiserver.validation.volumesources import (
    SHARED_SOURCES,
    Source,
    SourceCheck,
    driver_name,
    git_repo,
    one_source,
    required_fields,
    secret_reference,
)

Volumes: TypeAlias = Mapping[str, Source]
"""The sound volumes of a pod by name."""

_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE_READ_ONLY = ("Disabled", "Enabled", "IfPossible")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")


def volumes(found: Sequence[Source], pod_name: str, path: str) -> tuple[Volumes, tuple[Any, ...]]:
    """Return the volumes of a pod that are sound, by name, and the errors of the others; a template has no pod name."""
    sound: dict[str, Source] = {}
    errors: list[Any] = []
    created = {f"{pod_name}-{one.get('name', '')}" for one in found if pod_name and one.get("ephemeral") is not None}
    for i, one in enumerate(found):
        name, here = one.get("name", ""), f"{path}[{i}]"
        faults = [*_volume(one, pod_name, here), *_volume_name(name, f"{here}.name")]
        if name in sound:
            faults.append(duplicate(f"{here}.name", name))
        if not faults:
            sound[name] = one
        errors += faults
        claim = (one.get("persistentVolumeClaim") or {}).get("claimName", "")
        if claim in created:
            detail = "must not reference a PVC that gets created for an ephemeral volume"
            errors.append(invalid(f"{here}.persistentVolumeClaim.claimName", claim, detail))
    return sound, tuple(errors)


def _volume(volume: Source, pod_name: str, path: str) -> Errors:
    yield from one_source(volume, _SOURCES, path)
    name = volume.get("name", "")
    if volume.get("ephemeral") is not None and pod_name and name:
        claim = f"{pod_name}-{name}"
        for detail in names.dns1123_subdomain(claim):
            yield invalid(f"{path}.name", name, f'PVC name "{claim}": {detail}')


def _volume_name(name: str, path: str) -> Errors:
    if name:
        yield from invalid_each(path, name, names.dns1123_label(name))
    else:
        yield required(path)


def _empty_dir(source: Source, path: str) -> Errors:
    if amount(source.get("sizeLimit")).sign < 0:
        yield forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _csi(source: Source, path: str) -> Errors:
    yield from driver_name(source.get("driver", ""), f"{path}.driver")
    secret = source.get("nodePublishSecretRef")
    if secret is not None:
        yield from required_fields("name")(secret, f"{path}.nodePublishSecretRef")
        if secret.get("name"):
            yield from invalid_each(f"{path}.name", secret["name"], names.dns1123_subdomain(secret["name"]))


def _cinder(source: Source, path: str) -> Errors:
    yield from required_fields("volumeID")(source, path)
    yield from secret_reference(source, path, "name")


def _ephemeral(source: Source, path: str) -> Errors:
    template = source.get("volumeClaimTemplate")
    if template is None:
        yield required(f"{path}.volumeClaimTemplate")
        return
    yield from template_meta(template.get("metadata") or {}, f"{path}.volumeClaimTemplate.metadata")
    yield from claim_spec(template.get("spec") or {}, f"{path}.volumeClaimTemplate.spec")


def _image(source: Source, path: str) -> Errors:
    yield from required_fields("reference")(source, path)
    policy = source.get("pullPolicy", "")
    if policy and policy not in _PULL_POLICIES:
        yield not_supported(f"{path}.pullPolicy", policy, _PULL_POLICIES)


def volume_mounts(container: Source, found: Volumes, path: str) -> Errors:
    """Yield the errors of a container's mounts: of volumes that there are, each at a place of its own."""
    devices = {one.get("name", ""): one.get("devicePath", "") for one in container.get("volumeDevices") or ()}
    places: set[str] = set()
    for i, mount in enumerate(container.get("volumeMounts") or ()):
        here, name, place = f"{path}[{i}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(f"{here}.name")
        if name not in found:
            yield not_found(f"{here}.name", name)
        if not place:
            yield required(f"{here}.mountPath")
        if place in places:
            yield invalid(f"{here}.mountPath", place, "must be unique")
        places.add(place)
        if name in devices:
            yield invalid(f"{here}.name", name, "must not already exist in volumeDevices")
        if place in devices.values():
            yield invalid(f"{here}.mountPath", place, "must not already exist as a path in volumeDevices")
        yield from _sub_path(mount, found.get(name) or {}, here, path)
        yield from _mount_options(mount, container, path)


def _sub_path(mount: Source, volume: Source, here: str, path: str) -> Errors:
    for field in ("subPath", "subPathExpr"):
        if mount.get(field) and volume.get("image") is not None:
            yield invalid(f"{here}.{field}", mount[field], "not allowed in image volume sources")
    if mount.get("subPath"):
        yield from local_descending(mount["subPath"], f"{path}.subPath")
    if mount.get("subPathExpr"):
        if mount.get("subPath"):
            detail = "subPathExpr and subPath are mutually exclusive"
            yield invalid(f"{here}.subPathExpr", mount["subPathExpr"], detail)
        yield from local_descending(mount["subPathExpr"], f"{path}.subPathExpr")


def _mount_options(mount: Source, container: Source, path: str) -> Errors:
    propagation, recursive = mount.get("mountPropagation"), mount.get("recursiveReadOnly")
    if propagation is not None and propagation not in _PROPAGATIONS:
        yield not_supported(f"{path}.mountPropagation", propagation, _PROPAGATIONS)
    if propagation == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        detail = "Bidirectional mount propagation is available only to privileged containers"
        yield forbidden(f"{path}.mountPropagation", detail)
    here = f"{path}.recursiveReadOnly"
    if recursive in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            yield forbidden(here, "may only be specified when readOnly is true")
        if propagation not in (None, "None"):
            yield forbidden(here, "may only be specified when mountPropagation is None or not specified")
    elif recursive not in (None, "Disabled"):
        yield not_supported(here, recursive, _RECURSIVE_READ_ONLY)


def volume_devices(container: Source, found: Volumes, path: str) -> Errors:
    """Yield the errors of a container's raw devices: of claims that there are, each at a place of its own."""
    mounts = {one.get("name", ""): one.get("mountPath", "") for one in container.get("volumeMounts") or ()}
    places: set[str] = set()
    taken: set[str] = set()
    for i, device in enumerate(container.get("volumeDevices") or ()):
        here, name, place = f"{path}[{i}]", device.get("name", ""), device.get("devicePath", "")
        yield from _device_name(name, found, taken, f"{here}.name")
        if not place:
            yield required(f"{here}.devicePath")
        if place in places:
            yield invalid(f"{here}.devicePath", place, "must be unique")
        if any(no_backsteps(place, here)):
            yield invalid(f"{here}.devicePath", place, "can not contain backsteps ('..')")
        else:
            places.add(place)
        if name in mounts:
            yield invalid(f"{here}.name", name, "must not already exist in volumeMounts")
        if place in mounts.values():
            yield invalid(f"{here}.devicePath", place, "must not already exist as a path in volumeMounts")
        if name:
            taken.add(name)


def _device_name(name: str, found: Volumes, taken: set[str], path: str) -> Errors:
    if not name:
        yield required(path)
    if name in taken:
        yield invalid(path, name, "must be unique")
    volume = found.get(name)
    if volume is None:
        yield not_found(path, name)
    elif volume.get("persistentVolumeClaim") is None and volume.get("ephemeral") is None:
        detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
        yield invalid(path, name, detail)


_SOURCES: Mapping[str, SourceCheck] = {
    "emptyDir": _empty_dir,
    "hostPath": SHARED_SOURCES["hostPath"],
    "gitRepo": git_repo,
    "gcePersistentDisk": SHARED_SOURCES["gcePersistentDisk"],
    "awsElasticBlockStore": SHARED_SOURCES["awsElasticBlockStore"],
    "secret": keyed("secretName"),
    "nfs": SHARED_SOURCES["nfs"],
    "iscsi": SHARED_SOURCES["iscsi"],
    "glusterfs": SHARED_SOURCES["glusterfs"],
    "flocker": SHARED_SOURCES["flocker"],
    "persistentVolumeClaim": required_fields("claimName"),
    "rbd": SHARED_SOURCES["rbd"],
    "cinder": _cinder,
    "cephfs": SHARED_SOURCES["cephfs"],
    "quobyte": SHARED_SOURCES["quobyte"],
    "downwardAPI": downward_api,
    "fc": SHARED_SOURCES["fc"],
    "flexVolume": SHARED_SOURCES["flexVolume"],
    "configMap": keyed("name"),
    "azureFile": SHARED_SOURCES["azureFile"],
    "vsphereVolume": SHARED_SOURCES["vsphereVolume"],
    "photonPersistentDisk": SHARED_SOURCES["photonPersistentDisk"],
    "portworxVolume": SHARED_SOURCES["portworxVolume"],
    "azureDisk": SHARED_SOURCES["azureDisk"],
    "storageos": SHARED_SOURCES["storageos"],
    "projected": projected,
    "scaleIO": SHARED_SOURCES["scaleIO"],
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
