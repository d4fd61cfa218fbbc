"""Passages: what a cluster does of itself between two moments at which something else could happen.

Models a prompt run, in which one event at most is due at a time: where nobody else may act, the states on the way are
passed through. They are judged, and a passage ends at one that decides a question; otherwise they are not kept. A
passage ends where somebody may act, and where time is about to pass, or goes on over that as long as nobody may act
before the cluster has settled again.

When somebody may act is for the search to say: at any time, or when the cluster has settled. It has when nothing but
time is due and no object has changed for exactly `QUIET`: once after each disturbance, not again and again while there
is nothing new. Leases and events do not count.

Not modelled: passages of other timings, in which several things can happen at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from kcore.cluster.clock import idle
from kcore.cluster.events import TimePassed
from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.machine import Refusal
from kcore.model.model import Event, Model

QUIET = 2_000
"""How long (ms) no object has changed when a cluster has settled."""

REST = 660_000
"""After so many ms without anything to do for others a passage ends: no back-off lasts as long."""


@attrs.frozen
class Passage:
    """Events that follow one another with nothing else to happen between them."""

    events: tuple[Event, ...]


@attrs.frozen(kw_only=True)
class Passenger:
    """Who takes a cluster through what it does of itself; others act when it is `settled` only, if so asked."""

    model: Model
    settled: bool = False

    def events(self, state: ClusterState) -> list[Event]:
        """Return what may happen in `state`: what the cluster does of itself, then what others do."""
        return [*self.own(state), *self.others(state)]

    def own(self, state: ClusterState) -> list[Event]:
        """Return what the cluster may do of itself; its clock stops where it has settled."""
        found = [event for rule in self.model.moves for event in rule.candidates(state)]
        quiet = state.last_change + QUIET
        if not self.settled or state.now >= quiet or not idle(state):
            return found
        due = [event.until for event in found if isinstance(event, TimePassed)]
        return found if due and due[0] <= quiet else [TimePassed(quiet)]

    def others(self, state: ClusterState) -> list[Event]:
        """Return what others may do: faults and people."""
        if self.settled and not is_settled(state):
            return []
        table = self.model.table
        others = table.rules[len(self.model.moves) :]
        return [event for rule in others for event in rule.candidates(state) if rule.refusal(state, event) is None]

    def step(self, state: ClusterState, event: Event) -> ClusterState:
        """Return the state after an event that may happen."""
        step = self.model.table.step(state, event)
        assert not isinstance(step, Refusal), step  # noqa: S101 - it was offered
        return step.state

    def next(self, state: ClusterState, begun: int) -> Event | None:
        """Return what happens in `state` if it is passed through by who set out at `begun`; None where that ends."""
        if state.timing is not Timing.PROMPT:
            return None
        if self.settled:
            if is_settled(state) or (state.now >= begun + REST and idle(state)):
                return None
        elif idle(state) or self.others(state):
            return None
        own: Sequence[Event] = self.own(state)
        return own[0] if own else None


def is_settled(state: ClusterState) -> bool:
    """Tell whether the cluster has just settled."""
    return state.now - state.last_change == QUIET and idle(state)
