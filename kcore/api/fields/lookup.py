"""Looking fields up in the table: kinds, their types, the fields of a type.

A type is parsed when it is first asked for and kept, as most runs need a few of the 750.

Does not model: defaults, enumerations and everything else that validation knows beyond names and types; which versions
a cluster was told to leave out; kinds that a CustomResourceDefinition brings.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/api/openapi-spec/swagger.json
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs

from kcore.api.fields import table

SHAPES = frozenset(
    ["string", "boolean", "int32", "int64", "float64", "bytes", "Quantity", "IntOrString", "Time", "MicroTime", "any"]
)
"""The shapes of a field type that are neither `object`, `list` nor `map`."""

_GO_NAMES = {
    "boolean": "bool",
    "bytes": "[]uint8",
    "any": "interface {}",
    "Quantity": "resource.Quantity",
    "IntOrString": "intstr.IntOrString",
    "Time": "v1.Time",
    "MicroTime": "v1.MicroTime",
}


@attrs.frozen(kw_only=True)
class FieldType:
    """The type of a field, of the elements of a list or of the values of a map.

    `shape` is one of SHAPES, `object` (then `struct` names the type in the table), `list` or `map` (then `element` is
    the type of what is in it). `go` is Go's name, as decoding errors print it.
    """

    shape: str
    go: str
    struct: str = ""
    element: FieldType | None = None


@attrs.frozen(kw_only=True)
class FieldInfo:
    """One field: its JSON name and type, whether the schema requires it, and how lists and patches treat it.

    `patch_strategy` holds words of `merge`, `replace`, `retainKeys`; `merge_key` is the field by which a strategic
    merge patch tells elements apart. `list_type` is `atomic`, `set`, `map` (by `list_map_keys`) or "". `embedded` names
    the embedded structs that Go has the field from, outermost first.
    """

    name: str
    type: FieldType
    required: bool = False
    patch_strategy: tuple[str, ...] = ()
    merge_key: str = ""
    list_type: str = ""
    list_map_keys: tuple[str, ...] = ()
    embedded: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class TypeInfo:
    """An object type: its name in the table ("core.v1.PodSpec") and its fields by JSON name."""

    name: str
    fields: Mapping[str, FieldInfo]

    @property
    def short(self) -> str:
        """Go's name without the package ("PodSpec")."""
        return self.name.rpartition(".")[2]


@attrs.frozen(kw_only=True)
class KindInfo:
    """A kind of the API and where it stands: `type` is its name in the table."""

    api_version: str
    kind: str
    type: str
    namespaced: bool


@functools.cache
def _kinds() -> dict[tuple[str, str], KindInfo]:
    lines = (line.split() for line in table.KINDS.split("\n") if line)
    return {
        (version, kind): KindInfo(api_version=version, kind=kind, type=name, namespaced=not scope)
        for version, kind, name, *scope in lines
    }


@functools.cache
def _lines() -> dict[str, str]:
    """Return the unparsed fields of each type."""
    split = (line.partition(":") for line in table.TYPES.split("\n") if line)
    return {name: fields for name, _, fields in split}


def kinds() -> tuple[tuple[str, str], ...]:
    """Return (apiVersion, kind) of every kind, lists included, sorted."""
    return tuple(sorted(_kinds()))


def kind_info(api_version: str, kind: str) -> KindInfo | None:
    """Return what the table says of a kind; None when it has no such kind."""
    return _kinds().get((api_version, kind))


def type_of(api_version: str, kind: str) -> TypeInfo | None:
    """Return the fields of a kind; None when the table has no such kind."""
    info = kind_info(api_version, kind)
    return struct(info.type) if info else None


@functools.cache
def struct(name: str) -> TypeInfo:
    """Return the fields of the type with this name in the table ("core.v1.PodSpec"); KeyError when it has none."""
    package = name.rpartition(".")[0]
    fields = (_field(word, package) for word in _lines()[name].split())
    return TypeInfo(name=name, fields=MappingProxyType({field.name: field for field in fields}))


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like `name`, whatever its case; None when none is alike."""
    folded = {candidate.lower(): candidate for candidate in sorted(candidates)}
    found = difflib.get_close_matches(name.lower(), folded, n=1)
    return folded[found[0]] if found else None


def _field(word: str, package: str) -> FieldInfo:
    """Parse one field of a line, such as `ports!=[ContainerPort]|patch:merge|key:containerPort`."""
    name, _, rest = word.partition("=")
    text, *pairs = rest.split("|")
    marks = dict(pair.split(":") for pair in pairs)
    return FieldInfo(
        name=name.removesuffix("!"),
        required=name.endswith("!"),
        type=_type(text, package),
        patch_strategy=_words(marks.get("patch", "")),
        merge_key=marks.get("key", ""),
        list_type=marks.get("list", ""),
        list_map_keys=_words(marks.get("keys", "")),
        embedded=_words(marks.get("in", "").replace(".", ",")),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _type(text: str, package: str) -> FieldType:
    """Parse a type, such as `{[string:v1.Name]}:v1.Names`."""
    if text[0] in "[{":
        closing = text.rindex("]" if text[0] == "[" else "}")
        element, name = _type(text[1:closing], package), text[closing + 2 :]
        if text[0] == "[":
            return FieldType(shape="list", element=element, go=name or f"[]{element.go}")
        return FieldType(shape="map", element=element, go=name or f"map[string]{element.go}")
    word, _, name = text.partition(":")
    word = "any" if word == "*" else word
    if word in SHAPES:
        return FieldType(shape=word, go=name or _GO_NAMES.get(word, word))
    full = word if "." in word else f"{package}.{word}"
    return FieldType(shape="object", struct=full, go=".".join(full.split(".")[-2:]))
