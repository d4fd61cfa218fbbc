"""References to fields and resources of the pod itself: the downward API, in environments and in volumes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/pods/helpers.go
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from kcore.apiserver.field import Errors, invalid, invalid_each, not_supported, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.resources import amount

ENVIRONMENT_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_RESOURCES = tuple(
    f"{side}.{name}" for side in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_LABELS = frozenset({*ENVIRONMENT_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase"})
_SUBSCRIPTED = re.compile(r"(.+?)\['(.*)'\]", re.DOTALL)
_UNITS = ["1", *(f"1{suffix}" for suffix in ("k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))]
_HUGE_PAGES = ("requests.hugepages-", "limits.hugepages-")


def field_selector(selector: Mapping[str, Any], supported: Collection[str], path: str) -> Errors:
    """Yield the errors of a reference to a field of the pod, one of `supported` or a label or annotation."""
    for field in ("apiVersion", "fieldPath"):
        if not selector.get(field):
            yield required(f"{path}.{field}")
            return
    label, here = selector["fieldPath"], f"{path}.fieldPath"
    if trouble := _conversion_error(selector["apiVersion"], label):
        yield invalid(here, label, f"error converting fieldPath: {trouble}")
        return
    if subscripted := _SUBSCRIPTED.fullmatch(label):
        key = subscripted.group(2).lower() if label.startswith("metadata.annotations") else subscripted.group(2)
        yield from invalid_each(path, key, names.qualified_name(key))
    elif label not in supported and label != "spec.host":
        yield not_supported(here, label, sorted(supported))


def _conversion_error(version: str, label: str) -> str:
    if version != "v1":
        return f"unsupported pod version: {version}"
    if subscripted := _SUBSCRIPTED.fullmatch(label):
        known = subscripted.group(1) in ("metadata.annotations", "metadata.labels")
        return "" if known else f"field label does not support subscript: {label}"
    return "" if label in _LABELS or label == "spec.host" else f"field label not supported: {label}"


def resource_selector(selector: Mapping[str, Any], path: str, *, in_volume: bool) -> Errors:
    """Yield the errors of a reference to a container's requests or limits; a volume must name the container."""
    resource = selector.get("resource", "")
    if in_volume and not selector.get("containerName"):
        yield required(f"{path}.containerName")
    elif not resource:
        yield required(f"{path}.resource")
    elif resource not in _RESOURCES and not resource.startswith(_HUGE_PAGES):
        yield not_supported(f"{path}.resource", resource, _RESOURCES)
    divisor = amount(selector.get("divisor"))
    allowed = _divisors(resource)
    if divisor.sign and allowed and str(divisor) not in allowed:
        shown = "1m and 1" if allowed == ["1m", "1"] else ", ".join(allowed)
        named = resource.partition(".")[2]
        named = "hugepages" if named.startswith("hugepages") else named
        named = "local ephemeral storage" if named == "ephemeral-storage" else named
        detail = f"only divisor's values {shown} are supported with the {named} resource"
        yield invalid(f"{path}.divisor", resource, detail)


def _divisors(resource: str) -> list[str]:
    if resource.endswith(".cpu"):
        return ["1m", "1"]
    return _UNITS if resource in _RESOURCES or resource.startswith(_HUGE_PAGES) else []
