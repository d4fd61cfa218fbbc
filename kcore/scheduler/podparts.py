"""Parts of a pod in a configuration: an affinity, constraints, held against what the API server asks of a pod's.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/apis/config/validation/validation_pluginargs.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcore.api.fields.check import check, path_of
from kcore.apiserver.field import Errors
from kcore.errors import InputError
from kcore.scheduler.strict import Section


def check_part(given: Section, name: str, at: tuple[str, ...], errors: Callable[[Any, str], Errors]) -> None:
    """Raise InputError where the field `name` can't be the part of a pod's spec at the path `at`."""
    value = given.values.get(name)
    if value is None:
        return
    whole: Any = value
    for step in reversed(("spec", *at)):
        whole = {step: whole}
    for problem in check(whole, "v1", "Pod"):
        place = given.place(name, *problem.path[1 + len(at) :])
        hint = f"did you mean {problem.nearest}?" if problem.nearest else ""
        said = (
            f"unknown field {problem.path[-1]!r}" if problem.problem == "unknown" else f"{problem.value!r} stands here"
        )
        raise InputError(said, place=place, expected=problem.expected, hint=hint)
    for error in errors(value, name):
        path = path_of(error.path)
        raise InputError(str(error).removeprefix(f"{error.path}: "), place=given.place(*path))
