"""Experiment: the parts of a property test of clusters, checked and in order, and the rules that it may use.

Models what is drawn from and what is asked. Budgets of faults are in the state of the cluster.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias, runtime_checkable

import attrs

from kcore.cluster.losses import ASTRAY, RESTART
from kcore.cluster.state import ClusterState
from kcore.errors import MisuseError
from kcore.machine import Kind, Property, Rule
from kcore.machine.property import SAFETY, check_properties
from kcore.model import TOTAL, Model
from kcore.model.faults import FAULTS
from kcore.testing.acts import Act

LAW_KINDS = frozenset({*SAFETY, Kind.STAYS})
QUESTION_KINDS = frozenset({Kind.EVENTUALLY, Kind.ALWAYS, Kind.LEADS_TO})


@runtime_checkable
class Stated(Protocol):
    """Something that states a property, such as an invariant."""

    @property
    def property(self) -> Property[ClusterState]:
        """The property."""


Asked: TypeAlias = Property[ClusterState] | Stated


@attrs.frozen(kw_only=True)
class Experiment:
    """A model, what may happen to a cluster of it, and what is asked.

    `laws` are looked at after every event that changes an object or the world; `questions` when all is mended, within
    `within` ms of virtual time.
    """

    model: Model
    faults: tuple[Rule[ClusterState, Any], ...]
    mends: tuple[Rule[ClusterState, Any], ...]
    acts: tuple[Act, ...]
    laws: tuple[Property[ClusterState], ...]
    questions: tuple[Property[ClusterState], ...]
    within: int


def fault_rules(model: Model, names: Iterable[str]) -> tuple[Rule[ClusterState, Any], ...]:
    """Return the rules of the faults of these names, and of what mends them; MisuseError for an unknown name."""
    wanted = set(names)
    known = {fault.budget or fault.mends for fault in FAULTS} | {*_LOSSES, TOTAL}
    for name in sorted(wanted - known):
        near = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
        raise MisuseError(f"no fault is called {name!r}; {hint}")
    rules = {fault.rule for fault in FAULTS if (fault.budget or fault.mends) in wanted}
    rules |= {rule for name, rule in _LOSSES.items() if name in wanted}
    return tuple(rule for rule in model.table.rules if rule.name in rules)


def mending_rules(model: Model) -> tuple[Rule[ClusterState, Any], ...]:
    """Return the rules that mend what faults broke."""
    rules = {fault.rule for fault in FAULTS if fault.mends}
    return tuple(rule for rule in model.table.rules if rule.name in rules)


def laws_of(asked: Iterable[Asked]) -> tuple[Property[ClusterState], ...]:
    """Return the properties that are looked at on the way; MisuseError for one that no single state can break."""
    return _checked(asked, LAW_KINDS, "a law is looked at in each state; ask it as `eventually=`")


def questions_of(asked: Iterable[Asked]) -> tuple[Property[ClusterState], ...]:
    """Return the properties that are asked at the end; MisuseError for one that has no answer there."""
    return _checked(asked, QUESTION_KINDS, "a question is asked at the end of a run; ask it as one of `laws=`")


def _checked(asked: Iterable[Asked], kinds: frozenset[Kind], why: str) -> tuple[Property[ClusterState], ...]:
    found = check_properties(one if isinstance(one, Property) else one.property for one in asked)
    for one in found:
        if one.kind not in kinds:
            raise MisuseError(f"property {one.name} is of the form {one.kind.value}: {why}")
    return found


_LOSSES = {ASTRAY: "component.lose_call", RESTART: "component.restart_process"}
