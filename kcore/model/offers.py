"""Offers: what people may do in a search, and how often; and the bound on the sum of all faults.

Models an act as something that may happen, as a fault may: with a budget in the state, by the name of the offer. An act
that nobody offered, or of which the budget is spent, happens all the same when a person or a trace asks for it.

The budget `total`, where a state has one, bounds the sum of the faults that are offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias

import attrs

from kcore.cluster.budget import left, spend
from kcore.cluster.state import ClusterState
from kcore.machine import Rule, Step
from kcore.users.rules import UserEvent

TOTAL = "total"
"""The budget that bounds the sum of the faults."""

Events: TypeAlias = Callable[[ClusterState], Sequence[UserEvent]]
"""The events that an offer comes to in a state, in a fixed order."""


@attrs.frozen(kw_only=True)
class Offered:
    """An act that people may do while the budget `name` lasts: `events`, all of the class `event`."""

    name: str
    event: type[UserEvent]
    events: Events


def offer(name: str, *events: UserEvent) -> Offered:
    """Return the offer of one of `events`, which are of one class."""
    return Offered(name=name, event=type(events[0]), events=lambda _: events)


def with_offers(rules: Iterable[Rule[ClusterState, Any]], offers: Sequence[Offered]) -> list[Rule[ClusterState, Any]]:
    """Return the rules of acts, those that are offered with choices and a budget."""
    return [_with_offers(rule, tuple(one for one in offers if one.event is rule.event)) for rule in rules]


def with_total(rule: Rule[ClusterState, Any]) -> Rule[ClusterState, Any]:
    """Return the rule of a fault that also draws on the budget TOTAL, where there is one."""
    return attrs.evolve(rule, choices=partial(_bounded, rule), effect=partial(_counted, rule))


def _bounded(rule: Rule[ClusterState, Any], state: ClusterState) -> Sequence[Any]:
    return () if TOTAL in state.budget and not left(state, TOTAL) else rule.choices(state)


def _counted(rule: Rule[ClusterState, Any], state: ClusterState, event: object) -> Step[ClusterState]:
    step: Step[ClusterState] = rule.effect(state, event)
    return Step(spend(step.state, TOTAL), step.notes)


def _with_offers(rule: Rule[ClusterState, Any], offers: tuple[Offered, ...]) -> Rule[ClusterState, Any]:
    if not offers:
        return rule
    return attrs.evolve(rule, choices=partial(_offered, offers), effect=partial(_paid, rule, offers))


def _offered(offers: tuple[Offered, ...], state: ClusterState) -> list[UserEvent]:
    return [event for one in offers if left(state, one.name) for event in one.events(state)]


def _paid(
    rule: Rule[ClusterState, Any], offers: tuple[Offered, ...], state: ClusterState, event: UserEvent
) -> Step[ClusterState]:
    paying = next((one for one in offers if left(state, one.name) and event in one.events(state)), None)
    step: Step[ClusterState] = rule.effect(state, event)
    return step if paying is None else Step(spend(step.state, paying.name), step.notes)
