"""Pruning: what a custom resource loses before it is stored, as its schema does not know or allow it.

Models fields that nothing describes, which strict field validation refuses and any other drops; those that are kept by
`x-kubernetes-preserve-unknown-fields`; the head of an embedded resource; and null, which is no value where the schema
does not allow it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kcore.api.fields.check import Path
from kcore.api.json import Wire

PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
HEAD = frozenset({"apiVersion", "kind", "metadata"})
"""The fields that every resource has, embedded or not."""


def unknown(value: Any, schema: Mapping[str, Any], *, root: bool = False, path: Path = ()) -> Iterator[Path]:
    """Yield where in `value` there is a field that `schema` does not know; at the `root`, its head apart."""
    if isinstance(value, list):
        items = schema.get("items")
        for at, one in enumerate(value if isinstance(items, dict) else ()):
            yield from unknown(one, items or {}, path=(*path, at))
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties") or {}, schema.get("additionalProperties")
    for name, item in value.items():
        here = (*path, name)
        if (root or schema.get(EMBEDDED)) and name in HEAD:
            continue
        inner = known.get(name, others)
        if isinstance(inner, dict):
            yield from unknown(item, inner, path=here)
        elif name not in known and not (schema.get(PRESERVE) or others is True):
            yield here


def prune(wire: Wire, schema: Mapping[str, Any]) -> None:
    """Take from a resource what its schema does not know."""
    for path in tuple(unknown(wire, schema, root=True)):
        inner: Any = wire
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]


def drop_nulls(value: Any, schema: Mapping[str, Any]) -> None:
    """Take from `value` the fields that are null, may not be, and have no default to take the place."""
    if isinstance(value, list):
        for one in value:
            drop_nulls(one, schema.get("items") or {})
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties") or {}, schema.get("additionalProperties")
    for name in tuple(value):
        inner = known.get(name, others)
        if not isinstance(inner, dict):
            continue
        if value[name] is None and not inner.get("nullable") and "default" not in inner:
            del value[name]
        else:
            drop_nulls(value[name], inner)
