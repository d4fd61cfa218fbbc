"""Volume sources that a pod and a PersistentVolume share: hostPath, NFS and the disks of clouds and vendors.

Models required fields and the few rules beyond them, also of the types that Kubernetes serves no longer but still
validates. Does not model the drivers.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kcore.apiserver.field import Errors, forbidden, invalid, invalid_each, not_supported, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.numbers import in_range
from kcore.apiserver.validation.paths import local_descending, no_backsteps

Source: TypeAlias = Mapping[str, Any]
SourceCheck: TypeAlias = Callable[[Source, str], Errors]

MORE_THAN_ONE = "may not specify more than 1 volume type"
_HOST_PATH_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_DISK_KINDS = ("Dedicated", "Managed", "Shared")
_CACHING_MODES = ("None", "ReadOnly", "ReadWrite")
_MANAGED_URI = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB_URI = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_IQN = r"iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$"
_ISCSI_FORMATS = {"iqn": _IQN, "eui": r"eui.[0-9A-Fa-f]{16}$", "naa": r"naa.([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32})$"}


def required_fields(*fields: str) -> SourceCheck:
    """Return the check that all `fields` are there and not empty."""

    def check(source: Source, path: str) -> Errors:
        for field in fields:
            if not source.get(field):
                yield required(f"{path}.{field}")

    return check


def secret_reference(source: Source, path: str, *fields: str) -> Errors:
    """Yield the errors of a reference to a secret in `secretRef`, when there is one, that lacks one of `fields`."""
    if source.get("secretRef") is not None:
        yield from required_fields(*fields)(source["secretRef"], f"{path}.secretRef")


def host_path(source: Source, path: str) -> Errors:
    """Yield the errors of a path on the node."""
    if not source.get("path"):
        yield required(f"{path}.path")
        return
    yield from no_backsteps(source["path"], f"{path}.path")
    if source.get("type", "") not in _HOST_PATH_TYPES:
        yield not_supported(f"{path}.type", source["type"], _HOST_PATH_TYPES)


def local(source: Source, path: str) -> Errors:
    """Yield the errors of a disk or directory of the node."""
    if not source.get("path"):
        yield required(f"{path}.path")
    else:
        yield from no_backsteps(source["path"], f"{path}.path")


def nfs(source: Source, path: str) -> Errors:
    """Yield the errors of an NFS export."""
    yield from required_fields("server", "path")(source, path)
    if not source.get("path", "").startswith("/"):
        yield invalid(f"{path}.path", source.get("path", ""), "must be an absolute path")


def git_repo(source: Source, path: str) -> Errors:
    """Yield the errors of a git repository."""
    yield from required_fields("repository")(source, path)
    yield from local_descending(source.get("directory", ""), f"{path}.directory")


def partitioned(field: str) -> SourceCheck:
    """Return the check of a cloud disk named in `field` that may name a partition."""

    def check(source: Source, path: str) -> Errors:
        yield from required_fields(field)(source, path)
        partition = source.get("partition") or 0
        if partition:
            yield from invalid_each(f"{path}.partition", partition, in_range(partition, 1, 255))

    return check


def fibre_channel(source: Source, path: str) -> Errors:
    """Yield the errors of a Fibre Channel disk."""
    wwns, wwids, lun = source.get("targetWWNs"), source.get("wwids"), source.get("lun")
    if not wwns and not wwids:
        yield required(f"{path}.targetWWNs", "must specify either targetWWNs or wwids, but not both")
    if wwns and wwids:
        yield invalid(f"{path}.targetWWNs", wwns, "targetWWNs and wwids can not be specified simultaneously")
    if wwns and lun is None:
        yield required(f"{path}.lun", "lun is required if targetWWNs is specified")
    elif wwns:
        yield from invalid_each(f"{path}.lun", lun, in_range(lun or 0, 0, 255))


def iscsi(source: Source, path: str) -> Errors:
    """Yield the errors of an iSCSI disk."""
    yield from required_fields("targetPortal", "iqn")(source, path)
    if source.get("iqn"):
        yield from _iscsi_name(source["iqn"], f"{path}.iqn")
    yield from invalid_each(f"{path}.lun", source.get("lun", 0), in_range(source.get("lun") or 0, 0, 255))
    if (source.get("chapAuthDiscovery") or source.get("chapAuthSession")) and source.get("secretRef") is None:
        yield required(f"{path}.secretRef")
    if source.get("initiatorName") is not None:
        yield from _iscsi_name(source["initiatorName"], f"{path}.initiatorname")


def _iscsi_name(name: str, path: str) -> Errors:
    pattern = _ISCSI_FORMATS.get(name[:3])
    if pattern is None:
        yield invalid(path, name, "must be valid format starting with iqn, eui, or naa")
    elif not re.match(pattern, name):
        yield invalid(path, name, "must be valid format")


def flocker(source: Source, path: str) -> Errors:
    """Yield the errors of a Flocker dataset."""
    name, uuid = source.get("datasetName", ""), source.get("datasetUUID", "")
    if not name and not uuid:
        yield required(path, "one of datasetName and datasetUUID is required")
    if name and uuid:
        yield invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously")
    if "/" in name:
        yield invalid(f"{path}.datasetName", name, "must not contain '/'")


def quobyte(source: Source, path: str) -> Errors:
    """Yield the errors of a Quobyte volume."""
    registry, detail = source.get("registry", ""), "must be a host:port pair or multiple pairs separated by commas"
    if not registry:
        yield required(f"{path}.registry", detail)
    elif len(source.get("tenant", "")) >= 65:
        yield required(f"{path}.tenant", "must be a UUID and may not exceed a length of 64 characters")
    else:
        for pair in registry.split(","):
            if not re.fullmatch(r"([^:\[\]]*|\[[^\[\]]*\]):[^:]*", pair):
                yield invalid(f"{path}.registry", registry, detail)
    yield from required_fields("volume")(source, path)


def flex(source: Source, path: str) -> Errors:
    """Yield the errors of a FlexVolume: a driver, and no options in Kubernetes' namespaces."""
    yield from required_fields("driver")(source, path)
    for key in sorted(source.get("options") or {}):
        if f".{key.split('/', 1)[0].lower()}".endswith((".kubernetes.io", ".k8s.io")):
            yield invalid(f"{path}.options[{key}]", key, "kubernetes.io and k8s.io namespaces are reserved")


def azure_disk(source: Source, path: str) -> Errors:
    """Yield the errors of an Azure disk."""
    yield from required_fields("diskName", "diskURI")(source, path)
    caching, kind, uri = source.get("cachingMode"), source.get("kind"), source.get("diskURI", "")
    if caching is not None and caching not in _CACHING_MODES:
        yield not_supported(f"{path}.cachingMode", caching, _CACHING_MODES)
    if kind is not None and kind not in _DISK_KINDS:
        yield not_supported(f"{path}.kind", kind, _DISK_KINDS)
    if kind == "Managed" and not uri.startswith("/subscriptions/"):
        yield not_supported(f"{path}.diskURI", uri, [_MANAGED_URI])
    if kind not in (None, "Managed") and not uri.startswith("https://"):
        yield not_supported(f"{path}.diskURI", uri, [_BLOB_URI])


def storage_os(source: Source, path: str) -> Errors:
    """Yield the errors of a StorageOS volume."""
    yield from required_fields("volumeName")(source, path)
    for field in ("volumeName", "volumeNamespace"):
        if source.get(field):
            yield from invalid_each(f"{path}.{field}", source[field], names.dns1123_label(source[field]))
    yield from secret_reference(source, path, "name")


def driver_name(name: str, path: str) -> Errors:
    """Yield the errors of the name of a CSI driver: a DNS subdomain in any case, of 63 bytes at most."""
    if not name:
        yield required(path)
    if names.length(name) > 63:
        yield forbidden(path, "must be no more than 63 characters")
    if name:
        yield from invalid_each(path, name, names.dns1123_subdomain(name.lower()))


def one_source(sources: Source, table: Mapping[str, SourceCheck], path: str) -> Errors:
    """Yield the errors of what must hold exactly one of the sources in `table`; of more, the first is checked."""
    found = [field for field in table if sources.get(field) is not None]
    if not found:
        yield required(path, "must specify a volume type")
    for field in found[:1]:
        yield from table[field](sources[field], f"{path}.{_PATHS.get(field, field)}")
    for field in found[1:]:
        yield forbidden(f"{path}.{_REFUSED_PATHS.get(field, field)}", MORE_THAN_ONE)


_PATHS = {"gcePersistentDisk": "persistentDisk"}
_REFUSED_PATHS = {"cephfs": "cephFS", "downwardAPI": "downwarAPI"}

SHARED_SOURCES: Mapping[str, SourceCheck] = {
    "hostPath": host_path,
    "gcePersistentDisk": partitioned("pdName"),
    "awsElasticBlockStore": partitioned("volumeID"),
    "nfs": nfs,
    "iscsi": iscsi,
    "glusterfs": required_fields("endpoints", "path"),
    "flocker": flocker,
    "rbd": required_fields("monitors", "image"),
    "cephfs": required_fields("monitors"),
    "quobyte": quobyte,
    "fc": fibre_channel,
    "flexVolume": flex,
    "azureFile": required_fields("secretName", "shareName"),
    "vsphereVolume": required_fields("volumePath"),
    "photonPersistentDisk": required_fields("pdID"),
    "portworxVolume": required_fields("volumeID"),
    "azureDisk": azure_disk,
    "storageos": storage_os,
    "scaleIO": required_fields("gateway", "system", "volumeName"),
}
