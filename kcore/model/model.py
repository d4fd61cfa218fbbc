"""Model: the rules and the components as a value; states and traces hold only their names.

One table feeds everything: a simulation takes the first enabled event, a search takes them all, a random walk draws
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from kcore.apiserver.webhook import NO_WEBHOOKS, WebhookFunction
from kcore.client.component import Component, Components
from kcore.cluster.cloud import MachineBooted
from kcore.cluster.events import ClusterEvent
from kcore.cluster.losses import loss_rules
from kcore.cluster.rules import cluster_rules
from kcore.cluster.state import ClusterState
from kcore.errors import MisuseError
from kcore.machine import Refusal, Rule, Step, Table
from kcore.model.components import COMPONENTS
from kcore.model.faults import FaultEvent, fault_rules
from kcore.model.offers import Offered, with_offers, with_total
from kcore.model.recording import recording
from kcore.users.rules import UserEvent, user_rules

Event: TypeAlias = ClusterEvent | MachineBooted | FaultEvent | UserEvent


@attrs.frozen(kw_only=True)
class Model:
    """`components` by family; `moves` are the rules of the cluster itself, `table` also has losses, faults, acts."""

    components: Components
    moves: tuple[Rule[ClusterState, Any], ...]
    table: Table[ClusterState, Event]

    def step(self, state: ClusterState, event: Event) -> Step[ClusterState] | Refusal:
        """Return what `event` makes of `state`, or the refusal of its rule, which changes nothing."""
        return self.table.step(state, event)

    def enabled(self, state: ClusterState) -> tuple[Event, ...]:
        """Return the events that apply to `state`, in the order of the rules."""
        return self.table.enabled(state)

    def next_move(self, state: ClusterState) -> ClusterEvent | None:
        """Return the first event that the cluster makes of itself, None when nothing is ever due again."""
        for rule in self.moves:
            candidates = rule.candidates(state)
            if candidates:
                event: ClusterEvent = candidates[0]
                return event
        return None


def build_model(
    components: Iterable[Component] = COMPONENTS,
    acts: Sequence[Offered] = (),
    webhooks: Mapping[str, WebhookFunction] = NO_WEBHOOKS,
) -> Model:
    """Return the model whose processes are instances of `components`; MisuseError when two share a family.

    `acts` are what people may do in a search; the budget of a state says how often. `webhooks` are what the admission
    webhooks of these names answer; one that is not among them allows everything.
    """
    by_family = Components(webhooks=webhooks)
    for component in components:
        if component.family in by_family:
            message = f"two components are of the family {component.family!r}"
            raise MisuseError(message)
        by_family[component.family] = component
    moves = cluster_rules(by_family)
    rules = (
        *moves,
        *map(with_total, loss_rules(by_family)),
        *fault_rules(by_family),
        *with_offers(user_rules(by_family), acts),
    )
    return Model(components=by_family, moves=moves, table=Table(recording(rules, by_family)))
