"""evolve: a copy of a frozen value in which some fields differ, at the cost of copying slots; and quick constructors.

What `attrs.evolve` does, for the values that change all the time: objects, stores, machines. Instead of running the
constructor over all fields, the copy is filled as a subclass of the same slots that is not frozen, and then made one
of the frozen class. A class whose constructor does more than take its fields (converters, validators, computed fields)
is evolved by `attrs.evolve`.

To the type checker it is `attrs.evolve`: names and types of the changes are checked alike. `quick` lets a class make
its values in the same way, which takes half as long as the constructor of a frozen attrs class.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

__all__ = ["evolve", "quick"]

T = TypeVar("T")

_FRESH: Any = attrs.Factory
"""The class of defaults that are made anew for each value."""

_HASH = "_attrs_cached_hash"
"""The slot in which attrs remembers a hash; a copy has to find its own."""

if TYPE_CHECKING:
    from attrs import evolve
else:

    def evolve(value: Any, /, **changes: Any) -> Any:
        """Return a copy of `value` with `changes`; TypeError or AttributeError when there is no such field."""
        asked = (value.__class__, *changes)
        evolver = _EVOLVERS.get(asked)
        if evolver is None:
            evolver = _EVOLVERS[asked] = _evolver(*asked)
        return evolver(value, changes)


_EVOLVERS: dict[tuple[Any, ...], Callable[[Any, dict[str, Any]], Any]] = {}
"""What evolves the values of a class, by the class and the names of the fields that change."""


def _source(kept: Iterable[str], changed: Iterable[str], *, hashed: bool) -> str:
    """Return the source of the function that copies the fields `kept` and takes those that are `changed`."""
    lines = ["def evolved(value, changes):", "    copy = new(thawed)"]
    lines += [f"    copy.{name} = value.{name}" for name in kept]
    lines += [f"    copy.{name} = changes['{name}']" for name in changed]
    lines += [f"    copy.{_HASH} = None"] if hashed else []
    lines += ["    copy.__class__ = frozen", "    return copy"]
    return "\n".join(lines)


def _evolver(cls: Any, *changed: str) -> Callable[[Any, dict[str, Any]], Any]:
    """Return the function that evolves values of `cls` in the fields `changed`."""
    names = tuple(field.name for field in attrs.fields(cls))
    if not _is_plain(cls) or not set(changed) <= set(names):
        return lambda value, changes: attrs.evolve(value, **changes)
    kept = (name for name in names if name not in changed)
    found: dict[str, Any] = {"new": object.__new__, "frozen": cls, "thawed": _thawed(cls)}
    exec(_source(kept, changed, hashed=hasattr(cls, _HASH)), found)  # noqa: S102 - as attrs makes its constructors
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


def quick(cls: type[T]) -> type[T]:
    """Return the frozen attrs class `cls` with a constructor of the same signature that fills thawed slots.

    A class whose constructor does more than take its fields keeps its own, as do values of a subclass.
    """
    of: Any = cls
    fields: Sequence[attrs.Attribute[Any]] = attrs.fields(of)
    if not _is_plain(of) or any(isinstance(one.default, _FRESH) for one in fields):
        return cls
    given: Any = of.__init__
    found: dict[str, Any] = {f"default_{one.name}": one.default for one in fields}
    found |= {"given": given, "frozen": cls, "thawed": _thawed(of), "assign": object.__setattr__}
    exec(_constructor(fields, hashed=hasattr(cls, _HASH)), found)  # noqa: S102 - as attrs makes its constructors
    of.__init__ = functools.wraps(given)(found["__init__"])
    return cls


def _constructor(fields: Sequence[attrs.Attribute[Any]], *, hashed: bool) -> str:
    """Return the source of a constructor that takes `fields`."""
    named = [(one, one.name if one.default is attrs.NOTHING else f"{one.name}=default_{one.name}") for one in fields]
    placed = [text for one, text in named if not one.kw_only]
    keyed = [text for one, text in named if one.kw_only]
    parameters = ", ".join(["self", *placed, *(["*"] if keyed else []), *keyed])
    lines = [f"def __init__({parameters}):", "    if self.__class__ is not frozen:"]
    lines += [f"        return given(self, {', '.join(f'{one.name}={one.name}' for one in fields)})"]
    lines += ["    assign(self, '__class__', thawed)"]
    lines += [f"    self.{one.name} = {one.name}" for one in fields]
    lines += [f"    self.{_HASH} = None"] if hashed else []
    return "\n".join([*lines, "    self.__class__ = frozen"])


@functools.cache
def _thawed(cls: Any) -> type:
    """Return a class like `cls`, of the same layout, whose slots can be assigned."""
    assignable = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(cls.__name__, (cls,), {"__slots__": (), "__module__": cls.__module__, **assignable})
