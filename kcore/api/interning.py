"""Interning: one object for each value, so that equal parts are shared and identity answers most comparisons.

Models a pool of the structs and maps in use, whole objects and all their parts. Nothing is kept alive by it: a value
leaves the pool when nobody else holds it.

Not interned: tuples, which have no weak references; they are rebuilt of interned elements, which compare by identity.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

import attrs

from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.struct import Struct

S = TypeVar("S", bound=Struct)


def intern(struct: S) -> S:
    """Return the one object that stands for the value of `struct`, its parts interned too."""
    interned: S = _pooled(struct, _rebuilt)
    return interned


def _pooled(value: Any, rebuild: Callable[[Any], Any]) -> Any:
    """Return the pool's object for `value`; where there is none, `rebuild(value)` becomes it."""
    known = _POOL.get(value)
    pooled = known() if known else None
    if pooled is None:
        pooled = rebuild(value)
        _POOL[pooled] = ref(pooled)
    return pooled


def _rebuilt(struct: Struct) -> Struct:
    """Return `struct` with interned parts: itself if they are already."""
    changed = {}
    cls: Any = type(struct)
    for name in _part_names(cls):
        part = getattr(struct, name)
        interned = _interned(part)
        if interned is not part:
            changed[name] = interned
    return evolve(struct, **changed) if changed else struct


def _interned(part: Any) -> Any:
    """Return an attribute's value, interned as far as it can be."""
    if isinstance(part, Struct):
        return intern(part)
    if isinstance(part, FrozenMap):
        return _pooled(part, _itself)
    if isinstance(part, tuple):
        elements = tuple([_interned(element) for element in part])
        return part if all(map(operator.is_, elements, part)) else elements
    return part


def _itself(value: Any) -> Any:
    return value


@functools.cache
def _part_names(cls: Any) -> tuple[str, ...]:
    """Return the attributes of `cls`."""
    return tuple(field.name for field in attrs.fields(cls))


_POOL: WeakKeyDictionary[Any, ref[Any]] = WeakKeyDictionary()
