"""Preparing: what becomes of a body before it is stored, and whether it may be.

Models the middle of the pipeline: defaults, admission, allocation, what the kind drops or sets, validation. Of kinds
that are created in numbers from bodies alike, what became of a body is remembered, refusals included: nothing but the
body and the plugins' facts decides it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

import attrs

from kcore.api.convert import to_wire
from kcore.api.evolve import evolve
from kcore.api.interning import intern
from kcore.api.json import Wire
from kcore.api.kinds import Kind
from kcore.api.memo import Memo
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ApiObject
from kcore.api.times import format_time
from kcore.apiserver import admission
from kcore.apiserver.admission import Facts
from kcore.apiserver.allocation import Allocator
from kcore.apiserver.decode import typed
from kcore.apiserver.field import FieldErrors, invalid_status
from kcore.apiserver.meta import generated
from kcore.apiserver.outcome import Operation
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import Minted
from kcore.apiserver.validation.meta import object_meta

REMEMBERED = 4096
"""How many bodies are remembered; the one not asked for longest is forgotten first."""

Born: TypeAlias = Callable[[ObjectMeta], ObjectMeta]
"""Gives metadata the name, uid and time of a new object."""

_INTERNED = Memo(intern, REMEMBERED)
"""A body that is equal to one that is remembered is found as that one."""

_memory: OrderedDict[tuple[ApiObject, Facts], ApiObject | Status] = OrderedDict()


@attrs.frozen
class Prepared:
    """An object ready to be stored, and the counters after what was handed out for it."""

    object: ApiObject
    minted: Minted


def prepared(operation: Operation, body: ApiObject, born: Born) -> Prepared | Status:
    """Return the object that creating `body` stores, or why it may not be."""
    facts = admission.facts(operation, Verb.CREATE, body)
    if not operation.strategy.remember:
        named = evolve(body, metadata=born(body.metadata))
        return _prepare(operation, named, facts)
    known = _remembered(operation, body, facts)
    if isinstance(known, Status):
        return known
    return Prepared(evolve(known, metadata=born(known.metadata)), operation.store.minted)


def _remembered(operation: Operation, body: ApiObject, facts: Facts) -> ApiObject | Status:
    """Return what becomes of `body`, with an example of a name if the name is to be generated."""
    key = (_INTERNED(body), facts)
    known = _memory.get(key)
    if known is not None:
        _memory.move_to_end(key)
        return known
    metadata = body.metadata
    example = evolve(metadata, name=metadata.name or generated(metadata.generate_name, 0))
    made = _prepare(operation, evolve(body, metadata=example if metadata.generate_name else metadata), facts)
    result = _memory[key] = made.object if isinstance(made, Prepared) else made
    if len(_memory) > REMEMBERED:
        _memory.popitem(last=False)
    return result


def _prepare(operation: Operation, body: ApiObject, facts: Facts) -> Prepared | Status:
    kind, strategy = operation.kind, operation.strategy
    wire = to_wire(body)
    strategy.default(wire)
    refusal = admission.mutate(wire, facts)
    if refusal:
        return refusal
    allocator = Allocator(operation.store, operation.context.config)
    refusal = refused(kind, wire, strategy.allocate(wire, None, allocator))
    if refusal:
        return refusal
    if strategy.prepare_create:
        strategy.prepare_create(wire)
    elif "status" in kind.subresources:
        wire.pop("status", None)
    strategy.stamp(wire, None, format_time(operation.context.time))
    errors = strategy.validate(wire)
    if strategy.validate_create:
        errors = (*errors, *strategy.validate_create(wire))
    refusal = refused(kind, wire, errors or generic_errors(kind, wire))
    return refusal or Prepared(typed(wire, kind), allocator.minted)


def generic_errors(kind: Kind, wire: Wire) -> FieldErrors:
    """Return what is wrong with the metadata of an object of any kind; what a kind itself asks for comes first."""
    return tuple(object_meta(wire.get("metadata") or {}, _path_segment, namespaced=kind.namespaced))


def _path_segment(name: str) -> list[str]:
    """Return why `name` can't stand in a path, which every name must be able to."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{part}'" for part in "/%" if part in name]


def refused(kind: Kind, wire: Wire, errors: FieldErrors) -> Status | None:
    """Return the 422 that gathers `errors`, if there are any."""
    return invalid_status(kind, wire["metadata"].get("name", ""), errors) if errors else None
