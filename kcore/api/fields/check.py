"""Holding a JSON object against the table, as the API server's strict decoder does.

Models what decoding finds: unknown fields, values of the wrong JSON type, integers out of range, malformed quantities,
times and base64, with the server's own words. `check` finds all of them; `decode_error` is the one that the server
reports: a type that decodes itself (Quantity, Time, IntOrString) ends decoding at once, else the first value that does
not fit, else all unknown fields.

Does not model: missing fields, enumerations and ranges (validation finds those), and duplicate keys, which a dict can
not have. A number's text is not kept by JSON readers: 1e3 is reported as 1000.0.

Upstream: https://github.com/kubernetes-sigs/json and
https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import attrs

from kcore.api.evolve import evolve
from kcore.api.fields import formats
from kcore.api.fields.lookup import FieldInfo, FieldType, TypeInfo, nearest, struct, type_of
from kcore.api.quantity import Quantity, QuantityError

Path: TypeAlias = tuple[str | int, ...]
"""Where a value is: keys and indices from the root."""

_STEP = re.compile(r"([^.\[\]]+)(?!\])|\[(\d+)\]")
_MOST_STRICT_ERRORS = 100
_BITS = {"int32": 31, "int64": 63}


@attrs.frozen(kw_only=True)
class FieldProblem:
    """A field that the decoder can't take.

    `problem` is `unknown` (`nearest` may name the field that was meant), `wrongType` or `malformed`; `expected` says
    what would do, for a person; `message` is the API server's text. `fatal` problems end decoding at once.
    """

    path: Path
    problem: Literal["unknown", "wrongType", "malformed"]
    value: Any
    expected: str
    message: str
    nearest: str | None = None
    fatal: bool = False

    @property
    def field(self) -> str:
        """The path as text: `spec.containers[0].image`."""
        return path_text(self.path)


@attrs.frozen
class _At:
    """Where the walk is: the path, and Go's: the struct last entered and the names that led here from the root."""

    path: Path = ()
    struct: str = ""
    names: tuple[str, ...] = ()

    def field(self, owner: TypeInfo, field: FieldInfo) -> _At:
        return _At((*self.path, field.name), owner.short, (*self.names, *field.embedded, field.name))

    def item(self, key: str | int) -> _At:
        return _At((*self.path, key), self.struct, self.names)


_Found: TypeAlias = list[FieldProblem]


def path_text(path: Path) -> str:
    """Return a path as text: `spec.containers[0].image`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def path_of(text: str) -> Path:
    """Return the path that a text such as `spec.containers[0].image` means; a key with a dot in it is cut there."""
    return tuple(int(index) if index else key for key, index in _STEP.findall(text))


def check(wire: Mapping[str, Any], api_version: str, kind: str) -> list[FieldProblem]:
    """Return what the decoder of this kind can't take of `wire`, in the order of its keys; [] for an unknown kind."""
    found: _Found = []
    info = type_of(api_version, kind)
    if info:
        _fields(wire, info, _At(), found)
    return found


def check_metadata(wire: Mapping[str, Any]) -> list[FieldProblem]:
    """Return what is wrong with the metadata of an object whose kind the table does not have."""
    found: _Found = []
    owner = TypeInfo(name=str(wire.get("kind", "")), fields=struct("core.v1.Namespace").fields)
    _value(wire.get("metadata"), owner.fields["metadata"].type, _At().field(owner, owner.fields["metadata"]), found)
    return found


def decode_error(wire: Mapping[str, Any], api_version: str, kind: str) -> str | None:
    """Return the message of the 400 that the API server answers to this body under strict validation, or None."""
    found = check(wire, api_version, kind)
    if not found:
        return None
    version = api_version.rpartition("/")[2]
    return f'{kind} in version "{version}" cannot be handled as a {kind}: {_reported(found)}'


def _reported(found: _Found) -> str:
    """Return the text of the problem that the decoder reports."""
    kept = [problem for problem in found if problem.problem != "unknown"]
    if kept:
        return next((problem for problem in kept if problem.fatal), kept[0]).message
    strict = [problem.message for problem in found[:_MOST_STRICT_ERRORS]]
    return f"strict decoding error: {', '.join(strict)}"


def _fields(value: Mapping[str, Any], info: TypeInfo, at: _At, found: _Found) -> None:
    for key, item in value.items():
        field = info.fields.get(key)
        if field:
            _value(item, field.type, at.field(info, field), found)
        else:
            found.append(_unknown(key, item, info, at))


def _unknown(key: str, value: object, info: TypeInfo, at: _At) -> FieldProblem:
    path = (*at.path, key)
    return FieldProblem(
        path=path,
        problem="unknown",
        value=value,
        expected=f"a field of {info.short}",
        message=f"unknown field {json.dumps(path_text(path), ensure_ascii=False)}",
        nearest=nearest(key, info.fields),
    )


def _value(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if value is not None:
        _CHECKS[kind.shape](value, kind, at, found)


def _mismatch(value: object, kind: FieldType, at: _At, *, text: str = "", fatal: bool = False) -> FieldProblem:
    """Return the problem of a JSON value that `kind` has no place for; `text` shows the value."""
    into = f"struct field {at.struct}.{'.'.join(at.names)}" if at.names else "value"
    return FieldProblem(
        path=at.path,
        problem="wrongType",
        value=value,
        expected=_EXPECTED[kind.shape],
        message=f"json: cannot unmarshal {text or json_type(value)} into Go {into} of type {kind.go}",
        fatal=fatal,
    )


def json_type(value: object) -> str:
    """Return JSON's word for the type of a value: object, array, string, bool, number or null."""
    words = ((bool, "bool"), (int | float, "number"), (str, "string"), (dict, "object"), (list, "array"))
    return next((word for python, word in words if isinstance(value, python)), "null")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fits(value: object, bits: int) -> bool:
    return isinstance(value, int) and -(1 << bits) <= value < 1 << bits


def _any(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    pass


def _string(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not isinstance(value, str):
        found.append(_mismatch(value, kind, at))


def _boolean(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not isinstance(value, bool):
        found.append(_mismatch(value, kind, at))


def _integer(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not _is_number(value):
        found.append(_mismatch(value, kind, at))
    elif not _fits(value, _BITS[kind.shape]):
        found.append(_mismatch(value, kind, at, text=f"number {value}"))


def _float(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not _is_number(value):
        found.append(_mismatch(value, kind, at))


def _int_or_string(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if isinstance(value, str) or (_is_number(value) and _fits(value, 31)):
        return
    text = f"number {value}" if _is_number(value) else ""
    found.append(_mismatch(value, evolve(kind, go="int32"), at, text=text, fatal=True))


def _quantity(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    try:
        Quantity.from_wire(value)
    except QuantityError as error:
        found.append(_malformed(value, kind, at, str(error), fatal=True))


def _time(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not isinstance(value, str):
        found.append(_mismatch(value, evolve(kind, go="string"), at, fatal=True))
        return
    message = formats.time_error(value, micro=kind.shape == "MicroTime")
    if message:
        found.append(_malformed(value, kind, at, message, fatal=True))


def _bytes(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    """Take base64; a list of numbers is a byte each, as Go's decoder has it."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            if item is not None and not (_is_number(item) and _fits(item, 8) and item >= 0):
                text = f"number {item}" if _is_number(item) else ""
                found.append(_mismatch(item, evolve(kind, go="uint8"), at.item(index), text=text))
    elif not isinstance(value, str):
        found.append(_mismatch(value, kind, at))
    else:
        offset = formats.base64_error(value)
        if offset is not None:
            found.append(_malformed(value, kind, at, f"illegal base64 data at input byte {offset}"))


def _malformed(value: object, kind: FieldType, at: _At, message: str, *, fatal: bool = False) -> FieldProblem:
    expected = _EXPECTED[kind.shape]
    return FieldProblem(path=at.path, problem="malformed", value=value, expected=expected, message=message, fatal=fatal)


def _list(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not isinstance(value, list):
        found.append(_mismatch(value, kind, at))
    elif kind.element:
        for index, item in enumerate(value):
            _value(item, kind.element, at.item(index), found)


def _map(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not isinstance(value, dict):
        found.append(_mismatch(value, kind, at))
    elif kind.element:
        for key, item in value.items():
            _value(item, kind.element, at.item(key), found)


def _object(value: object, kind: FieldType, at: _At, found: _Found) -> None:
    if not isinstance(value, dict):
        found.append(_mismatch(value, kind, at))
    else:
        _fields(value, struct(kind.struct), at, found)


_EXPECTED = {
    "string": "a string",
    "boolean": "true or false",
    "int32": "a whole number of 32 bits",
    "int64": "a whole number of 64 bits",
    "float64": "a number",
    "bytes": "base64 text",
    "Quantity": 'a quantity such as "100m", "1.5" or "2Gi"',
    "IntOrString": "a whole number of 32 bits, or a string",
    "Time": "a time such as 2000-01-31T23:59:59Z",
    "MicroTime": "a time such as 2000-01-31T23:59:59.000000Z",
    "any": "anything",
    "list": "a list",
    "map": "a map",
    "object": "an object",
}

_CHECKS: Mapping[str, Callable[[object, FieldType, _At, _Found], None]] = {
    "string": _string,
    "boolean": _boolean,
    "int32": _integer,
    "int64": _integer,
    "float64": _float,
    "bytes": _bytes,
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "Time": _time,
    "MicroTime": _time,
    "any": _any,
    "list": _list,
    "map": _map,
    "object": _object,
}
