"""Rules in CEL that a schema has for its values: `x-kubernetes-validations`.

Models `self` and `oldSelf` at every depth, with the old value found by field, by key of a map, or by the keys of a list
of the type map; rules about a change, which are left out where there is nothing to compare; messages, reasons, paths,
and that rules are only asked about objects that are otherwise well formed. What an update leaves as it was is not held
against it, unless a rule is about the change.

Not modelled: costs, types checked beforehand, timestamps and durations as such.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kcore.apiserver.celfunctions import LIBRARY
from kcore.apiserver.expressions import ExpressionError, evaluate
from kcore.apiserver.field import Errors, ErrorType, FieldError, FieldErrors, duplicate, forbidden, invalid, required

VALIDATIONS = "x-kubernetes-validations"
NO_PATH = "<nil>"
"""The path of the object itself."""

UNCHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
_BLOCKING = frozenset(
    {ErrorType.NOT_SUPPORTED, ErrorType.REQUIRED, ErrorType.TOO_LONG, ErrorType.TOO_MANY, ErrorType.TYPE_INVALID}
)
_OLD = re.compile(r"\boldSelf\b")
_WORDS = "true false null in as break const continue else for function if import let loop package namespace return var"
_RESERVED = frozenset((*_WORDS.split(), "void", "while"))
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))


def rule_errors(value: Any, old: Any, schema: Mapping[str, Any], found: FieldErrors) -> Errors:
    """Yield what the rules of `schema` have against `value`, which was `old` (None: new) and has the errors `found`."""
    if not has_rules(schema):
        return
    if any(error.type in _BLOCKING for error in found):
        yield invalid(NO_PATH, None, UNCHECKED)
        return
    yield from _broken(value, old, schema, "")


def has_rules(schema: Any) -> bool:
    """Tell whether there is a rule anywhere in `schema`."""
    if isinstance(schema, list):
        return any(map(has_rules, schema))
    return isinstance(schema, Mapping) and (VALIDATIONS in schema or any(map(has_rules, schema.values())))


def _broken(value: Any, old: Any, schema: Mapping[str, Any], path: str) -> Errors:
    if value is None:
        return
    for rule in schema.get(VALIDATIONS) or ():
        yield from _judged(rule, value, old, schema, path)
    for inner in schema.get("allOf") or ():
        yield from _broken(value, old, inner, path)
    if isinstance(value, dict):
        for name, item in value.items():
            known, others = schema.get("properties") or {}, schema.get("additionalProperties")
            keyed = name not in known
            inner = known.get(name, others if isinstance(others, dict) else {})
            was = old.get(name) if isinstance(old, dict) and schema.get("x-kubernetes-map-type") != "atomic" else None
            yield from _broken(item, was, inner, f"{path}[{name}]" if keyed else f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        before = _by_keys(old, schema)
        for at, item in enumerate(value):
            was = before.get(_identity(item, schema))
            yield from _broken(item, was, schema.get("items") or {}, f"{path}[{at}]")


def _judged(rule: Mapping[str, Any], value: Any, old: Any, schema: Mapping[str, Any], path: str) -> Errors:
    """Yield what one rule has against a value."""
    expression, shown = str(rule.get("rule", "")), _type_of(schema)
    optional, transition = bool(rule.get("optionalOldSelf")), _OLD.search(expression) is not None
    if (transition and old is None and not optional) or (not transition and old is not None and old == value):
        return
    values = {"self": readable(value, schema)}
    if old is not None:
        values["oldSelf"] = readable(old, schema)
    asked = (
        _OLD.sub("optional.none()" if old is None else "optional.of(oldSelf)", expression) if optional else expression
    )
    about = str(rule.get("message") or expression).strip()
    try:
        if evaluate(asked, values, LIBRARY) is True:
            return
    except ExpressionError as error:
        yield invalid(path or NO_PATH, shown, f"{error} evaluating rule: {about}")
        return
    said = _message(rule, values) or str(rule.get("message") or "").strip() or f"failed rule: {expression.strip()}"
    field = str(rule.get("fieldPath") or "")
    yield _REASONS.get(str(rule.get("reason")), invalid)((path + field).removeprefix(".") or NO_PATH, shown, said)


def _message(rule: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Return the words that the message expression of a rule makes, "" where there is none or it has no value."""
    if not rule.get("messageExpression"):
        return ""
    try:
        said = evaluate(rule["messageExpression"], values, LIBRARY)
    except ExpressionError:
        return ""
    return said.strip() if isinstance(said, str) and "\n" not in said else ""


def readable(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return `value` as expressions read it: its fields by names that they can say, its numbers as such."""
    if isinstance(value, dict):
        return dict(_fields(value, schema))
    if isinstance(value, list):
        return [readable(one, schema.get("items") or {}) for one in value]
    if schema.get("type") == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _fields(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    known, others = schema.get("properties") or {}, schema.get("additionalProperties")
    for name, item in value.items():
        if name in known:
            yield _escaped(name), readable(item, known[name])
        else:
            yield name, readable(item, others if isinstance(others, dict) else {})


@functools.lru_cache(maxsize=1024)
def _escaped(name: str) -> str:
    """Return the name by which an expression says the field `name`."""
    if name in _RESERVED:
        return f"__{name}__"
    for part, written in _ESCAPES:
        name = written.join(name.split(part)) if part in name else name
    return name


def _by_keys(old: Any, schema: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Return the elements of an older list by their keys, nothing where they can't be told apart."""
    found = {_identity(one, schema): one for one in old} if isinstance(old, list) else {}
    found.pop((), None)
    return found


def _identity(item: Any, schema: Mapping[str, Any]) -> tuple[str, ...]:
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(item, dict):
        return ()
    return tuple(repr(item.get(key)) for key in schema.get("x-kubernetes-list-map-keys") or ())


def _type_of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("type") or "")


_REASONS: Mapping[str, Callable[[str, object, str], FieldError]] = {
    "FieldValueInvalid": invalid,
    "FieldValueRequired": lambda path, _, said: required(path, said),
    "FieldValueForbidden": lambda path, _, said: forbidden(path, said),
    "FieldValueDuplicate": lambda path, shown, _: duplicate(path, shown),
}
"""The error that each reason stands for."""
