"""Defaults of volumes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.defaulting.image import pull_policy
from kcore.apiserver.defaulting.wire import canonical_quantities, canonical_quantity, fill, part

_FILE_MODE = {"defaultMode": 0o644}
_TOKEN_SECONDS = 3600


def default_volume(volume: Wire) -> None:
    """Fill in the defaults of one volume of a pod; one without a source is an emptyDir."""
    if not any(value is not None for field, value in volume.items() if field != "name"):
        volume["emptyDir"] = {}
    default_source(volume)
    if (volume.get("emptyDir") or {}).get("sizeLimit") is not None:
        volume["emptyDir"]["sizeLimit"] = canonical_quantity(volume["emptyDir"]["sizeLimit"], rounded=False)
    for source in (volume.get("projected") or {}).get("sources") or ():
        if source.get("serviceAccountToken") is not None:
            fill(source["serviceAccountToken"], {"expirationSeconds": _TOKEN_SECONDS})
        _default_field_refs(source.get("downwardAPI"))
    _default_field_refs(volume.get("downwardAPI"))
    if volume.get("image") is not None:
        fill(volume["image"], {"pullPolicy": pull_policy(volume["image"].get("reference", ""))})
    template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if template is not None:
        default_claim_spec(part(template, "spec"))


def default_source(sources: Wire) -> None:
    """Fill in the defaults of a volume source, of a pod's volume or of a PersistentVolume."""
    for field, defaults in _SOURCES.items():
        if sources.get(field) is not None:
            fill(sources[field], defaults)


def default_claim_spec(spec: Wire) -> None:
    """Fill in the defaults of what a claim asks for."""
    fill(spec, {"volumeMode": "Filesystem"})
    canonical_quantities(part(spec, "resources"), "limits", "requests")


def _default_field_refs(source: Wire | None) -> None:
    for item in (source or {}).get("items") or ():
        default_field_ref(item)


def default_field_ref(holder: Wire) -> None:
    """Fill in the API version of a reference to the pod's own fields, and the divisor of one to its resources."""
    if holder.get("fieldRef") is not None:
        fill(holder["fieldRef"], {"apiVersion": "v1"})
    if holder.get("resourceFieldRef") is not None:
        selector = holder["resourceFieldRef"]
        selector["divisor"] = canonical_quantity(selector.get("divisor"), rounded=False)


_SOURCES: Mapping[str, Mapping[str, Any]] = {
    "hostPath": {"type": ""},
    "secret": _FILE_MODE,
    "configMap": _FILE_MODE,
    "downwardAPI": _FILE_MODE,
    "projected": _FILE_MODE,
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False, "kind": "Shared"},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}
