"""The spec of a claim: of a PersistentVolumeClaim, and of the templates of StatefulSets and ephemeral volumes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kcore.apiserver.field import Errors, forbidden, invalid, invalid_each, not_supported, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_selector
from kcore.apiserver.validation.resources import positive_quantity

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")
_ALONE = "ReadWriteOncePod"


def access_modes(modes: Sequence[str] | None, path: str, detail: str = "") -> Errors:
    """Yield the errors of access modes: known ones, at least one, ReadWriteOncePod alone."""
    if not modes:
        yield required(path, detail)
        return
    for mode in modes:
        if mode not in ACCESS_MODES:
            yield not_supported(path, mode, ACCESS_MODES)
    if _ALONE in modes and set(modes) & set(ACCESS_MODES) - {_ALONE}:
        yield forbidden(path, "may not use ReadWriteOncePod with other access modes")


def claim_spec(spec: Mapping[str, Any], path: str) -> Errors:
    """Yield the errors of what a claim asks for."""
    modes = tuple(access_modes(spec.get("accessModes"), f"{path}.accessModes", "at least 1 access mode is required"))
    if not spec.get("accessModes"):
        yield from modes
    yield from label_selector(spec.get("selector"), f"{path}.selector")
    if spec.get("accessModes"):
        yield from modes
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" in requests:
        yield from positive_quantity(requests["storage"], f"{path}.resources[storage]")
    else:
        yield required(f"{path}.resources[storage]")
    yield from _class_name(spec, "storageClassName", path)
    if spec.get("volumeMode") is not None and spec["volumeMode"] not in VOLUME_MODES:
        yield not_supported(f"{path}.volumeMode", spec["volumeMode"], VOLUME_MODES)
    yield from _data_sources(spec, path)
    yield from _class_name(spec, "volumeAttributesClassName", path)


def _class_name(spec: Mapping[str, Any], field: str, path: str) -> Errors:
    if name := spec.get(field):
        yield from invalid_each(f"{path}.{field}", name, names.dns1123_subdomain(name))


def _data_sources(spec: Mapping[str, Any], path: str) -> Errors:
    source, ref = spec.get("dataSource"), spec.get("dataSourceRef")
    for field, found in (("dataSource", source), ("dataSourceRef", ref)):
        if found is not None:
            yield from _data_source(found, f"{path}.{field}")
    if source is None or ref is None:
        return
    if ref.get("namespace"):
        yield invalid(path, f"{path}.dataSource", "may not be specified when dataSourceRef.namespace is specified")
    elif any(source.get(field) != ref.get(field) for field in ("apiGroup", "kind", "name")):
        yield invalid(path, f"{path}.dataSource", "must match dataSourceRef")


def _data_source(source: Mapping[str, Any], path: str) -> Errors:
    for field in ("name", "kind"):
        if not source.get(field):
            yield required(f"{path}.{field}")
    group = source.get("apiGroup") or ""
    if group:
        yield from invalid_each(f"{path}.apiGroup", group, names.dns1123_subdomain(group))
    elif source.get("kind", "") != "PersistentVolumeClaim":
        detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        yield invalid(path, source.get("kind", ""), detail)
    if namespace := source.get("namespace"):
        yield from invalid_each(f"{path}.namespace", namespace, names.dns1123_label(namespace))
