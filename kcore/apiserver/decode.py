"""Decoding: from the body of a request to the object it describes, or the 400 that says why not.

Models the decoder of the API server: apiVersion and kind must be those of the endpoint, every value must be of its
field's type; under strict field validation a field that does not exist is refused, else it is dropped. JSON null is an
absent field. A typed body is taken as it is.

Not modelled: other encodings than JSON, and conversion between versions.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from kcore.api.convert import from_wire, to_wire
from kcore.api.fields import check, decode_error
from kcore.api.fields.check import Path, path_text
from kcore.api.fields.nulls import has_null_elements, without_null_elements
from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind, kind_of
from kcore.api.object import ApiObject
from kcore.apiserver.status import Status, bad_request

Unknown: TypeAlias = Callable[[Wire], Iterable[Path]]
"""Where there are fields that a custom resource's schema does not know."""


def _all_known(_: Wire) -> Iterable[Path]:
    return ()


def decode(body: ApiObject | Json | None, kind: Kind, *, strict: bool, unknown: Unknown = _all_known) -> Wire | Status:
    """Return the JSON object of `body` as `kind` has it, the caller's to change."""
    if body is None:
        return bad_request(f"the request has no {kind.kind} in it")
    if isinstance(body, ApiObject):
        return to_wire(body)
    return checked(body.value, kind, strict=strict, unknown=unknown)


def checked(wire: Wire, kind: Kind, *, strict: bool, unknown: Unknown = _all_known) -> Wire | Status:
    """Return `wire` as the decoder leaves it: of this kind, of the right types, without nulls or unknown fields.

    Of a custom resource the fields that its schema does not know, and what is null, are left for its strategy to drop.
    """
    named = (wire.get("apiVersion") or kind.api_version, wire.get("kind") or kind.kind)
    if named[0] != kind.api_version:
        expected = f"does not match the expected API version ({kind.api_version})"
        return bad_request(f"the API version in the data ({named[0]}) {expected}")
    if named[1] != kind.kind:
        return bad_request(f"{named[1]} in version {kind.version!r} cannot be handled as a {kind.kind}")
    problems = check(wire, *named)
    if any(strict or problem.problem != "unknown" for problem in problems):
        return bad_request(decode_error(wire, *named) or "")
    for problem in problems:
        _drop(wire, problem.path)
    unread = [path_text(path) for path in unknown(wire)] if strict else []
    if unread:
        said = ", ".join(f'unknown field "{path}"' for path in sorted(unread))
        handled = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        return bad_request(f"{handled}: strict decoding error: {said}")
    if has_null_elements(wire):
        wire = dict(without_null_elements(wire, *named))
    decoded: Wire = _without_nulls(wire) if kind_of(*named) else _without_nulls_in_metadata(wire)
    return {**decoded, "apiVersion": named[0], "kind": named[1]}


def typed(wire: Wire, kind: Kind) -> ApiObject:
    """Return the object that a decoded `wire` describes."""
    return from_wire(wire, kind=kind)


def _drop(wire: Any, path: Sequence[str | int]) -> None:
    """Delete what `path` leads to."""
    for step in path[:-1]:
        wire = wire[step]
    del wire[path[-1]]


def _without_nulls_in_metadata(wire: Wire) -> Wire:
    return {**wire, "metadata": _without_nulls(wire.get("metadata") or {})}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
