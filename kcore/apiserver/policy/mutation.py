"""Mutation: what a mutating policy makes of an object.

Models conditions, variables, and mutations in their order, each seeing what those before it made: configurations that
are merged as server-side apply would, though nobody manages their fields, and JSON patches, of which one whose test
fails changes nothing. A configuration may not set what is a single value: a list without keys.

Upstream: https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kcore.api.json import Wire
from kcore.apiserver.apply.merge import merged
from kcore.apiserver.apply.shape import MAP, SET, Shape
from kcore.apiserver.celfunctions import LIBRARY
from kcore.apiserver.expressions import ExpressionError, evaluate
from kcore.apiserver.patch.operations import json_patch
from kcore.apiserver.patch.strategic import PatchError
from kcore.apiserver.policy.evaluation import is_true, values_of, variables_of
from kcore.apiserver.policy.literals import escape_key, plain
from kcore.apiserver.policy.matching import Asked

FUNCTIONS = {**LIBRARY, "escapeKey": escape_key}


def mutated(policy: Wire, asked: Asked, params: Wire | None, shape: Shape) -> tuple[Wire, list[str]]:
    """Return what the spec `policy` makes of the new object of `asked`, and why some of it could not be done."""
    made: Wire = asked.new or {}
    values = values_of(asked, params)
    try:
        if not all(is_true(one["expression"], values) for one in policy.get("matchConditions") or ()):
            return made, []
    except ExpressionError as error:
        return made, [str(error)]
    errors = []
    for mutation in policy.get("mutations") or ():
        known = {**values, "object": made}
        known["variables"] = variables_of(policy, known)
        try:
            made = _MUTATIONS[str(mutation.get("patchType"))](mutation, known, made, shape)
        except ExpressionError as error:
            errors.append(str(error))
    return made, errors


def _applied(mutation: Wire, values: Mapping[str, Any], live: Wire, shape: Shape) -> Wire:
    config = _evaluated(mutation.get("applyConfiguration"), values)
    if not isinstance(config, dict):
        raise ExpressionError("must evaluate to Object")
    single = sorted(_single(config, shape, ""))
    if single:
        said = ", ".join(single)
        why = f"may not mutate atomic arrays, maps or structs: {said}"
        raise ExpressionError(f"error applying patch: invalid ApplyConfiguration: {why}")
    laid: Wire = merged(live, config, shape)
    return laid


def _patched(mutation: Wire, values: Mapping[str, Any], live: Wire, _: Shape) -> Wire:
    operations = _evaluated(mutation.get("jsonPatch"), values)
    if not isinstance(operations, list):
        raise ExpressionError("must evaluate to an array of JSONPatch")
    if any(one.get("op") == "test" and not _holds(live, operations[: at + 1]) for at, one in enumerate(operations)):
        return live
    try:
        patched: Wire = json_patch(live, operations)
    except PatchError as error:
        raise ExpressionError(f"JSONPath: {error}") from error
    return patched


def _holds(live: Wire, operations: list[Any]) -> bool:
    """Tell whether the last of `operations`, a test, holds after those before it; it does where those do not apply."""
    try:
        before = json_patch(live, operations[:-1])
    except PatchError:
        return True
    try:
        json_patch(before, operations[-1:])
    except PatchError:
        return False
    return True


def _evaluated(part: Wire | None, values: Mapping[str, Any]) -> Any:
    expression = str((part or {}).get("expression", "")).strip()
    try:
        return evaluate(plain(expression), values, FUNCTIONS)
    except ExpressionError as error:
        raise ExpressionError(f"expression '{expression}' resulted in error: {error}") from error


def _single(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Yield the paths of the lists in `value` that are single values."""
    if isinstance(value, list) and shape.list_type not in (MAP, SET):
        yield path
    for element, item, inner in shape.parts(value) or ():
        yield from _single(item, inner, f"{path}.{element[2:]}" if element.startswith("f:") else path)


_MUTATIONS = {"ApplyConfiguration": _applied, "JSONPatch": _patched}
"""What is done, by the type of a mutation."""
