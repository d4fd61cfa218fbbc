"""Sites: which moves are remembered together.

A site stands for one process (a resource manager, a controller's key): the events it may take next, of several rules.
What it offers is remembered by what its guards and effects read, so a site should read little and know its events
without looking far. Together the sites of a system offer exactly the events that its table enables; an audit holds it.

Does not model scheduling: every site may move in every state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import attrs

from kcore.machine.cells import CellState, Layout
from kcore.machine.errors import RuleError
from kcore.machine.refusal import Refusal
from kcore.machine.remember import Recorder
from kcore.machine.system import Move
from kcore.machine.table import Table
from kcore.machine.view import View

E = TypeVar("E")

Patch = tuple[tuple[int, int], ...]
"""The writes of a move: (slot, id) by slot."""
Weigh = Callable[[int, int], int]
"""What an id adds to a fingerprint in a slot."""


@attrs.frozen
class Site(Generic[E]):
    """A name for messages, and the events to try in a state, in order; reading the state is recorded."""

    name: str
    choices: Callable[[CellState], Sequence[E]]


def site_per_rule(table: Table[CellState, E]) -> tuple[Site[E], ...]:
    """Return one site for each rule with its own choices: right for every table, fast where rules read little."""
    return tuple(Site(rule.name, rule.choices) for rule in table.rules)


@attrs.frozen
class SiteRunner(Generic[E]):
    """Computes what sites offer: a table, the layout of its states and the weights of their fingerprint."""

    table: Table[CellState, E]
    layout: Layout
    weigh: Weigh

    def moves(self, site: Site[E], recorder: Recorder) -> tuple[Move[E, Patch], ...]:
        """Return the moves that change the state which a recorder reads, in order."""
        view = View(self.layout, recorder)
        answered = ((event, self.table.step(view, event)) for event in site.choices(view))
        moves = (
            (event, self._changed(event, step.state, recorder).changes())
            for event, step in answered
            if not isinstance(step, Refusal)
        )
        return tuple((self._delta(changes), event, _patch(changes)) for event, changes in moves if changes)

    def enabled(self, site: Site[E], recorder: Recorder) -> tuple[E, ...]:
        """Return the events that a site offers and the table accepts, those that change nothing among them."""
        view = View(self.layout, recorder)
        return tuple(e for e in site.choices(view) if self.table.rule_of(e).refusal(view, e) is None)

    def _changed(self, event: E, state: CellState, recorder: Recorder) -> View:
        """Return an effect's state; raise RuleError where it was not made from the one that the effect was given."""
        if isinstance(state, View) and state.recorder is recorder:
            return state
        raise RuleError(f"rule {self.table.rule_of(event).name}: effect must return the state it was given, written to")

    def _delta(self, changes: tuple[tuple[int, int, int], ...]) -> int:
        """Return by how much writes change the fingerprint."""
        return sum(self.weigh(slot, after) - self.weigh(slot, before) for slot, before, after in changes)


def _patch(changes: tuple[tuple[int, int, int], ...]) -> Patch:
    """Return the writes without what was there before."""
    return tuple((slot, after) for slot, _before, after in changes)
