"""Status: how the API server says no, as a value.

Models code, reason, message, causes and the seconds after which to try again, as `metav1.Status` has them. Constructors
are named as upstream's (`NewNotFound` is `not_found`), so that a refusal has one spelling everywhere.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go
"""

from __future__ import annotations

import attrs

from kcore.api.kinds import Kind


@attrs.frozen(kw_only=True)
class Cause:
    """One cause of a refusal: `reason` (FieldValueInvalid, DisruptionBudget, …), the `field` path and a sentence."""

    reason: str
    field: str = ""
    message: str = ""


@attrs.frozen(kw_only=True)
class Status:
    """A refusal: HTTP `code`, `reason` (NotFound, Conflict, …), `message`, `causes`, seconds until a retry may help."""

    code: int
    reason: str
    message: str
    causes: tuple[Cause, ...] = ()
    retry_after_seconds: int = 0


def not_found(kind: Kind, name: str) -> Status:
    """Return 404: there is no such object."""
    return Status(code=404, reason="NotFound", message=f'{kind.resource} "{name}" not found')


def already_exists(kind: Kind, name: str) -> Status:
    """Return 409: there is an object of that name."""
    return Status(code=409, reason="AlreadyExists", message=f'{kind.resource} "{name}" already exists')


def conflict(kind: Kind, name: str, why: str) -> Status:
    """Return 409: the object is not as the request takes it to be."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Status(code=409, reason="Conflict", message=message)


def bad_request(message: str) -> Status:
    """Return 400: the request can't be understood."""
    return Status(code=400, reason="BadRequest", message=message)


def forbidden(kind: Kind, name: str, why: str) -> Status:
    """Return 403: an admission plugin refuses."""
    return Status(code=403, reason="Forbidden", message=f'{kind.resource} "{name}" is forbidden: {why}')


def method_not_allowed(kind: Kind, verb: str) -> Status:
    """Return 405: the resource does not have the verb."""
    message = f"{verb} is not supported on resources of kind {kind.resource!r}"
    return Status(code=405, reason="MethodNotAllowed", message=message)


def expired(message: str) -> Status:
    """Return 410: the revision asked for is compacted away."""
    return Status(code=410, reason="Expired", message=message)


def too_large_version(asked: int, now: int) -> Status:
    """Return 504: the revision asked for is yet to come."""
    cause = Cause(reason="ResourceVersionTooLarge", message="Too large resource version")
    message = f"Timeout: Too large resource version: {asked}, current: {now}"
    return Status(code=504, reason="Timeout", message=message, causes=(cause,), retry_after_seconds=1)


def too_many_requests(message: str, retry_after_seconds: int, causes: tuple[Cause, ...] = ()) -> Status:
    """Return 429: try again later."""
    return Status(
        code=429,
        reason="TooManyRequests",
        message=message,
        causes=causes,
        retry_after_seconds=retry_after_seconds,
    )


def name_mismatch(what: str, named: str, asked: str) -> Status:
    """Return 400: the object names itself otherwise than the request does."""
    return bad_request(f"the {what} of the object ({named}) does not match the {what} on the URL ({asked})")


NO_SUCH_RESOURCE = "the server could not find the requested resource"


def no_such_resource(asked: str) -> Status:
    """Return 404: nothing is served under this kind or subresource."""
    return Status(code=404, reason="NotFound", message=f"{NO_SUCH_RESOURCE}: {asked}")


def internal_error(message: str) -> Status:
    """Return 500: the server met what it has no answer for."""
    return Status(code=500, reason="InternalError", message=f"Internal error occurred: {message}")


def failure(message: str) -> Status:
    """Return 500 without a reason: an error that upstream passes on as it is."""
    return Status(code=500, reason="", message=message)


def unsupported_media_type(message: str) -> Status:
    """Return 415: the body is of a type that the resource does not take."""
    return Status(code=415, reason="UnsupportedMediaType", message=message)
