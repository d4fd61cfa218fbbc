"""Affinity: node selectors, pod affinity and anti-affinity.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import Errors, forbidden, invalid, invalid_each, required
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import (
    EXISTS_OPERATORS,
    IN_OPERATORS,
    NEEDS_NO_VALUES,
    NEEDS_VALUES,
    NO_OPERATOR,
    label_name,
    label_selector,
)

Part: TypeAlias = Mapping[str, Any]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def affinity(found: Part, path: str) -> Errors:
    """Yield the errors of a pod's affinity."""
    if found.get("nodeAffinity") is not None:
        yield from _node_affinity(found["nodeAffinity"], f"{path}.nodeAffinity")
    for field in ("podAffinity", "podAntiAffinity"):
        if found.get(field) is not None:
            yield from _pod_affinity(found[field], f"{path}.{field}")


def _node_affinity(found: Part, path: str) -> Errors:
    if found.get(_REQUIRED) is not None:
        yield from node_selector(found[_REQUIRED], f"{path}.{_REQUIRED}")
    for i, preferred in enumerate(found.get(_PREFERRED) or ()):
        here = f"{path}.{_PREFERRED}[{i}]"
        yield from _weight(preferred, here)
        yield from _node_selector_term(preferred.get("preference") or {}, f"{here}.preference", strict=False)


def _weight(preferred: Part, path: str) -> Errors:
    if not 0 < preferred.get("weight", 0) <= 100:
        yield invalid(f"{path}.weight", preferred.get("weight", 0), "must be in the range 1-100")


def node_selector(selector: Part, path: str) -> Errors:
    """Yield the errors of a NodeSelector: at least one term, label values well-formed."""
    terms = selector.get("nodeSelectorTerms") or ()
    if not terms:
        yield required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for i, term in enumerate(terms):
        yield from _node_selector_term(term, f"{path}.nodeSelectorTerms[{i}]", strict=True)


def _node_selector_term(term: Part, path: str, *, strict: bool) -> Errors:
    for i, requirement in enumerate(term.get("matchExpressions") or ()):
        yield from _node_labels(requirement, f"{path}.matchExpressions[{i}]", strict=strict)
    for i, requirement in enumerate(term.get("matchFields") or ()):
        yield from _node_fields(requirement, f"{path}.matchFields[{i}]")


def _node_labels(requirement: Part, path: str, *, strict: bool) -> Errors:
    operator, values = requirement.get("operator", ""), requirement.get("values") or ()
    if operator in IN_OPERATORS:
        if not values:
            yield required(f"{path}.values", NEEDS_VALUES)
    elif operator in EXISTS_OPERATORS:
        if values:
            yield forbidden(f"{path}.values", NEEDS_NO_VALUES)
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            yield required(f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        yield invalid(f"{path}.operator", operator, NO_OPERATOR)
    yield from label_name(requirement.get("key", ""), f"{path}.key")
    for i, value in enumerate(values if strict else ()):
        yield from invalid_each(f"{path}.values[{i}]", value, names.label_value(value))


def _node_fields(requirement: Part, path: str) -> Errors:
    operator, values = requirement.get("operator", ""), requirement.get("values") or ()
    if operator not in IN_OPERATORS:
        yield invalid(f"{path}.operator", operator, NO_OPERATOR)
    elif len(values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        yield required(f"{path}.values", detail)
    if requirement.get("key", "") != "metadata.name":
        yield invalid(f"{path}.key", requirement.get("key", ""), "not a valid field selector key")
        return
    for i, value in enumerate(values):
        yield from invalid_each(f"{path}.values[{i}]", value, names.dns1123_subdomain(value))


def _pod_affinity(found: Part, path: str) -> Errors:
    for i, term in enumerate(found.get(_REQUIRED) or ()):
        yield from _pod_affinity_term(term, f"{path}.{_REQUIRED}[{i}]")
    for i, preferred in enumerate(found.get(_PREFERRED) or ()):
        here = f"{path}.{_PREFERRED}[{i}]"
        yield from _weight(preferred, here)
        yield from _pod_affinity_term(preferred.get("podAffinityTerm") or {}, f"{here}.podAffinityTerm")


def _pod_affinity_term(term: Part, path: str) -> Errors:
    for field in ("labelSelector", "namespaceSelector"):
        yield from label_selector(term.get(field), f"{path}.{field}")
    for namespace in term.get("namespaces") or ():
        yield from invalid_each(f"{path}.namespace", namespace, names.dns1123_label(namespace))
    yield from _label_keys(term, path)
    topology_key = term.get("topologyKey", "")
    if not topology_key:
        yield required(f"{path}.topologyKey", "can not be empty")
    yield from label_name(topology_key, f"{path}.topologyKey")


def _label_keys(term: Part, path: str) -> Errors:
    """Yield the errors of matchLabelKeys and mismatchLabelKeys, which need a selector and share no key.

    A key of matchLabelKeys has its requirement among the expressions already, since `prepare` adds it; one more, or a
    label of that key, is the user's own.
    """
    selector, match, mismatch = term.get("labelSelector"), term.get("matchLabelKeys") or (), "mismatchLabelKeys"
    yield from _keys(match, selector, f"{path}.matchLabelKeys")
    yield from _keys(term.get(mismatch) or (), selector, f"{path}.{mismatch}")
    seen = set((selector or {}).get("matchLabels") or ())
    for requirement in (selector or {}).get("matchExpressions") or ():
        key = requirement.get("key", "")
        if key in match and key in seen:
            yield invalid(f"{path}[{_last(match, key)}]", key, "exists in both matchLabelKeys and labelSelector")
        seen.add(key)
    for i, key in enumerate(match):
        if key in (term.get(mismatch) or ()):
            yield invalid(f"{path}.matchLabelKeys[{i}]", key, "exists in both matchLabelKeys and mismatchLabelKeys")


def _last(keys: Sequence[str], key: str) -> int:
    return len(keys) - 1 - list(reversed(keys)).index(key)


def _keys(keys: Sequence[str], selector: Part | None, path: str) -> Errors:
    if keys and selector is None:
        yield forbidden(path, "must not be specified when labelSelector is not set")
        return
    for i, key in enumerate(keys):
        yield from label_name(key, f"{path}[{i}]")
