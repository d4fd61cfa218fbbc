"""Nulls in lists: what the decoder takes them for.

Models that a null among the elements of a list is an element of that type with nothing in it, which validation then
looks at; a null in the place of a field is an absent field, and no matter of this file.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.api.fields.lookup import FieldType, TypeInfo, struct, type_of


def has_null_elements(value: Any) -> bool:
    """Tell whether there is a null in a list anywhere in a JSON value."""
    if isinstance(value, dict):
        return any(map(has_null_elements, value.values()))
    return isinstance(value, list) and any(item is None or has_null_elements(item) for item in value)


def without_null_elements(wire: Mapping[str, Any], api_version: str, kind: str) -> Mapping[str, Any]:
    """Return an object of the right types with empty elements for null ones; one of an unknown kind as given."""
    info = type_of(api_version, kind)
    return _fields(wire, info) if info else wire


def _fields(value: Mapping[str, Any], info: TypeInfo) -> dict[str, Any]:
    known = info.fields
    return {name: _filled(item, known[name].type) if name in known else item for name, item in value.items()}


def _filled(value: Any, kind: FieldType) -> Any:
    if kind.shape == "list" and isinstance(value, list) and kind.element:
        element = kind.element
        return [_NOTHING.get(element.shape, "") if item is None else _filled(item, element) for item in value]
    if kind.shape == "map" and isinstance(value, dict) and kind.element:
        return {key: _filled(item, kind.element) for key, item in value.items()}
    if kind.shape == "object" and isinstance(value, dict):
        return _fields(value, struct(kind.struct))
    return value


_NOTHING: Mapping[str, Any] = {
    "object": {},
    "map": {},
    "list": [],
    "boolean": False,
    "int32": 0,
    "int64": 0,
    "float64": 0.0,
    "IntOrString": 0,
    "Quantity": "0",
}
"""The empty value of each shape that is not written as a text."""
