"""Embedded resources: objects inside of a custom resource that are complete in themselves.

Models that they say what they are, and that their metadata is well formed.

Not modelled: that unknown fields of their metadata are dropped.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.custom.pruning import EMBEDDED
from kcore.apiserver.field import Errors, invalid, invalid_each, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, path_segment

_NAMED = "fakename"
"""The name of an embedded resource without one, which needs none."""


def embedded_errors(value: Any, schema: Mapping[str, Any], path: str = "") -> Errors:
    """Yield what is wrong with the resources embedded in `value`."""
    if schema.get(EMBEDDED) and isinstance(value, dict):
        yield from _head(value, path)
    if isinstance(value, dict):
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            inner = known.get(name, others)
            if isinstance(inner, dict):
                yield from embedded_errors(item, inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from embedded_errors(item, schema.get("items") or {}, f"{path}[{at}]")


def _head(value: Wire, path: str) -> Errors:
    for name in ("apiVersion", "kind"):
        if name not in value:
            yield required(f"{path}.{name}", "must not be empty")
        elif not isinstance(value[name], str):
            yield invalid(f"{path}.{name}", value[name], "must be a string")
        elif not value[name]:
            yield invalid(f"{path}.{name}", "", "must not be empty")
    api_version, kind, metadata = (value.get(name) for name in ("apiVersion", "kind", "metadata"))
    if isinstance(api_version, str) and api_version.count("/") > 1:
        yield invalid(f"{path}.apiVersion", api_version, f"unexpected GroupVersion string: {api_version}")
    if isinstance(kind, str) and kind:
        yield from invalid_each(f"{path}.kind", kind, names.dns1035_label(kind.lower()))
    if isinstance(metadata, dict):
        named = {**metadata, "name": metadata.get("name") or _NAMED}
        yield from object_meta(named, path_segment, namespaced=bool(metadata.get("namespace")), path=f"{path}.metadata")
    elif metadata is not None:
        yield invalid(f"{path}.metadata", metadata, "must be an object")
