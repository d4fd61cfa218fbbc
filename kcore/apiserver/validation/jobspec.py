"""The spec of a Job, of Jobs and of the templates of CronJobs.

Models counts, indexes, success and failure policies. Does not model the joint limits of indexes with very many
completions.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from kcore.apiserver.field import (
    Errors,
    duplicate,
    invalid,
    invalid_each,
    not_supported,
    required,
    too_long,
    too_many,
)
from kcore.apiserver.validation import names
from kcore.apiserver.validation.numbers import nonnegative_fields
from kcore.apiserver.validation.podspec import pod_template

Spec: TypeAlias = Mapping[str, Any]

_COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_MODES = ("Indexed", "NonIndexed")
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")
_RESTARTS = ("OnFailure", "Never")
_STATUSES = ("False", "True", "Unknown")
_MAX = {"rules": 20, "patterns": 20, "codes": 255, "parallelism": 100_000, "completions": 100_000}
_MANAGER_MAX = 63


def job_spec(spec: Spec, path: str) -> Errors:
    """Yield the errors of a Job's spec, but for its selector."""
    yield from nonnegative_fields(spec, _COUNTS, path)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    if spec.get("managedBy") is not None:
        yield from _managed_by(spec["managedBy"], f"{path}.managedBy")
    yield from _completion(spec, path)
    if spec.get("podFailurePolicy") is not None:
        yield from _failure_policy(spec, f"{path}.podFailurePolicy")
    if spec.get("successPolicy") is not None:
        yield from _success_policy(spec, f"{path}.successPolicy")
    replacement = spec.get("podReplacementPolicy")
    if replacement is not None:
        allowed = _REPLACEMENTS if spec.get("podFailurePolicy") is None else ("Failed",)
        if replacement not in allowed:
            yield not_supported(f"{path}.podReplacementPolicy", replacement, allowed)
    yield from pod_template(spec.get("template") or {}, f"{path}.template")
    yield from _restart_policy(spec, f"{path}.template.spec.restartPolicy")


def _managed_by(manager: str, path: str) -> Errors:
    domain, slash, rest = manager.partition("/")
    if not manager:
        yield required(path)
    elif not (domain and slash and rest):
        yield invalid(path, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')
    else:
        yield from invalid_each(path, domain, names.dns1123_subdomain(domain))
        pattern = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
        if not re.fullmatch(pattern, rest):
            yield invalid(path, rest, f"Invalid path (regex used for validation is '{pattern}')")
    if names.length(manager) > _MANAGER_MAX:
        yield too_long(path, _MANAGER_MAX)


def _completion(spec: Spec, path: str) -> Errors:
    mode, completions = spec.get("completionMode"), spec.get("completions")
    if mode is not None and mode not in _MODES:
        yield not_supported(f"{path}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        if completions is None:
            yield required(f"{path}.completions", "when completion mode is Indexed")
        parallelism, most = spec.get("parallelism") or 0, _MAX["parallelism"]
        if parallelism > most:
            detail = f"must be less than or equal to {most} when completion mode is Indexed"
            yield invalid(f"{path}.parallelism", parallelism, detail)
        return
    for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
        if spec.get(field) is not None:
            yield invalid(f"{path}.{field}", spec[field], "requires indexed completion mode")


def _restart_policy(spec: Spec, path: str) -> Errors:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy", "")
    if policy in ("", "Always"):
        yield required(path, 'valid values: "OnFailure", "Never"')
    elif policy not in _RESTARTS:
        yield not_supported(path, policy, _RESTARTS)
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        yield invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')


def _failure_policy(spec: Spec, path: str) -> Errors:
    rules = spec["podFailurePolicy"].get("rules") or []
    if len(rules) > _MAX["rules"]:
        yield too_many(f"{path}.rules", len(rules), _MAX["rules"])
    pod = (spec.get("template") or {}).get("spec") or {}
    known = {one.get("name") for field in ("containers", "initContainers") for one in pod.get(field) or ()}
    for i, rule in enumerate(rules):
        yield from _failure_rule(rule, known, f"{path}.rules[{i}]", per_index="backoffLimitPerIndex" in spec)


def _failure_rule(rule: Spec, known: set[str], path: str, *, per_index: bool) -> Errors:
    action, codes, patterns = rule.get("action", ""), rule.get("onExitCodes"), rule.get("onPodConditions") or []
    if not action:
        yield required(f"{path}.action", f"valid values: {', '.join(map(repr, _ACTIONS))}".replace("'", '"'))
    elif action not in _ACTIONS:
        yield not_supported(f"{path}.action", action, _ACTIONS)
    elif action == "FailIndex" and not per_index:
        yield invalid(f"{path}.action", action, "requires the backoffLimitPerIndex to be set")
    if codes is not None:
        yield from _exit_codes(codes, known, f"{path}.onExitCodes")
    if len(patterns) > _MAX["patterns"]:
        yield too_many(f"{path}.onPodConditions", len(patterns), _MAX["patterns"])
    for i, pattern in enumerate(patterns):
        here, kind = f"{path}.onPodConditions[{i}]", pattern.get("type", "")
        yield from invalid_each(f"{here}.type", kind, names.qualified_name(kind))
        if pattern.get("status", "") not in _STATUSES:
            yield not_supported(f"{here}.status", pattern.get("status", ""), _STATUSES)
    if codes is not None and patterns:
        yield invalid(path, "", "specifying both OnExitCodes and OnPodConditions is not supported")
    if codes is None and not patterns:
        yield invalid(path, "", "specifying one of OnExitCodes and OnPodConditions is required")


def _exit_codes(rule: Spec, known: set[str], path: str) -> Errors:
    operator, values, name = rule.get("operator", ""), rule.get("values") or [], rule.get("containerName")
    if not operator:
        yield required(f"{path}.operator", 'valid values: "In", "NotIn"')
    elif operator not in ("In", "NotIn"):
        yield not_supported(f"{path}.operator", operator, ("In", "NotIn"))
    if name is not None and name not in known:
        yield invalid(
            f"{path}.containerName", name, "must be one of the container or initContainer names in the pod template"
        )
    if not values:
        yield invalid(f"{path}.values", values, "at least one value is required")
    elif len(values) > _MAX["codes"]:
        yield too_many(f"{path}.values", len(values), _MAX["codes"])
    for i, value in enumerate(values):
        if value in values[:i]:
            yield duplicate(f"{path}.values[{i}]", value)
        elif i and values[i - 1] > value:
            yield invalid(f"{path}.values", values, "must be ordered")
        if not value and operator == "In":
            yield invalid(f"{path}.values[{i}]", value, "must not be 0 for the In operator")


def _success_policy(spec: Spec, path: str) -> Errors:
    if spec.get("completionMode") != "Indexed":
        yield invalid(path, spec["successPolicy"], "requires indexed completion mode")
        return
    rules = spec["successPolicy"].get("rules") or []
    if not rules:
        yield required(f"{path}.rules", "at least one rules must be specified when the successPolicy is specified")
    if len(rules) > _MAX["rules"]:
        yield too_many(f"{path}.rules", len(rules), _MAX["rules"])
    for i, rule in enumerate(rules):
        yield from _success_rule(rule, spec.get("completions") or 0, f"{path}.rules[{i}]")


def _success_rule(rule: Spec, completions: int, path: str) -> Errors:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    if count is None and indexes is None:
        yield required(path, "at least one of succeededCount or succeededIndexes must be specified")
    total = completions
    if indexes is not None:
        total, error = _indexes(indexes, completions)
        if error:
            yield invalid(f"{path}.succeededIndexes", indexes, error)
            return
    if count is None:
        return
    yield from nonnegative_fields(rule, ("succeededCount",), path)
    if count > total:
        what = f"the number of indexes in the specified succeededIndexes field ({total})"
        limit = what if indexes is not None else f"the number of specified completions ({total})"
        yield invalid(f"{path}.succeededCount", count, f"must be less than or equal to {total}: {limit}")


def _indexes(text: str, completions: int) -> tuple[int, str]:
    """Return how many indexes "0,2-4" names, or what is wrong with them."""
    total, last = 0, -1
    for interval in text.split(",") if text else ():
        ends: Sequence[str] = interval.split("-")
        if len(ends) > 2 or not all(re.fullmatch("[0-9]+", end) for end in ends):
            return 0, f'error parsing succeededIndexes: cannot convert string to integer for index: "{interval}"'
        first, until = int(ends[0]), int(ends[-1])
        if first <= last or until < first or until >= completions:
            return 0, "error parsing succeededIndexes: intervals must be ordered and below completions"
        total, last = total + until - first + 1, until
    return total, ""
