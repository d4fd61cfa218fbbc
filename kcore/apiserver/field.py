"""Field errors: what validation finds wrong with an object, path by path.

Models the error types of upstream's field package with their reasons and texts, and the 422 that gathers them. A check
is a generator of errors; `gathered` turns one into the function that a strategy holds. Values are shown as JSON, as the
wire has them, where upstream shows some as its internal structs.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
"""

from __future__ import annotations

import enum
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ParamSpec, TypeAlias

import attrs

from kcore.api.kinds import Kind
from kcore.apiserver.status import Cause, Status


class ErrorType(enum.Enum):
    """The kinds of field error; the value is the reason that a cause carries."""

    REQUIRED = "FieldValueRequired"
    INVALID = "FieldValueInvalid"
    NOT_SUPPORTED = "FieldValueNotSupported"
    DUPLICATE = "FieldValueDuplicate"
    FORBIDDEN = "FieldValueForbidden"
    NOT_FOUND = "FieldValueNotFound"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"
    TYPE_INVALID = "FieldValueTypeInvalid"


@attrs.frozen
class FieldError:
    """One fault: its type, the `path` ("spec.ports[0].port"), the `value` found (JSON) and a `detail`."""

    type: ErrorType
    path: str
    value: object = None
    detail: str = ""

    def __str__(self) -> str:
        """Return the fault as messages word it: "spec.replicas: Invalid value: -1: must be greater than …"."""
        text = _WORDS[self.type]
        if self.type not in _VALUELESS:
            text += f": {json.dumps(self.value, separators=(',', ':'), ensure_ascii=False)}"
        if self.detail:
            text += f": {self.detail}"
        return f"{self.path}: {text}"


FieldErrors: TypeAlias = Sequence[FieldError]
Errors: TypeAlias = Iterator[FieldError]

_Check = ParamSpec("_Check")


def gathered(check: Callable[_Check, Iterable[FieldError]]) -> Callable[_Check, FieldErrors]:
    """Turn a generator of errors into a function that returns them all, for the fields of a Strategy."""

    @functools.wraps(check)
    def run(*args: _Check.args, **kwargs: _Check.kwargs) -> FieldErrors:
        return tuple(check(*args, **kwargs))

    return run


def required(path: str, detail: str = "") -> FieldError:
    """Return the error of a value that is missing or empty."""
    return FieldError(ErrorType.REQUIRED, path, "", detail)


def invalid(path: str, value: object, detail: str) -> FieldError:
    """Return the error of a malformed value."""
    return FieldError(ErrorType.INVALID, path, value, detail)


def invalid_each(path: str, value: object, details: Iterable[str]) -> Errors:
    """Yield an `invalid` for each of `details`, what a check of a name or a number has to say of `value`."""
    for detail in details:
        yield invalid(path, value, detail)


def not_supported(path: str, value: object, supported: Iterable[str]) -> FieldError:
    """Return the error of a value outside an enumeration, whose values are named in the order given."""
    quoted = ", ".join(json.dumps(one) for one in supported)
    return FieldError(ErrorType.NOT_SUPPORTED, path, value, f"supported values: {quoted}" if quoted else "")


def duplicate(path: str, value: object, detail: str = "") -> FieldError:
    """Return the error of a value that must be unique and is not."""
    return FieldError(ErrorType.DUPLICATE, path, value, detail)


def forbidden(path: str, detail: str) -> FieldError:
    """Return the error of a well-formed value that may not be set here or now."""
    return FieldError(ErrorType.FORBIDDEN, path, "", detail)


def not_found(path: str, value: object, detail: str = "") -> FieldError:
    """Return the error of a name that refers to nothing."""
    return FieldError(ErrorType.NOT_FOUND, path, value, detail)


def too_long(path: str, limit: int) -> FieldError:
    """Return the error of a value of more than `limit` bytes; the value itself is not shown."""
    return FieldError(ErrorType.TOO_LONG, path, "", f"may not be more than {limit} bytes")


def too_many(path: str, count: int, limit: int) -> FieldError:
    """Return the error of a list of `count` items where at most `limit` are allowed."""
    return FieldError(ErrorType.TOO_MANY, path, count, f"must have at most {limit} {'item' if limit == 1 else 'items'}")


def immutable(path: str, new: object, old: object) -> Errors:
    """Yield an error when `new` is not `old`; absent and empty are one."""
    if (new or old) and new != old:
        yield invalid(path, new, "field is immutable")


def invalid_status(kind: Kind, name: str, errors: FieldErrors) -> Status:
    """Return the 422 that gathers `errors`."""
    qualified = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    texts = list(dict.fromkeys(str(error) for error in errors))
    summary = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = tuple(
        Cause(reason=error.type.value, field=error.path, message=str(error).removeprefix(f"{error.path}: "))
        for error in errors
    )
    return Status(code=422, reason="Invalid", message=f'{qualified} "{name}" is invalid: {summary}', causes=causes)


_WORDS = {
    ErrorType.REQUIRED: "Required value",
    ErrorType.INVALID: "Invalid value",
    ErrorType.NOT_SUPPORTED: "Unsupported value",
    ErrorType.DUPLICATE: "Duplicate value",
    ErrorType.FORBIDDEN: "Forbidden",
    ErrorType.NOT_FOUND: "Not found",
    ErrorType.TOO_LONG: "Too long",
    ErrorType.TOO_MANY: "Too many",
    ErrorType.TYPE_INVALID: "Invalid value",
}
_VALUELESS = frozenset({ErrorType.REQUIRED, ErrorType.FORBIDDEN, ErrorType.TOO_LONG})
