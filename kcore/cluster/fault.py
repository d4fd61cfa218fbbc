"""Fault: something that breaks, as a record from which a rule is made.

Models a fault as an ordinary rule with a budget and an off-switch in the state: it is offered while its budget lasts. A
scenario or a person may ask for it in any case, as long as it is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import attrs

from kcore.client.component import Components
from kcore.cluster.budget import left, spend
from kcore.cluster.state import ClusterState
from kcore.machine import Note, Refusal, Rule, Step

E = TypeVar("E")


@attrs.frozen(kw_only=True)
class Fault(Generic[E]):
    """One fault, or the mending of one: the `rule`'s name and its functions.

    A fault is offered while its `budget` lasts; what `mends` a fault is offered where that fault has a budget at all.

    `refused(state, event)` says why it can't happen now, None if it can. `effect(state, components, event)` returns the
    state after it. `candidates(state)` are the events to offer, in a fixed order.
    """

    rule: str
    event: type[E]
    budget: str = ""
    mends: str = ""
    refused: Callable[[ClusterState, E], Refusal | None]
    effect: Callable[[ClusterState, Components, E], ClusterState]
    candidates: Callable[[ClusterState], Sequence[E]]

    def to_rule(self, components: Components) -> Rule[ClusterState, Any]:
        """Return the rule of this fault, for a cluster whose processes are instances of `components`."""
        return Rule(
            name=self.rule,
            event=self.event,
            guard=self.refused,
            effect=partial(self._happens, components),
            choices=self._offered,
        )

    def _happens(self, components: Components, state: ClusterState, event: E) -> Step[ClusterState]:
        paid = spend(state, self.budget) if self.budget else state
        return Step(self.effect(paid, components, event), (Note(self.rule, event=str(event)),))

    def _offered(self, state: ClusterState) -> Sequence[E]:
        possible = left(state, self.budget) > 0 if self.budget else self.mends in state.budget
        return self.candidates(state) if possible else ()
