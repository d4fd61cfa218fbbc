"""Taints, tolerations, topology spread constraints and scheduling gates.

Does not model tolerations by comparison (Gt, Lt): their gate is off.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import (
    Errors,
    duplicate,
    forbidden,
    invalid,
    invalid_each,
    not_supported,
    required,
)
from kcore.apiserver.validation import names
from kcore.apiserver.validation.labels import label_name, label_selector
from kcore.apiserver.validation.numbers import NOT_POSITIVE

Part: TypeAlias = Mapping[str, Any]

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSIONS = ("Honor", "Ignore")


def taints(found: Sequence[Part], path: str) -> Errors:
    """Yield the errors of a node's taints, unique by key and effect."""
    seen: set[tuple[str, str]] = set()
    for i, taint in enumerate(found):
        here, key, effect = f"{path}[{i}]", taint.get("key", ""), taint.get("effect", "")
        yield from label_name(key, f"{here}.key")
        if details := names.label_value(taint.get("value", "")):
            yield invalid(f"{here}.value", taint["value"], ";".join(details))
        if effect:
            yield from _effect(effect, f"{here}.effect")
        else:
            yield required(f"{here}.effect")
        if (key, effect) in seen:
            yield duplicate(here, taint, "taints must be unique by key and effect pair")
        seen.add((key, effect))


def _effect(effect: str, path: str) -> Errors:
    if effect not in _EFFECTS:
        yield not_supported(path, effect, _EFFECTS)


def tolerations(found: Sequence[Part], path: str) -> Errors:
    """Yield the errors of a pod's tolerations."""
    for i, toleration in enumerate(found):
        yield from _toleration(toleration, f"{path}[{i}]")


def _toleration(toleration: Part, path: str) -> Errors:
    key, operator, value, effect = (toleration.get(field, "") for field in ("key", "operator", "value", "effect"))
    if key:
        yield from label_name(key, f"{path}.key")
    elif operator != "Exists":
        detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        yield invalid(f"{path}.operator", operator, detail)
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        yield invalid(f"{path}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
    if operator in ("", "Equal"):
        if details := names.label_value(value):
            yield invalid(f"{path}.operator", value, ";".join(details))
    elif operator == "Exists":
        if value:
            yield invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'")
    else:
        yield not_supported(f"{path}.operator", operator, ("Equal", "Exists"))
    if effect:
        yield from _effect(effect, f"{path}.effect")


def only_added_tolerations(new: Sequence[Part], old: Sequence[Part], path: str) -> Errors:
    """Yield the errors of a change of tolerations: existing ones stay, but for their tolerationSeconds."""
    kept = [_timeless(toleration) for toleration in new]
    if any(_timeless(toleration) not in kept for toleration in old):
        yield forbidden(path, "existing toleration can not be modified except its tolerationSeconds")
    else:
        yield from tolerations(new, path)


def _timeless(toleration: Part) -> dict[str, Any]:
    return {field: value for field, value in toleration.items() if value and field != "tolerationSeconds"}


def scheduling_gates(found: Sequence[Part], path: str) -> Errors:
    """Yield the errors of scheduling gates: qualified names, each once."""
    seen: set[str] = set()
    for i, gate in enumerate(found):
        name = gate.get("name", "")
        yield from invalid_each(f"{path}[{i}]", name, names.qualified_name(name))
        if name in seen:
            yield duplicate(f"{path}[{i}]", name)
        seen.add(name)


def only_deleted_gates(new: Sequence[Part], old: Sequence[Part], path: str) -> Errors:
    """Yield the errors of a change of scheduling gates, which may only go."""
    known = {gate.get("name", "") for gate in old}
    for i, gate in enumerate(new):
        if gate.get("name", "") not in known:
            detail = f"only deletion is allowed, but found new scheduling gate '{gate.get('name', '')}'"
            yield forbidden(f"{path}[{i}].name", detail)


def topology_spread_constraints(found: Sequence[Part], path: str) -> Errors:
    """Yield the errors of topology spread constraints, one for each key and action."""
    pairs = [(one.get("topologyKey", ""), one.get("whenUnsatisfiable", "")) for one in found]
    for i, constraint in enumerate(found):
        here, (key, action) = f"{path}[{i}]", pairs[i]
        if constraint.get("maxSkew", 0) <= 0:
            yield invalid(f"{here}.maxSkew", constraint.get("maxSkew", 0), NOT_POSITIVE)
        if not key:
            yield required(f"{here}.topologyKey", "can not be empty")
        if action not in _ACTIONS:
            yield not_supported(f"{here}.whenUnsatisfiable", action, _ACTIONS)
        if pairs[i] in pairs[i + 1 :]:
            yield duplicate(f"{here}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        yield from _min_domains(constraint.get("minDomains"), action, f"{here}.minDomains")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if constraint.get(field) is not None and constraint[field] not in _INCLUSIONS:
                yield not_supported(f"{here}.{field}", constraint[field], _INCLUSIONS)
        selector = constraint.get("labelSelector")
        yield from _match_label_keys(constraint.get("matchLabelKeys") or (), selector, f"{here}.matchLabelKeys")
        yield from label_selector(selector, f"{here}.labelSelector")


def _min_domains(count: int | None, action: str, path: str) -> Errors:
    if count is None:
        return
    if count <= 0:
        yield invalid(path, count, NOT_POSITIVE)
    if action != "DoNotSchedule":
        yield invalid(path, count, f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}")


def _match_label_keys(keys: Sequence[str], selector: Part | None, path: str) -> Errors:
    if keys and selector is None:
        yield forbidden(path, "must not be specified when labelSelector is not set")
    labels = (selector or {}).get("matchLabels") or {}
    expressions = (selector or {}).get("matchExpressions") or ()
    selected = [*labels, *(requirement.get("key", "") for requirement in expressions)]
    for i, key in enumerate(keys):
        yield from label_name(key, f"{path}[{i}]")
        if selected.count(key) > 1 or key in labels:
            yield invalid(f"{path}[{i}]", key, "exists in both matchLabelKeys and labelSelector")
