"""Evaluation: what a policy says to a write.

Models conditions, variables, parameters, validations with their messages and reasons, and what an expression that has
no value means under each failure policy.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/validator.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from kcore.api.json import Wire
from kcore.apiserver.celfunctions import LIBRARY
from kcore.apiserver.expressions import ExpressionError, evaluate
from kcore.apiserver.policy.matching import Asked

INVALID = "Invalid"


@attrs.frozen
class Denial:
    """Why a policy says no, and the reason that the answer gives."""

    message: str
    reason: str = INVALID


def denials(policy: Wire, asked: Asked, params: Wire | None) -> Iterator[Denial]:
    """Yield what the spec `policy` has against a write, given the parameters that its binding names."""
    fails = policy.get("failurePolicy", "Fail") == "Fail"
    values = values_of(asked, params)
    try:
        if not all(is_true(one["expression"], values) for one in policy.get("matchConditions") or ()):
            return
        variables = variables_of(policy, values)
    except ExpressionError as error:
        if fails:
            yield Denial(str(error))
        return
    known = {**values, "variables": variables}
    for one in policy.get("validations") or ():
        try:
            if not is_true(one["expression"], known):
                yield Denial(_message(one, known), one.get("reason") or INVALID)
        except ExpressionError as error:
            if fails:
                yield Denial(f"expression '{one['expression'].strip()}' resulted in error: {error}")


def values_of(asked: Asked, params: Wire | None) -> dict[str, Any]:
    """Return what the names in expressions stand for."""
    kind = asked.kind
    request = {
        "operation": asked.operation,
        "kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "resource": {"group": kind.group, "version": kind.version, "resource": kind.plural},
        "subResource": "",
        "name": asked.name,
        "namespace": ((asked.new or asked.old or {}).get("metadata") or {}).get("namespace", ""),
        "dryRun": asked.dry_run,
        "userInfo": {"username": "", "groups": []},
    }
    return {
        "object": asked.new,
        "oldObject": asked.old,
        "request": request,
        "params": params,
        "namespaceObject": asked.namespace,
    }


def variables_of(policy: Wire, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that have a value: each may use those before it, and the others fail where they are used."""
    found: dict[str, Any] = {}
    for one in policy.get("variables") or ():
        try:
            found[one["name"]] = evaluate(one["expression"], {**values, "variables": found}, LIBRARY)
        except ExpressionError:
            continue
    return found


def is_true(expression: str, values: Mapping[str, Any]) -> bool:
    """Return the value of a condition; ExpressionError where it is none."""
    value = evaluate(expression, values, LIBRARY)
    if not isinstance(value, bool):
        raise ExpressionError(f"expression '{expression.strip()}' must evaluate to a bool")
    return value


def _message(validation: Wire, values: Mapping[str, Any]) -> str:
    """Return the words of a validation that says no."""
    said = ""
    if validation.get("messageExpression"):
        try:
            value = evaluate(validation["messageExpression"], values, LIBRARY)
        except ExpressionError:
            value = ""
        said = value.strip() if isinstance(value, str) else ""
    return said or validation.get("message") or f"failed expression: {validation['expression'].strip()}"
