"""Asked: a property as a file states it, which is a value, and the property that the searches take.

A condition is that of an invariant, by its name, or an expression in CEL with a name of its own, or one of the standing
questions about an object. The form says what is asked of it: that it holds always, never, sometimes, at last, and so
on.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeAlias

import attrs

from kcore.cluster.state import ClusterState
from kcore.errors import InputError
from kcore.invariants.table import INVARIANTS
from kcore.machine import Finding, Kind, Property
from kcore.verify.cel import condition as cel_condition
from kcore.verify.conditions import CONDITIONS

Condition: TypeAlias = Callable[[ClusterState], Finding]


@attrs.frozen(kw_only=True)
class Statement:
    """A condition: the name of an invariant, or `cel` with a name, or a standing condition `about` an object."""

    name: str
    cel: str = ""
    about: str = ""

    def condition(self) -> Condition:
        """Return the predicate; InputError where there is no such condition or the expression can't be read."""
        if self.cel:
            return cel_condition(self.cel)
        if self.about:
            return CONDITIONS[self.name](self.about)
        return invariant_named(self.name).predicate


@attrs.frozen(kw_only=True)
class Asked:
    """A property: its form, its condition and, for `leads_to`, its premise; `within` is ms of virtual time."""

    form: Kind
    condition: Statement
    premise: Statement | None = None
    within: int | None = None

    @property
    def name(self) -> str:
        """The name of the property."""
        about = f" ({self.condition.about})" if self.condition.about else ""
        return f"{self.condition.name}{about}"

    def to_property(self) -> Property[ClusterState]:
        """Return the property without its bound in virtual time, of which the machine knows nothing."""
        premise = None if self.premise is None else self.premise.condition()
        condition = self.condition.condition()
        predicate = _plain(condition) if self.form is Kind.NEVER else condition
        return Property(name=self.name, kind=self.form, predicate=predicate, premise=premise)


def _plain(condition: Condition) -> Condition:
    """Return the condition without culprits: what never holds has none where it does not."""
    return lambda state: condition(state) is True


def invariant_named(name: str) -> Property[ClusterState]:
    """Return the property of the invariant of this name; InputError with the nearest name where there is none."""
    found = INVARIANTS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, sorted(INVARIANTS), n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        raise InputError(f"no property is called {name!r}", expected="the name of an invariant", hint=hint)
    return found.property
