"""Structural schemas: what a custom resource is made to be, and what is wrong with it.

Models defaults (null is replaced by one where it is not allowed), and validation with the reasons and words of the API
server. What an update leaves as it was is not held against it. Metadata is the API server's business and left alone.

Upstream: https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from kcore.api.json import Wire
from kcore.apiserver.custom.formats import CHECKER
from kcore.apiserver.custom.pruning import HEAD
from kcore.apiserver.field import Errors, ErrorType, FieldError, duplicate, invalid, not_supported, required

INT_OR_STRING = "x-kubernetes-int-or-string"
LIST_TYPE = "x-kubernetes-list-type"
LIST_KEYS = "x-kubernetes-list-map-keys"
_LISTS_OF_SCHEMAS = ("allOf", "anyOf", "oneOf")
_ABSENT = object()


def default(value: Any, schema: Mapping[str, Any]) -> None:
    """Fill the defaults of `schema` into `value`, depth first."""
    if isinstance(value, list):
        for one in value:
            default(one, schema.get("items") or {})
    if not isinstance(value, dict):
        return
    known = schema.get("properties") or {}
    for name, inner in known.items():
        missing = name not in value or (value[name] is None and not inner.get("nullable"))
        if missing and "default" in inner:
            value[name] = copy.deepcopy(inner["default"])
        if name in value:
            default(value[name], inner)
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        for name in value.keys() - known.keys():
            default(value[name], others)


def validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Return what checks values against `schema`; a schema is turned into plain JSON schema once."""
    return Draft202012Validator(_plain(schema), format_checker=CHECKER)


def errors(value: Wire, checker: Draft202012Validator, schema: Mapping[str, Any], old: Wire | None = None) -> Errors:
    """Yield what is wrong with a custom resource, path by path; nothing that is as it was in `old`."""
    content = {name: item for name, item in value.items() if name not in HEAD}
    for one in sorted(checker.iter_errors(content), key=lambda found: [str(step) for step in found.absolute_path]):
        if old is None or _at(old, one.absolute_path) != one.instance:
            yield _worded(one)
    yield from _lists(content, schema, "", old)


def _at(value: Any, path: Iterable[str | int]) -> Any:
    """Return what stands at `path`, something unlike any value where nothing does."""
    for step in path:
        inside = step in value if isinstance(value, dict) else isinstance(value, list) and int(step) < len(value)
        if not inside:
            return _ABSENT
        value = value[step]
    return value


def _plain(schema: Any) -> Any:
    """Return the JSON schema that means what a structural schema does."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain = {name: _inner(name, value) for name, value in schema.items() if not name.startswith("x-")}
    plain.pop("default", None)
    if schema.get(INT_OR_STRING):
        plain["type"] = ["integer", "string"]
        plain.pop("anyOf", None)
    if plain.pop("nullable", False) and "type" in plain:
        kinds = plain["type"] if isinstance(plain["type"], list) else [plain["type"]]
        plain["type"] = [*kinds, "null"]
    for side in ("minimum", "maximum"):
        exclusive = f"exclusive{side.capitalize()}"
        if plain.pop(exclusive, False) and side in plain:
            plain[exclusive] = plain.pop(side)
    return plain


def _inner(name: str, value: Any) -> Any:
    """Return the value of a schema's keyword, with the schemas in it made plain."""
    if name == "properties":
        return {field: _plain(inner) for field, inner in value.items()}
    return _plain(value) if name in ("items", "additionalProperties", "not", *_LISTS_OF_SCHEMAS) else value


def _worded(error: ValidationError) -> FieldError:
    """Return an error of the schema as the API server words it."""
    path, kind = _path(error.absolute_path), str(error.validator)
    limit: Any = error.validator_value
    value: Any = error.instance
    if kind == "required":
        missing = next(name for name in limit if name not in value and repr(name) in error.message)
        return required(f"{path}.{missing}" if path else missing)
    if kind == "enum":
        return not_supported(path, value, (one if isinstance(one, str) else json.dumps(one) for one in limit))
    if kind == "type":
        wanted = next(one for one in ([limit] if isinstance(limit, str) else limit) if one != "null")
        wanted = "integer,string" if isinstance(limit, list) and "string" in limit and wanted == "integer" else wanted
        said = f"{path} in body must be of type {wanted}: {json.dumps(_type(value))}"
        return FieldError(ErrorType.TYPE_INVALID, path, _shown(value), said)
    if kind == "format":
        said = f"{path} in body must be of type {limit}: {json.dumps(value, ensure_ascii=False)}"
        return FieldError(ErrorType.TYPE_INVALID, path, value, said)
    if kind == "maxLength":
        return FieldError(ErrorType.TOO_LONG, path, "", f"may not be more than {limit} bytes")
    if kind in ("maxItems", "maxProperties"):
        return FieldError(ErrorType.TOO_MANY, path, len(value), f"must have at most {limit} items")
    return invalid(path, value, f"{path} in body {_WORDS.get(kind, error.message).format(limit)}")


_WORDS = {
    "minimum": "should be greater than or equal to {}",
    "exclusiveMinimum": "should be greater than {}",
    "maximum": "should be less than or equal to {}",
    "exclusiveMaximum": "should be less than {}",
    "multipleOf": "should be a multiple of {}",
    "minLength": "should be at least {} chars long",
    "pattern": "should match '{}'",
    "minItems": "should have at least {} items",
    "minProperties": "should have at least {} properties",
    "uniqueItems": "shouldn't contain duplicates",
    "anyOf": "must validate at least one schema (anyOf)",
    "oneOf": "must validate one and only one schema (oneOf)",
    "allOf": "must validate all the schemas (allOf)",
    "not": "must not validate the schema (not)",
}


def _lists(value: Any, schema: Mapping[str, Any], path: str, old: Any = None) -> Errors:
    """Yield the elements that a list of the type set or map has twice, and did not have as it was `old`."""
    if value == old:
        return
    if isinstance(value, dict):
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            inner = known.get(name, others if isinstance(others, dict) else {})
            was = old.get(name) if isinstance(old, dict) else None
            yield from _lists(item, inner, f"{path}.{name}" if path else name, was)
    elif isinstance(value, list):
        seen: set[str] = set()
        for at, item in enumerate(value):
            identity = _identity(item, schema)
            if identity in seen:
                yield duplicate(f"{path}[{at}]", json.loads(identity))
            seen |= {identity} - {""}
            yield from _lists(item, schema.get("items") or {}, f"{path}[{at}]")


def _identity(item: Any, schema: Mapping[str, Any]) -> str:
    """Return the text of what tells an element apart, "" where nothing has to."""
    if schema.get(LIST_TYPE) == "set":
        return json.dumps(item, sort_keys=True)
    if schema.get(LIST_TYPE) != "map" or not isinstance(item, dict):
        return ""
    return json.dumps({key: item.get(key) for key in schema.get(LIST_KEYS) or ()}, sort_keys=True)


def _path(steps: Iterable[str | int]) -> str:
    said = ""
    for step in steps:
        said += f"[{step}]" if isinstance(step, int) else f".{step}" if said else step
    return said


def _type(value: Any) -> str:
    """Return the JSON type of `value`."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _shown(value: Any) -> Any:
    """Return what an error of a type shows of the value: of objects and lists their type only."""
    return _type(value) if isinstance(value, dict | list) or value is None else value
