"""Events as JSON, there and back: the form in which a trace is kept.

Models every event of the model's table as `{"event": <its class>, <field>: <value>}`; fields that have their default
are left out. Values keep their types by the annotations of the classes: tuples are lists, enums their values, frozen
maps and frozen JSON plain objects.

Not modelled: events of a table of one's own; the union in `kcore.model.model` is what is known.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json, Wire
from kcore.errors import InputError
from kcore.model.model import Event

EVENT = "event"


def encode_event(event: Event) -> Wire:
    """Return the JSON object of an event."""
    return {EVENT: type(event).__name__, **_fields_of(event)}


def decode_event(wire: Mapping[str, Any]) -> Event:
    """Return the event that a JSON object describes; InputError when there is none of that name or form."""
    cls = event_classes().get(str(wire.get(EVENT)))
    if cls is None:
        raise InputError(f"{wire.get(EVENT)!r} is no event", expected=f"one of {', '.join(event_classes())}")
    event: Event = decode(cls, {name: value for name, value in wire.items() if name != EVENT})
    return event


@cache
def event_classes() -> dict[str, type[Any]]:
    """Return the classes of all events by name, sorted."""
    return {cls.__name__: cls for cls in sorted(_members(Event), key=lambda cls: str(cls.__name__))}


def encode(value: object) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Json):
        return value.value
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: encode(each) for name, each in sorted(value.items())}
    if isinstance(value, tuple | list):
        return [encode(each) for each in value]
    return _fields_of(value) if attrs.has(type(value)) else value


def decode(of: Any, value: Any) -> Any:
    """Return the value of the type `of` that JSON stands for; InputError when it can't."""
    parts = [part for part in get_args(of) if part is not NoneType] if get_origin(of) in (Union, UnionType) else [of]
    if value is None or of is Any:
        return value
    kind = get_origin(parts[0]) or parts[0]
    kind = tuple if kind is Sequence else kind
    reader = next((read for known, read in _READERS if isinstance(kind, type) and issubclass(kind, known)), None)
    if reader is not None:
        return reader(parts[0], value)
    if not any(isinstance(value, part) for part in parts if isinstance(part, type)):
        raise InputError(f"{value!r} is no {getattr(kind, '__name__', kind)}")
    return value


def _fields_of(value: Any) -> Wire:
    """Return the fields of an attrs value that differ from their defaults."""
    fields = {field.name: (field.default, getattr(value, field.name)) for field in attrs.fields(type(value))}
    return {name: encode(now) for name, (default, now) in fields.items() if default is attrs.NOTHING or now != default}


def _members(of: Any) -> list[Any]:
    return [member for part in get_args(of) for member in _members(part)] if get_args(of) else [of]


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _structured(cls: Any, value: Any) -> Any:
    """Return the attrs value of a JSON object."""
    hints = _hints(cls)
    unknown = sorted(set(value) - {field.name for field in attrs.fields(cls)})
    if unknown:
        raise InputError(f"{cls.__name__} has no {unknown[0]!r}", expected=f"one of {', '.join(hints)}")
    try:
        return cls(**{name: decode(hints[name], each) for name, each in value.items()})
    except TypeError as error:
        raise InputError(f"{cls.__name__}: {error}") from None


def _tuple_of(of: Any, value: Any) -> Any:
    """Return the tuple of a JSON list; a named one by its fields."""
    if hasattr(of, "_fields"):
        return of(*(decode(_hints(of)[name], each) for name, each in zip(of._fields, value, strict=True)))
    inner = get_args(of)[0] if get_args(of) else Any
    return tuple(decode(inner, each) for each in value)


def _frozen_map(of: Any, value: Any) -> Any:
    inner = get_args(of)[0] if get_args(of) else Any
    return FrozenMap({name: decode(inner, each) for name, each in value.items()})


def _json(_: Any, value: Any) -> Any:
    return Json.of(value)


def _enum(of: Any, value: Any) -> Any:
    return of(value)


class _Attrs(type):
    """The classes made by attrs, as a class whose subclasses they are."""

    def __subclasscheck__(cls, other: type) -> bool:
        return attrs.has(other)


class _AnyAttrs(metaclass=_Attrs):
    pass


_READERS: tuple[tuple[type, Callable[[Any, Any], Any]], ...] = (
    (Json, _json),
    (FrozenMap, _frozen_map),
    (enum.Enum, _enum),
    (tuple, _tuple_of),
    (_AnyAttrs, _structured),
)
"""How a value of a class is read; the first that fits."""
