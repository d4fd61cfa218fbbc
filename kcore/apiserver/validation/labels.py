"""Labels, annotations and label selectors.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcore.apiserver.field import Errors, forbidden, invalid, invalid_each, required, too_long
from kcore.apiserver.validation import names

ANNOTATIONS_MAX_BYTES = 256 * 1024
IN_OPERATORS = ("In", "NotIn")
EXISTS_OPERATORS = ("Exists", "DoesNotExist")
NEEDS_VALUES = "must be specified when `operator` is 'In' or 'NotIn'"
NEEDS_NO_VALUES = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
NO_OPERATOR = "not a valid selector operator"


def label_name(key: str, path: str) -> Errors:
    """Yield the errors of a label key."""
    yield from invalid_each(path, key, names.qualified_name(key))


def labels(found: Mapping[str, str] | None, path: str) -> Errors:
    """Yield the errors of a set of labels; all carry the path of the set."""
    for key, value in sorted((found or {}).items()):
        yield from label_name(key, path)
        yield from invalid_each(path, value, names.label_value(value))


def annotation_map(found: Mapping[str, str] | None, path: str) -> Errors:
    """Yield the errors of a set of annotations: keys as of labels but in any case, 256 KiB at most."""
    for key in sorted(found or {}):
        yield from invalid_each(path, key, names.qualified_name(key.lower()))
    if sum(names.length(key) + names.length(value) for key, value in (found or {}).items()) > ANNOTATIONS_MAX_BYTES:
        yield too_long(path, ANNOTATIONS_MAX_BYTES)


def label_selector(selector: Mapping[str, Any] | None, path: str) -> Errors:
    """Yield the errors of a LabelSelector; None passes."""
    if selector is None:
        return
    yield from labels(selector.get("matchLabels"), f"{path}.matchLabels")
    for i, requirement in enumerate(selector.get("matchExpressions") or ()):
        yield from _requirement(requirement, f"{path}.matchExpressions[{i}]")


def _requirement(requirement: Mapping[str, Any], path: str) -> Errors:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if operator in IN_OPERATORS and not values:
        yield required(f"{path}.values", NEEDS_VALUES)
    elif operator in EXISTS_OPERATORS and values:
        yield forbidden(f"{path}.values", NEEDS_NO_VALUES)
    elif operator not in IN_OPERATORS + EXISTS_OPERATORS:
        yield invalid(f"{path}.operator", operator, NO_OPERATOR)
    yield from label_name(requirement.get("key", ""), f"{path}.key")
    for i, value in enumerate(values):
        yield from invalid_each(f"{path}.values[{i}]", value, names.label_value(value))


def is_empty(selector: Mapping[str, Any] | None) -> bool:
    """Tell whether a selector has no requirement."""
    return not selector or not (selector.get("matchLabels") or selector.get("matchExpressions"))


def matches(selector: Mapping[str, Any], found: Mapping[str, str] | None) -> bool:
    """Tell whether a valid `selector` in its wire form selects the labels `found`."""
    found = found or {}
    if any(found.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_matches(requirement, found) for requirement in selector.get("matchExpressions") or ())


def _matches(requirement: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    key, operator, values = requirement["key"], requirement["operator"], requirement.get("values") or ()
    if operator == "In":
        return found.get(key) in values
    if operator == "NotIn":
        return found.get(key) not in values
    return (key in found) is (operator == "Exists")
