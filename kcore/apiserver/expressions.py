"""Expressions: CEL, compiled once, over plain values.

The language comes with the extra `cel`. Without it an expression that is met is a misuse that says so.

What Kubernetes adds to the language is in `celfunctions`. Not modelled: types checked beforehand, costs, optional
fields (`.?`).

Upstream: https://kubernetes.io/docs/reference/using-api/cel/
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from kcore.errors import KcoreError, MisuseError

try:
    import cel
except ImportError:
    cel = None  # type: ignore[assignment]  # the extra is not installed

MISSING = "expressions in CEL need the extra `cel`: pip install 'kcore[cel]'"


Functions: TypeAlias = Mapping[str, Callable[..., Any]]

NO_FUNCTIONS: Functions = MappingProxyType({})


class ExpressionError(KcoreError):
    """An expression that can't be read, or that has no value."""


def is_installed() -> bool:
    """Tell whether the extra is there."""
    return cel is not None


def evaluate(expression: str, values: Mapping[str, Any], functions: Functions = NO_FUNCTIONS) -> Any:
    """Return the value of `expression` where names stand for `values`; ExpressionError when it has none."""
    program = compiled(expression)
    try:
        return program.execute(cel.Context(variables=dict(values), functions=dict(functions)))
    except (ValueError, KeyError, TypeError, RuntimeError, IndexError, ArithmeticError, AttributeError) as error:
        why = f"no such key: {error.args[0]}" if isinstance(error, KeyError) else str(error)
        raise ExpressionError(why) from error


@functools.lru_cache(maxsize=1024)
def compiled(expression: str) -> Any:
    """Return the program of `expression`; ExpressionError where there is none, MisuseError without the extra."""
    if cel is None:
        raise MisuseError(MISSING)
    try:
        return cel.compile(expression)
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise ExpressionError(f"compilation failed: {first}") from error
