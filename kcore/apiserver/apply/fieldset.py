"""Field sets: the paths of the fields that a value has, and their form in `managedFields`.

A path is a tuple of elements as `fieldsV1` writes them. The set of a value has its leaves, and the elements of lists
that are told apart.

Upstream: https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/serialize.go
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

from kcore.api.json import Wire
from kcore.apiserver.apply.shape import MAP, Shape

Path: TypeAlias = tuple[str, ...]
FieldSet: TypeAlias = frozenset[Path]

_META = "f:metadata"
_NEVER = frozenset(
    {("f:apiVersion",), ("f:kind",), (_META,)}
    | {
        (_META, f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    }
)
"""What nobody manages."""

ELEMENT = object()
"""What stands at the path of an element of a list: that it is there."""


def leaves(value: Any, shape: Shape, path: Path = ()) -> dict[Path, Any]:
    """Return the leaves of `value` by path, and ELEMENT for each element of a list that is told apart by keys."""
    parts = shape.parts(value)
    if parts is None or not value:
        return {path: value}
    found: dict[Path, Any] = {}
    for element, item, inner in parts:
        here = (*path, element)
        if shape.list_type == MAP and isinstance(value, list):
            found[here] = ELEMENT
            found |= leaves(item, inner, here) if item else {}
        else:
            found |= leaves(item, inner, here)
    return found


def managed(paths: Iterable[Path]) -> FieldSet:
    """Return the paths that somebody can manage."""
    return frozenset(path for path in paths if path not in _NEVER and path[:2] not in _NEVER)


def to_fields_v1(paths: FieldSet) -> Wire:
    """Return the JSON object that `managedFields` has for `paths`."""
    root: Wire = {}
    for path in sorted(paths):
        node = root
        for element in path:
            node = node.setdefault(element, {})
        node["."] = {}
    return _plain(root)


def _plain(node: Wire) -> Wire:
    """Return the node without the mark of membership on leaves, which an empty object says as well."""
    if node.keys() == {"."}:
        return {}
    return {name: _plain(inner) if name != "." else {} for name, inner in node.items()}


def from_fields_v1(fields: Wire, path: Path = ()) -> FieldSet:
    """Return the paths that a JSON object of `managedFields` has."""
    found: set[Path] = set()
    for element, inner in fields.items():
        if element == ".":
            found.add(path)
            continue
        here = (*path, element)
        found |= from_fields_v1(inner, here) if inner else {here}
    return frozenset(found)


def in_order(paths: Iterable[Path]) -> list[Path]:
    """Return `paths` in the order of conflicts: at each level what ends there before what goes on, each by name."""
    ends: list[Path] = []
    deeper: dict[str, list[Path]] = {}
    for path in sorted(paths):
        if len(path) == 1:
            ends.append(path)
        elif path:
            deeper.setdefault(path[0], []).append(path[1:])
    return ends + [(first, *rest) for first in sorted(deeper) for rest in in_order(deeper[first])]


def text(path: Path) -> str:
    """Return the path as a person reads it: `.spec.containers[name="web"].image`."""
    said = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            said += f".{rest}"
        elif kind == "k":
            keys = json.loads(rest)
            said += f"[{','.join(f'{key}={json.dumps(value)}' for key, value in sorted(keys.items()))}]"
        else:
            said += f"[={rest}]"
    return said
