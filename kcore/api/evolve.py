"""evolve: a copy of a frozen value in which some fields differ, at the cost of copying slots.

What `attrs.evolve` does, for the values that change all the time: objects, stores, machines. Instead of running the
constructor over all fields, the copy is filled as a subclass of the same slots that is not frozen, and then made one
of the frozen class. A class whose constructor does more than take its fields (converters, validators, computed fields)
is evolved by `attrs.evolve`.

To the type checker it is `attrs.evolve`: names and types of the changes are checked alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["evolve"]

_HASH = "_attrs_cached_hash"
"""The slot in which attrs remembers a hash; a copy has to find its own."""

if TYPE_CHECKING:
    from attrs import evolve
else:

    def evolve(value: Any, /, **changes: Any) -> Any:
        """Return a copy of `value` with `changes`; TypeError or AttributeError when there is no such field."""
        return _evolver(type(value))(value, changes)


def _source(names: tuple[str, ...], *, hashed: bool) -> str:
    """Return the source of the function that copies the fields `names` and makes the changes."""
    lines = ["def evolved(value, changes):", "    copy = new(thawed)"]
    lines += [f"    copy.{name} = value.{name}" for name in names]
    lines += [f"    copy.{_HASH} = None"] if hashed else []
    lines += ["    for name in changes:", "        assign(copy, name, changes[name])"]
    lines += ["    copy.__class__ = frozen", "    return copy"]
    return "\n".join(lines)


@functools.cache
def _evolver(cls: Any) -> Callable[[Any, dict[str, Any]], Any]:
    """Return the function that evolves values of `cls`."""
    if not _is_plain(cls):
        return lambda value, changes: attrs.evolve(value, **changes)
    names = tuple(field.name for field in attrs.fields(cls))
    found: dict[str, Any] = {"new": object.__new__, "assign": setattr, "frozen": cls, "thawed": _thawed(cls)}
    exec(_source(names, hashed=hasattr(cls, _HASH)), found)  # noqa: S102 - as attrs makes its constructors
    evolved: Callable[[Any, dict[str, Any]], Any] = found["evolved"]
    return evolved


def _is_plain(cls: Any) -> bool:
    """Tell whether the constructor of `cls` only puts its arguments into slots of their names."""
    fields = attrs.fields(cls)
    names = {field.name for field in fields}
    return (
        not cls.__dictoffset__
        and not hasattr(cls, "__attrs_pre_init__")
        and not hasattr(cls, "__attrs_post_init__")
        and all(field.init and field.alias == field.name for field in fields)
        and all(field.converter is None and field.validator is None for field in fields)
        and names >= set(cls.__slots__) - {_HASH, "__weakref__"}
    )


def _thawed(cls: Any) -> type:
    """Return a class like `cls`, of the same layout, whose slots can be assigned."""
    assignable = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), {"__slots__": (), "__module__": cls.__module__, **assignable})
