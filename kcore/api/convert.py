"""Between typed objects and JSON: `from_wire` and `to_wire`.

cattrs finds the function for each type. What a class has no attribute for goes to `extra` and comes back from there, so
that nothing is lost. JSON null is the same as an absent field. The values are taken to be of the right types: the field
table (`kcore.api.fields`) is where a manifest is held against the schema, with file, line and field.

Does not keep apiVersion and kind of an object whose class says them: they are emitted from KINDS.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache, partial
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.fns import identity
from cattrs.gen import make_dict_unstructure_fn, override

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind, class_kind, kind_of
from kcore.api.object import ApiObject, OpaqueObject
from kcore.api.quantity import Quantity
from kcore.api.struct import Struct, wire_name
from kcore.api.times import MicroTime, Time, format_micro_time, format_time, parse_micro_time, parse_time

S = TypeVar("S", bound=Struct)

Reader: TypeAlias = Callable[[Any, Any], Any]
"""A structure hook: (JSON value, type) → typed value."""

Writer: TypeAlias = Callable[[Any], Any]
"""An unstructure hook: typed value → JSON value."""


def from_wire(wire: Wire, *, kind: Kind | None = None) -> ApiObject:
    """Return the object that the JSON object `wire` describes, of `kind`, or of the kind that it names.

    An object of a kind without a class is an OpaqueObject.
    """
    known = kind or kind_of(wire.get("apiVersion", ""), wire.get("kind", ""))
    if known and known.cls:
        return structure(known.cls, wire)
    header = {"apiVersion": known.api_version, "kind": known.kind} if known else {}
    return structure(OpaqueObject, {**wire, **header})


def to_wire(obj: ApiObject) -> Wire:
    """Return the JSON object of `obj`, apiVersion and kind first: a fresh dict, the caller's to change."""
    return unstructure(obj)


def structure(cls: type[S], value: Wire) -> S:
    """Return the struct of class `cls` that the JSON object `value` describes."""
    return _CONVERTER.structure(value, cls)


def unstructure(struct: Struct) -> Wire:
    """Return the JSON object of `struct`: a fresh dict, the caller's to change."""
    value: Wire = _CONVERTER.unstructure(struct)
    return value


def _fields(cls: type[Struct]) -> list[attrs.Attribute[Any]]:
    """Return the fields of `cls` that are on the wire by name, with their types resolved."""
    return [field for field in attrs.fields(attrs.resolve_types(cls)) if field.name != "extra"]


def _is_struct(of: Any) -> bool:
    return isinstance(of, type) and issubclass(of, Struct)


def _has_kind(cls: type[Struct]) -> bool:
    """Tell whether the class says apiVersion and kind, so that its objects need not."""
    return issubclass(cls, ApiObject) and cls is not OpaqueObject


def _parts(of: Any) -> list[Any]:
    """Return the types that a union is of, without None; `of` itself when it is none."""
    return [part for part in get_args(of) if part is not NoneType] if get_origin(of) in (Union, UnionType) else [of]


def _is_scalar(of: Any) -> bool:
    return all(part in (str, int, bool) for part in _parts(of))


def _reader(of: Any) -> Reader | None:
    """Return the structure hook of type `of`; None when a JSON value is taken as it stands."""
    return None if _is_scalar(of) else _CONVERTER.get_structure_hook(_parts(of)[0])


def _struct_reader(cls: type[Struct]) -> Reader:
    """Return the hook that builds a struct of class `cls`; its cost is that of the fields present."""
    readers = {wire_name(field): (field.name, _reader(field.type)) for field in _fields(cls)}
    ignored = {"apiVersion", "kind"} if _has_kind(cls) else set()
    nothing = cls()

    def read_struct(value: Wire | None, _: Any) -> Struct:
        attributes: dict[str, Any] = {}
        rest: Wire = {}
        for name, item in (value or {}).items():
            if item is None:
                continue
            if name in readers:
                attribute, read = readers[name]
                attributes[attribute] = read(item, None) if read else item
            elif name not in ignored:
                rest[name] = item
        if rest:
            attributes["extra"] = Json.of(rest)
        return cls(**attributes) if attributes else nothing

    return read_struct


def _struct_writer(cls: type[Struct]) -> Writer:
    """Return the hook that emits a struct of class `cls`: what Go would emit, then what rides along."""
    fields: dict[str, Any] = {"extra": override(omit=True)}
    for field in _fields(cls):
        always = field.metadata.get("always") or _is_struct(field.type) or field.type is Quantity
        fields[field.name] = override(rename=wire_name(field), omit_if_default=not always)
    if issubclass(cls, OpaqueObject):
        fields |= {"api_version": override(omit=True), "kind": override(omit=True)}
    write = make_dict_unstructure_fn(cls, _CONVERTER, **fields)
    if issubclass(cls, OpaqueObject):
        return lambda obj: {"apiVersion": obj.api_version, "kind": obj.kind, **write(obj), **obj.extra.value}
    if issubclass(cls, ApiObject):
        kind = class_kind(cls)
        header = {"apiVersion": kind.api_version, "kind": kind.kind}
        return lambda obj: {**header, **write(obj), **obj.extra.value}
    return lambda struct: {**write(struct), **struct.extra.value} if struct.extra else write(struct)


def _tuple_reader(of: Any) -> Reader:
    """Return the hook of a list; null in a list is the zero value, as Go reads it."""
    element = get_args(of)[0]
    read = _reader(element)
    if read:
        return lambda items, _: tuple([read(item, None) for item in items])
    zero = element()
    return lambda items, _: tuple(items) if None not in items else tuple([zero if x is None else x for x in items])


def _tuple_writer(of: Any) -> Writer:
    write = _CONVERTER.get_unstructure_hook(get_args(of)[0])
    return list if write is identity else lambda items: [write(item) for item in items]


def _map_reader(of: Any) -> Reader:
    """Return the hook of a map; null in a map is the zero value, as Go reads it."""
    element = get_args(of)[0]
    read = _reader(element)
    if read:
        return lambda entries, _: FrozenMap({key: read(item, None) for key, item in entries.items()})
    zero = element()
    return lambda entries, _: FrozenMap({key: zero if item is None else item for key, item in entries.items()})


def _map_writer(of: Any) -> Writer:
    write = _CONVERTER.get_unstructure_hook(get_args(of)[0])
    return dict if write is identity else lambda entries: {key: write(item) for key, item in entries.items()}


@lru_cache(maxsize=4096)
def _read_time(text: str) -> Time:
    return parse_time(text)


@lru_cache(maxsize=4096)
def _write_time(time: Time) -> str:
    return format_time(time)


@lru_cache(maxsize=4096, typed=True)  # 1, 1.0 and True are equal, and only two of them quantities
def _read_quantity(value: str | float) -> Quantity:
    return Quantity.from_wire(value)


def _converter() -> Converter:
    converter = Converter()
    leaves: tuple[tuple[Any, Reader, Writer], ...] = (
        (Quantity, lambda value, _: _read_quantity(value), lambda quantity: quantity.canonical),
        (Time, lambda text, _: _read_time(text), _write_time),
        (MicroTime, lambda text, _: parse_micro_time(text), format_micro_time),
        (Json, lambda value, _: Json.of(value), lambda json: json.value),
    )
    for leaf, read, write in leaves:
        converter.register_structure_hook_func(partial(operator.is_, leaf), read)
        converter.register_unstructure_hook_func(partial(operator.is_, leaf), write)
    factories: tuple[tuple[Callable[[Any], bool], Callable[[Any], Reader], Callable[[Any], Writer]], ...] = (
        (lambda of: get_origin(of) is tuple, _tuple_reader, _tuple_writer),
        (lambda of: get_origin(of) is FrozenMap, _map_reader, _map_writer),
        (_is_struct, _struct_reader, _struct_writer),
    )
    for fits, reader, writer in factories:
        converter.register_structure_hook_factory(fits, reader)
        converter.register_unstructure_hook_factory(fits, writer)
    converter.register_unstructure_hook_factory(_is_scalar, lambda of: identity)
    return converter


_CONVERTER = _converter()
