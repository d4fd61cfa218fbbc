"""Shape: how the value of a field is taken apart: by fields, by keys, by elements, or not at all.

Models the list types of the published schema. What no schema describes is taken apart by the names of its objects; its
lists are single values.

Upstream: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from __future__ import annotations

from collections.abc import Iterator
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


UNKNOWN = Shape()


def shape_of(of: TypeInfo | None) -> Shape:
    """Return the shape of a whole object of the type `of`; None for one without a schema."""
    return UNKNOWN if of is None else Shape(FieldType(shape="object", go=of.short, struct=of.name))
