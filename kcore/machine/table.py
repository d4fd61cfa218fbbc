"""A table of rules: everything that can happen, in a fixed order.

Edge-triggered: one event, one rule. The same table feeds simulation, exhaustive search, random walks and property
tests. A refused event returns its `Refusal` and changes nothing.

Does not model settling (level-triggered repetition to a fixed point): that is a loop over a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import attrs

from kcore.machine.errors import RuleError
from kcore.machine.note import Step
from kcore.machine.refusal import Refusal
from kcore.machine.rule import Rule

S = TypeVar("S")
E = TypeVar("E")


@attrs.frozen(init=False)
class Table(Generic[S, E]):
    """Rules in order, at most one for each class of event and for each name."""

    rules: tuple[Rule[S, Any], ...]
    _by_event: dict[type, Rule[S, Any]] = attrs.field(repr=False, eq=False)

    def __init__(self, rules: Iterable[Rule[S, Any]]) -> None:
        """Raise RuleError on a duplicate name or on two rules for one event."""
        rules = tuple(rules)
        names: set[str] = set()
        by_event: dict[type, Rule[S, Any]] = {}
        for rule in rules:
            if not isinstance(rule, Rule):
                raise RuleError(f"a table holds rules, got {rule!r}")
            if rule.name in names:
                raise RuleError(f"rule {rule.name}: this name is in the table twice")
            if rule.event in by_event:
                other = by_event[rule.event].name
                raise RuleError(f"rule {rule.name}: its event {rule.event.__name__} already belongs to rule {other}")
            names.add(rule.name)
            by_event[rule.event] = rule
        self.__attrs_init__(rules, by_event)

    def rule_of(self, event: E) -> Rule[S, Any]:
        """Return the rule that answers an event; raise RuleError where there is none."""
        rule = self._by_event.get(type(event))
        if rule is None:
            raise RuleError(f"event {event!r}: no rule in the table answers a {type(event).__name__}")
        return rule

    def step(self, state: S, event: E) -> Step[S] | Refusal:
        """Return the step that an event makes, or the refusal of its rule."""
        rule = self.rule_of(event)
        refusal = rule.refusal(state, event)
        return rule.apply(state, event) if refusal is None else refusal

    def enabled(self, state: S) -> tuple[E, ...]:
        """Return the events that apply, by the order of the rules and of their choices."""
        return tuple(
            event for rule in self.rules for event in rule.candidates(state) if rule.refusal(state, event) is None
        )

    def steps(self, state: S) -> tuple[tuple[E, Step[S]], ...]:
        """Return the enabled events, each with the step that it makes."""
        return tuple((event, self.rule_of(event).apply(state, event)) for event in self.enabled(state))
