"""Shape: how the value of a field is taken apart: by fields, by keys, by elements, or not at all.

Models the list types of the published schema, and those of the schema of a custom resource. What no schema describes is
taken apart by the names of its objects; its lists are single values.

Upstream: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kcore.api.fields import FieldType, TypeInfo, struct
from kcore.api.json import canonical

MAP, SET = "map", "set"

_KEY_DEFAULTS = {"protocol": "TCP"}
"""What a key of a list stands at where an element does not say."""


@attrs.frozen
class Shape:
    """What is known of the field that a value stands in; `list_type` is map (by `keys`), set, atomic or ""."""

    type: FieldType | None = None
    list_type: str = ""
    keys: tuple[str, ...] = ()

    def child(self, name: str) -> Shape:
        """Return the shape of the field or entry `name`."""
        if self.type is None:
            return UNKNOWN
        if not self.type.struct:
            return Shape(self.type.element)
        known = struct(self.type.struct).fields.get(name)
        return Shape(known.type, known.list_type, known.list_map_keys) if known else UNKNOWN

    @property
    def element(self) -> Shape:
        """Return the shape of the elements of a list."""
        return Shape(self.type.element if self.type else None)

    def parts(self, value: Any) -> Iterator[tuple[str, Any, Shape]] | None:
        """Yield the parts of `value`, each with its path element and shape; None for what is a single value.

        A path element is written as in `fieldsV1`: "f:replicas", 'k:{"name":"web"}', 'v:"10.0.0.1"'.
        """
        if isinstance(value, dict):
            return ((f"f:{name}", item, self.child(name)) for name, item in value.items())
        if not isinstance(value, list) or self.list_type not in (MAP, SET):
            return None
        return ((self.identity(item), item, self.element) for item in value)

    def identity(self, item: Any) -> str:
        """Return the path element of an element of a list whose elements are told apart."""
        if self.list_type == SET or not isinstance(item, dict):
            return f"v:{canonical(item)}"
        given = {key: item.get(key, _KEY_DEFAULTS.get(key)) for key in self.keys}
        return f"k:{canonical({key: value for key, value in given.items() if value is not None})}"


@attrs.frozen
class Described(Shape):
    """What the `schema` of a definition says of the value of a custom resource."""

    schema: Mapping[str, Any] = attrs.field(kw_only=True)

    def child(self, name: str) -> Shape:
        """Return the shape of the field or entry `name`."""
        inner = (self.schema.get("properties") or {}).get(name, self.schema.get("additionalProperties"))
        return described(inner) if isinstance(inner, Mapping) else UNKNOWN

    @property
    def element(self) -> Shape:
        """Return the shape of the elements of a list."""
        items = self.schema.get("items")
        return described(items) if isinstance(items, Mapping) else UNKNOWN

    def parts(self, value: Any) -> Iterator[tuple[str, Any, Shape]] | None:
        """Yield the parts of `value`, None for what is a single value: a map may be one, too."""
        atomic = isinstance(value, dict) and self.schema.get("x-kubernetes-map-type") == "atomic"
        return None if atomic else super().parts(value)


def described(schema: Mapping[str, Any]) -> Described:
    """Return the shape of a value with this schema."""
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    return Described(None, str(schema.get("x-kubernetes-list-type") or ""), keys, schema=schema)


@attrs.frozen
class Resource(Described):
    """A whole custom resource: its metadata is like that of every object."""

    def child(self, name: str) -> Shape:
        """Return the shape of the field `name`."""
        return _METADATA if name == "metadata" else super().child(name)


UNKNOWN = Shape()


_METADATA = Shape(FieldType(shape="object", go="ObjectMeta", struct="meta.v1.ObjectMeta"))


def resource(schema: Mapping[str, Any]) -> Resource:
    """Return the shape of a custom resource with this schema."""
    return Resource(schema=schema)


def shape_of(of: TypeInfo | None) -> Shape:
    """Return the shape of a whole object of the type `of`; None for one without a schema."""
    return UNKNOWN if of is None else Shape(FieldType(shape="object", go=of.short, struct=of.name))
