"""Properties: what is asked of all runs, each named by a sentence.

Safety (`always`, `never`, `bounded`) is about each state, `sometimes` shows that a check is not vacuous, and liveness
(`eventually`, `leads_to`, `stays`, `converges`) is about fair runs.
A step that changes nothing does not count as a step.

A predicate takes a state and returns a bool, or `Culprits` to say at once that the property is broken and by whom.

Does not model how they are judged: see explore, liveness and walk.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import attrs

from kcore.machine.errors import PropertyError

S = TypeVar("S")


@attrs.frozen(init=False)
class Culprits:
    """`Culprits("two machines run db-0", "n1", "n2")`: why a property is broken, and the things to blame, in order."""

    why: str
    things: tuple[str, ...]

    def __init__(self, why: str, /, *things: str) -> None:
        self.__attrs_init__(why, things)

    def __str__(self) -> str:
        return f"{self.why}: {', '.join(self.things)}" if self.things else self.why


Finding = bool | Culprits
Predicate = Callable[[S], Finding]


class Kind(enum.Enum):
    """The forms of a property."""

    ALWAYS = "always"
    NEVER = "never"
    BOUNDED = "bounded"
    SOMETIMES = "sometimes"
    EVENTUALLY = "eventually"
    LEADS_TO = "leads_to"
    STAYS = "stays"
    CONVERGES = "converges"


SAFETY = frozenset({Kind.ALWAYS, Kind.NEVER, Kind.BOUNDED})
LIVENESS = frozenset({Kind.EVENTUALLY, Kind.LEADS_TO, Kind.STAYS, Kind.CONVERGES})


@attrs.frozen(kw_only=True)
class Property(Generic[S]):
    """One property; made by the functions below.

    `predicate` is the condition (p, or q of `leads_to`), `premise` the p of `leads_to`, `within` a number of steps.
    """

    name: str
    kind: Kind
    predicate: Predicate[S]
    premise: Predicate[S] | None = None
    within: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse at once what can't be meant, by the property's name."""
        if not self.name:
            raise PropertyError(f"property {self.name!r}: a property is named by a sentence")
        for part in (self.predicate, *([] if self.premise is None else [self.premise])):
            if not callable(part):
                raise PropertyError(f"property {self.name}: a predicate must be a function, got {part!r}")
        if self.within is not None and self.within < 1:
            raise PropertyError(f"property {self.name}: within must be at least one step, got {self.within}")

    def holds(self, state: S) -> Finding:
        """Return whether the condition holds in a state: True, False, or the Culprits for its not holding."""
        return self._checked(self.predicate(state))

    def met(self, state: S) -> bool:
        """Return whether the condition holds in a state, culprits or not."""
        return self.holds(state) is True

    def begins(self, state: S) -> bool:
        """Return whether a state starts an obligation: whether the premise holds there."""
        return self.premise is not None and self._checked(self.premise(state)) is True

    def broken(self, state: S) -> Culprits | None:
        """Return None where a safety property holds in a state, else the Culprits (nobody named, where none were)."""
        finding = self.predicate(state)
        if finding is True and self.kind is not Kind.NEVER:
            return None
        self._checked(finding)
        if isinstance(finding, Culprits):
            return finding
        return None if finding is not (self.kind is Kind.NEVER) else Culprits(self._breach())

    def _breach(self) -> str:
        """Return the words for a breach of which the predicate said nothing more."""
        return "the condition held" if self.kind is Kind.NEVER else "the condition did not hold"

    def _checked(self, finding: Finding) -> Finding:
        """Return a predicate's answer; raise PropertyError on anything but a bool or Culprits."""
        if isinstance(finding, bool | Culprits):
            return finding
        raise PropertyError(f"property {self.name}: a predicate returns a bool or Culprits, got {finding!r}")


def always(name: str, predicate: Predicate[S]) -> Property[S]:
    """Return the property that a condition holds in every reachable state."""
    return Property(name=name, kind=Kind.ALWAYS, predicate=predicate)


def never(name: str, predicate: Predicate[S]) -> Property[S]:
    """Return the property that a condition holds in no reachable state."""
    return Property(name=name, kind=Kind.NEVER, predicate=predicate)


def sometimes(name: str, predicate: Predicate[S]) -> Property[S]:
    """Return the property that some reachable state meets a condition."""
    return Property(name=name, kind=Kind.SOMETIMES, predicate=predicate)


def bounded(name: str, count: Callable[[S], int], most: int) -> Property[S]:
    """Return the property that a count is at most `most` in every reachable state."""

    def within_bound(state: S) -> Finding:
        counted = count(state)
        return counted <= most or Culprits(f"counted {counted}, at most {most} allowed")

    return Property(name=name, kind=Kind.BOUNDED, predicate=within_bound)


def eventually(name: str, predicate: Predicate[S], *, within: int | None = None) -> Property[S]:
    """Return the property that every fair run meets a condition, or every run does within a number of steps."""
    return Property(name=name, kind=Kind.EVENTUALLY, predicate=predicate, within=within)


def leads_to(name: str, premise: Predicate[S], predicate: Predicate[S], *, within: int | None = None) -> Property[S]:
    """Return the property that in every fair run each state meeting `premise` is, or is followed by, one meeting
    `predicate`; with `within`, in every run and after at most so many steps.
    """  # noqa: D205 - one sentence
    return Property(name=name, kind=Kind.LEADS_TO, predicate=predicate, premise=premise, within=within)


def stays(name: str, predicate: Predicate[S]) -> Property[S]:
    """Return the property that a condition, once it holds, holds for ever after."""
    return Property(name=name, kind=Kind.STAYS, predicate=predicate)


def converges(name: str, quiet: Predicate[S] | None = None) -> Property[S]:
    """Return the property that every fair run reaches a fixed point: nothing can change any more, or `quiet` holds."""
    return Property(name=name, kind=Kind.CONVERGES, predicate=quiet or _nowhere)


def check_properties(properties: Iterable[Property[S]]) -> tuple[Property[S], ...]:
    """Return the properties; raise PropertyError where two bear one name."""
    properties = tuple(properties)
    names: set[str] = set()
    for each in properties:
        if each.name in names:
            raise PropertyError(f"property {each.name}: this name is given twice")
        names.add(each.name)
    return properties


def _nowhere(_state: object) -> bool:
    """Return False: no state is quiet unless it is said to be."""
    return False
