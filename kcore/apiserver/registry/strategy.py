"""Strategy: what the API server does specially for one kind, as one record of pure functions.

A kind is a row of KINDS and a strategy here, never a branch in a shared function. All functions but `grace` work on the
wire form (plain JSON dicts), as defaults and validation concern every field, also those without rules; the defaulting
ones change the dict they are given, which the caller owns.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/registry/rest/create.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import attrs

from kcore.api.fields.check import Path
from kcore.api.json import Wire
from kcore.apiserver.apply.shape import Shape
from kcore.apiserver.field import FieldError, FieldErrors, gathered
from kcore.apiserver.validation.meta import object_meta_update


class Allocator(Protocol):
    """What hands out the addresses and ports of Services.

    Both answer with what is granted and "", or with what was wanted and the reason why not.
    """

    def cluster_ip(self, wanted: str) -> tuple[str, str]:
        """Grant the address `wanted`, a free one for ""."""

    def node_port(self, wanted: int, protocol: str) -> tuple[int | str, str]:
        """Grant the port `wanted` for `protocol`, a free one for 0."""


class ScalePaths(NamedTuple):
    """Where an object keeps the size wanted, the size observed and, as text, the selector; () where it does not."""

    spec: tuple[str, ...]
    status: tuple[str, ...]
    selector: tuple[str, ...]


def keep(_: Wire) -> None:
    """Change nothing; as `prepare_create`, take the status that the client sent."""


def _unstamped(_new: Wire, _old: Wire | None, _now: str) -> None:
    """Stamp nothing."""


def _unallocated(_new: Wire, _old: Wire | None, _allocator: Allocator) -> FieldErrors:
    return ()


def _unusual(_new: Any, _old: Any) -> bool:
    return False


def _all_known(_: Wire) -> Iterable[Path]:
    return ()


def _valid(_: Wire) -> FieldErrors:
    return ()


def _valid_status(_new: Wire, _old: Wire) -> FieldErrors:
    return ()


@gathered
def meta_update(new: Wire, old: Wire) -> Iterator[FieldError]:
    """Yield the errors of a change of metadata, which is all that most kinds check beside the new object."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})


@attrs.frozen(kw_only=True)
class Strategy:
    """What one kind does specially.

    - `default(wire)`: fill in defaults, as the versioned defaulting functions do (before admission, on every write).
    - `allocate(new, old, allocator)`: fill in what the server hands out (addresses, ports), `old` None at a create; the
      errors are a 422 of their own, before everything below.
    - `prepare_create(wire)` / `prepare_update(new, old)`: drop or keep what a client may not set (status, …); None
      drops the status, or keeps the old one, of a kind that has the status subresource.
    - `stamp(new, old, now)`: set times of the write itself, `now` as RFC 3339; after `prepare`.
    - `validate(wire)`: the field errors of a new object; `validate_update(new, old)`: those of a change, in addition
      to `validate(new)`; `validate_status(new, old)`: those of a write to the status subresource.
    - `validate_create(wire)`: the field errors of a new object that a change does not have, None for none.
    - `unknown(wire)`: where there are fields that nothing describes, beyond those that the published schema misses.
    - `scale`: where a custom resource keeps its size; None: in `spec.replicas`, as the built-in kinds do.
    - `shape`: how a custom resource is taken apart where fields have managers; None: as the published schema says.
    - `selectable`: the fields that objects may be selected by beside those of their kind.
    - `closed`: why nothing can be created any more, "" where it can.
    - `prepare_delete(obj, now)`: the object whose deletion begins, `now` as RFC 3339.
    - `routine(new, old)`: tells of typed objects that an update changes nothing that defaults, preparation or
      validation have a say in, for kinds that are updated so often that turning them into JSON would be most of the
      work.
    - `check_status(new, old)`: what `validate_status` is, for the typed objects of a kind whose status is written so
      often that turning it into JSON would be most of the work.
    - `spec_fields`: top-level fields whose change raises metadata.generation (those of `has_generation` kinds).
    - `grace(obj, requested)`: the seconds that a delete leaves the typed object, of which `requested` were asked for
      (None: none in particular); a `grace` of None is for kinds that go at once.
    - `status_keeps`: the fields of the metadata (Python names) that a write to the status subresource can't change.
    - `unconditional_update`: an update without a resourceVersion is taken for one of the latest; else it is refused.
    - `create_on_update`: an update of what does not exist creates it.
    - `remember`: what becomes of a body is remembered, as it is made in numbers from bodies alike, and nothing but the
      body decides it (not the uid, not the time).
    - `default_propagation`: what becomes of dependents when a delete does not say: Background, Orphan, or Unsupported.
    - `prepare_status(new, old)`: the typed object that a write to the status subresource makes of `new`.
    """

    kind: str
    default: Callable[[Wire], None] = keep
    allocate: Callable[[Wire, Wire | None, Allocator], FieldErrors] = _unallocated
    prepare_create: Callable[[Wire], None] | None = None
    prepare_update: Callable[[Wire, Wire], None] | None = None
    stamp: Callable[[Wire, Wire | None, str], None] = _unstamped
    validate: Callable[[Wire], FieldErrors] = _valid
    validate_create: Callable[[Wire], FieldErrors] | None = None
    validate_update: Callable[[Wire, Wire], FieldErrors] = meta_update
    validate_status: Callable[[Wire, Wire], FieldErrors] = _valid_status
    routine: Callable[[Any, Any], bool] = _unusual
    check_status: Callable[[Any, Any], FieldErrors] | None = None
    spec_fields: tuple[str, ...] = ("spec",)
    grace: Callable[[Any, int | None], int] | None = None
    status_keeps: tuple[str, ...] = ()
    unconditional_update: bool = True
    create_on_update: bool = False
    remember: bool = False
    default_propagation: str = "Background"
    prepare_status: Callable[[Any, Any], Any] | None = None
    unknown: Callable[[Wire], Iterable[Path]] = _all_known
    scale: ScalePaths | None = None
    shape: Shape | None = None
    selectable: tuple[str, ...] = ()
    closed: str = ""
    prepare_delete: Callable[[Any, str], Any] | None = None
