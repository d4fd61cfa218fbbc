"""Volumes whose files come from objects: Secret, ConfigMap, downward API, projected.

Does not model the contents of cluster trust bundles and pod certificates: their gates are off.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.apiserver.field import Errors, forbidden, invalid, required
from kcore.apiserver.validation.fieldrefs import VOLUME_FIELDS, field_selector, resource_selector
from kcore.apiserver.validation.paths import local_non_reserved
from kcore.apiserver.validation.volumesources import Source, SourceCheck

_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
_TWO_PATHS = "conflicting duplicate paths"
_TOKEN_SECONDS = (10 * 60, 1 << 32)


def file_mode(mode: int | None, path: str) -> Errors:
    """Yield the error of permissions outside 0 to 0777."""
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid(path, mode, _MODE)


def keyed(name_field: str) -> SourceCheck:
    """Return the check of a volume of the keys of the object that `name_field` names."""

    def check(source: Source, path: str) -> Errors:
        if not source.get(name_field):
            yield required(f"{path}.{name_field}")
        yield from file_mode(source.get("defaultMode"), f"{path}.defaultMode")
        for i, item in enumerate(source.get("items") or ()):
            yield from _key_to_path(item, f"{path}.items[{i}]")

    return check


def _key_to_path(item: Mapping[str, Any], path: str) -> Errors:
    for field in ("key", "path"):
        if not item.get(field):
            yield required(f"{path}.{field}")
    yield from local_non_reserved(item.get("path", ""), f"{path}.path")
    yield from file_mode(item.get("mode"), f"{path}.mode")


def downward_api(source: Source, path: str) -> Errors:
    """Yield the errors of a volume of the pod's own fields; they carry the path of the volume."""
    yield from file_mode(source.get("defaultMode"), f"{path}.defaultMode")
    for item in source.get("items") or ():
        yield from _downward_file(item, path)


def _downward_file(item: Mapping[str, Any], path: str) -> Errors:
    if not item.get("path"):
        yield required(f"{path}.path")
    yield from local_non_reserved(item.get("path", ""), f"{path}.path")
    field, resource = item.get("fieldRef"), item.get("resourceFieldRef")
    if field is not None:
        yield from field_selector(field, VOLUME_FIELDS, f"{path}.fieldRef")
        if resource is not None:
            yield invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
    elif resource is not None:
        yield from resource_selector(resource, f"{path}.resourceFieldRef", in_volume=True)
    else:
        yield required(path, "one of fieldRef and resourceFieldRef is required")
    yield from file_mode(item.get("mode"), f"{path}.mode")


def projected(source: Source, path: str) -> Errors:
    """Yield the errors of a volume that gathers files from several sources, one a place."""
    yield from file_mode(source.get("defaultMode"), f"{path}.defaultMode")
    seen: set[str] = set()
    for i, one in enumerate(source.get("sources") or ()):
        here = f"{path}.sources[{i}]"
        found = [field for field in _PROJECTIONS if one.get(field) is not None]
        for field in found:
            yield from _projection(one[field], field, f"{here}.{field}", path, seen)
        if len(found) > 1:
            yield forbidden(here, "may not specify more than 1 volume type per source")


def _projection(one: Source, field: str, here: str, path: str, seen: set[str]) -> Errors:
    if field == "serviceAccountToken":
        yield from _token(one, here, path)
        return
    if field != "downwardAPI" and not one.get("name"):
        yield required(f"{here}.name")
    for i, item in enumerate(one.get("items") or ()):
        if field == "downwardAPI":
            yield from _downward_file(item, here)
        else:
            yield from _key_to_path(item, f"{here}.items[{i}]")
        target = item.get("path", "")
        if target in seen:
            yield invalid(path, target if field == "downwardAPI" else one.get("name", ""), _TWO_PATHS)
        elif target:
            seen.add(target)


def _token(token: Source, here: str, path: str) -> Errors:
    seconds, (low, high) = token.get("expirationSeconds") or 0, _TOKEN_SECONDS
    if seconds < low:
        yield invalid(f"{here}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    if seconds > high:
        yield invalid(f"{here}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")
    if not token.get("path"):
        yield required(f"{path}.path")
    else:
        yield from local_non_reserved(token["path"], f"{path}.path")


_PROJECTIONS = ("secret", "configMap", "downwardAPI", "serviceAccountToken")
