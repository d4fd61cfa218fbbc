"""Schemas of a CustomResourceDefinition: that they are structural, and that their rules can be read.

Models that every value has a type, unless it is an integer or a string, or anything; that an object has fields or
keys; that lists of the type map have keys; and that rules compile, where the extra `cel` is there to tell.

Simplified: of the value validations, what structural schemas forbid in `allOf` and the like is not looked for.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.apiserver.expressions import ExpressionError, compiled, is_installed
from kcore.apiserver.field import Errors, forbidden, invalid, not_supported, required

_UNTYPED = ("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields")
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_LIST_TYPES = ("atomic", "map", "set")


def root_errors(schema: Mapping[str, Any] | None, path: str) -> Errors:
    """Yield what is wrong with the schema of a version at `path`; None is missing."""
    if schema is None:
        yield required(path, "schemas are required")
    elif not schema.get("type"):
        yield required(f"{path}.type", "must not be empty at the root")
    elif schema["type"] != "object":
        yield invalid(f"{path}.type", schema["type"], "must be object at the root")
    else:
        yield from _inner_errors(schema, path)


def _inner_errors(schema: Mapping[str, Any], path: str) -> Errors:
    yield from _extensions(schema, path)
    for number, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        yield from _rule(rule, f"{path}.x-kubernetes-validations[{number}]")
    for name, inner in sorted((schema.get("properties") or {}).items()):
        yield from _typed(inner, f"{path}.properties[{name}]", "object fields")
    items, others = schema.get("items"), schema.get("additionalProperties")
    if isinstance(items, Mapping):
        yield from _typed(items, f"{path}.items", "array items")
    if isinstance(others, Mapping):
        yield from _typed(others, f"{path}.additionalProperties", "object fields")


def _typed(schema: Mapping[str, Any], path: str, of: str) -> Errors:
    if not schema.get("type") and not any(schema.get(one) for one in _UNTYPED):
        yield required(f"{path}.type", f"must not be empty for specified {of}")
    yield from _inner_errors(schema, path)


def _extensions(schema: Mapping[str, Any], path: str) -> Errors:
    if schema.get("properties") and schema.get("additionalProperties"):
        yield forbidden(f"{path}.additionalProperties", "must not be used simultaneously with properties")
    if schema.get("uniqueItems"):
        yield forbidden(
            f"{path}.uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        )
    if schema.get("x-kubernetes-embedded-resource") and schema.get("type") != "object":
        said = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid(f"{path}.type", schema.get("type") or "", said)
    list_type = schema.get("x-kubernetes-list-type")
    if list_type is not None and list_type not in _LIST_TYPES:
        yield not_supported(f"{path}.x-kubernetes-list-type", list_type, _LIST_TYPES)
    if list_type == "map" and not schema.get("x-kubernetes-list-map-keys"):
        yield required(f"{path}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")


def _rule(rule: Mapping[str, Any], path: str) -> Errors:
    expression, message, reason = (str(rule.get(name) or "").strip() for name in ("rule", "message", "reason"))
    if not expression:
        yield required(f"{path}.rule", "rule is not specified")
    if "message" in rule and not message:
        yield invalid(f"{path}.message", rule["message"], "message must be non-empty if specified")
    if "\n" in expression and not message and not rule.get("messageExpression"):
        yield required(f"{path}.message", "message must be specified if rule contains line breaks")
    if reason and reason not in _REASONS:
        yield not_supported(f"{path}.reason", reason, _REASONS)
    for field in ("rule", "messageExpression"):
        if rule.get(field) and is_installed():
            try:
                compiled(str(rule[field]))
            except ExpressionError as error:
                yield invalid(f"{path}.{field}", rule[field], str(error))
