"""Run: one path through a model under test, event by event, with its trace and the first property that it breaks.

Models what a person at the keys of time can do: let one event happen, let the cluster make so many moves, let time
pass, let it settle, mend everything. Laws are looked at after each event that changes an object (leases and events do
not count) or the world, and once more before time passes, so that a run stops at the very state that breaks one.

Not modelled: who decides what happens next; that is drawn by Hypothesis, or by anybody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from kcore.apiserver.store import Store
from kcore.cluster.asking import QUIET_KINDS
from kcore.cluster.clock import idle, next_event_time
from kcore.cluster.events import TimePassed
from kcore.cluster.state import ClusterState
from kcore.errors import KcoreError
from kcore.machine import Culprits, Kind, Property, Refusal, Rule, Seed, Start, Trace, collection_frozen
from kcore.model import UnsettledError
from kcore.model.model import Event
from kcore.testing.acts import Act
from kcore.testing.experiment import Experiment

MOST_EVENTS = 100_000
"""How many events one move of time may take before somebody is said to run in circles."""

QUIET = 2_000
"""For so long (ms) no object changes before a cluster counts as settled."""

PATIENCE = 2
"""After so many waits in which nobody did anything, and no fault happened, a longer one shows little."""

SETTLE_LIMIT = 60_000
"""For so long (ms) at most a cluster is waited for to settle."""


@attrs.frozen(kw_only=True)
class Breach:
    """A property that a run broke, and who is to blame."""

    property: Property[ClusterState]
    culprits: Culprits


class ClusterRun:
    """A run of `experiment` from `state`, which `start` names; `breach` is set once and ends it.

    `happened` counts the events that were chosen, by rule, and `moves` those that the cluster made of itself.
    """

    def __init__(self, experiment: Experiment, state: ClusterState, start: Start) -> None:
        """Begin at `state`, and look at the laws there."""
        self.experiment = experiment
        self.state = state
        self.start = start
        self.events: list[Event] = []
        self.breach: Breach | None = None
        self.error_at: Event | None = None
        self.happened: Counter[str] = Counter()
        self.moves = 0
        self.settled = 0
        self._table = experiment.model.table
        self._offers: dict[str, Sequence[Event]] = {}
        self._held: dict[str, bool] = {}
        self._owed: set[str] = set()
        self._unseen_calm = False
        self._waits = 0
        self.look()

    @property
    def trace(self) -> Trace[Event]:
        """The run so far."""
        return Trace(start=self.start, events=tuple(self.events))

    def breaks(self, asked: Property[ClusterState]) -> bool:
        """Tell whether this is the property that the run broke."""
        return self.breach is not None and self.breach.property is asked

    def offered(self, rule: Rule[ClusterState, Any]) -> Sequence[Event]:
        """Return the events of a rule that apply now, in its order."""
        found = self._offers.get(rule.name)
        if found is None:
            state = self.state
            found = [event for event in rule.candidates(state) if rule.refusal(state, event) is None]
            self._offers[rule.name] = found
        return found

    def offered_acts(self, act: Act) -> Sequence[Event]:
        """Return the events of an act that apply now; none once it has happened as often as it may."""
        if act.most is not None and self.happened[act.name] >= act.most:
            return ()
        found = self._offers.get(act.name)
        if found is None:
            table, state = self._table, self.state
            found = [event for event in act.events(state) if table.rule_of(event).refusal(state, event) is None]
            self._offers[act.name] = found
        return found

    def offered_moves(self) -> Sequence[Event]:
        """Return what the cluster may do of itself next."""
        return [event for rule in self.experiment.model.moves for event in self.offered(rule)]

    def choose(self, name: str, event: Event) -> None:
        """Let an event happen that somebody chose, under the name of its rule or act."""
        self.happened[name] += 1
        self._waits = 0
        self._happens(event)
        self.look()

    def advance_moves(self, count: int, order: int = 0) -> None:
        """Let the cluster make `count` moves of itself: in its own order for 0, else in the `order`-th random one.

        A cluster that is quiet makes none: the next thing is due in QUIET ms or later, and that takes waiting.
        """
        seed = Seed(order)
        with collection_frozen():
            for _ in range(count):
                if self.breach or self.quiet:
                    return
                if order:
                    moves = self.offered_moves()
                    drawn, seed = seed.below(len(moves)) if moves else (0, seed)
                    event: Event | None = moves[drawn] if moves else None
                else:
                    event = self.experiment.model.next_move(self.state)
                if event is None:
                    break
                self._move(event)
        self.look()

    @property
    def quiet(self) -> bool:
        """Whether nothing is due for a while."""
        due = next_event_time(self.state)
        return due is None or due - self.state.now >= QUIET

    @property
    def patient(self) -> bool:
        """Whether a long wait may show something new: there were at most PATIENCE since somebody chose an event."""
        return self._waits < PATIENCE

    def wait(self, duration: int) -> None:
        """Let `duration` ms pass, with all that is due meanwhile."""
        self._waits += 1
        end = self.state.now + duration
        self._until(lambda: end)

    def settle(self, limit: int = SETTLE_LIMIT) -> None:
        """Let the cluster run until it is quiet, for `limit` ms at most."""
        begun = self.state.now
        self._until(lambda: min(max(self.state.last_change, begun) + QUIET, begun + limit))
        self.settled += self.state.now >= max(self.state.last_change, begun) + QUIET

    def finish(self) -> None:
        """Mend everything, let the cluster settle, and ask the questions: each has to come true in time."""
        questions = self.experiment.questions
        if self.breach or not questions:
            return
        self._mend()
        self.settle()
        end = self.state.now + self.experiment.within
        open_questions = list(questions)

        def answered() -> bool:
            open_questions[:] = [one for one in open_questions if not self._answered(one)]
            return not open_questions

        self._until(lambda: end, answered)
        if open_questions and not self.breach:
            self.breach = Breach(property=open_questions[0], culprits=_why(open_questions[0], self.state))

    def look(self) -> None:
        """Hold the laws against the state; the first that is broken ends the run."""
        state = self.state
        for one in self.experiment.questions:
            self._note_premise(one, state)
        for law in self.experiment.laws:
            culprits = self._undone(law) if law.kind is Kind.STAYS else law.broken(state)
            if culprits is not None and self.breach is None:
                self.breach = Breach(property=law, culprits=culprits)

    def _undone(self, law: Property[ClusterState]) -> Culprits | None:
        """Return how a state undoes what has to stay."""
        before, now = self._held.get(law.name, False), law.met(self.state)
        self._held[law.name] = now
        return Culprits("the condition held and then did not") if before and not now else None

    def _note_premise(self, question: Property[ClusterState], state: ClusterState) -> None:
        """Remember whether a `leads_to` is owed."""
        if question.kind is not Kind.LEADS_TO:
            return
        if question.met(state):
            self._owed.discard(question.name)
        elif question.begins(state):
            self._owed.add(question.name)

    def _answered(self, question: Property[ClusterState]) -> bool:
        if question.kind is Kind.LEADS_TO:
            return question.name not in self._owed
        return question.met(self.state)

    def _mend(self) -> None:
        """Mend whatever faults broke, and let people undo what they promised to undo."""
        for rule in self.experiment.mends:
            while not self.breach and (events := self.offered(rule)):
                self.choose(rule.name, events[0])
        for act in self.experiment.acts:
            while act.at_end and not self.breach and (events := self.offered_acts(act)):
                self.choose(act.name, events[0])

    def _until(self, end: Callable[[], int], enough: Callable[[], bool] | None = None) -> None:
        """Let happen what is due until the clock would pass `end()`, a law is broken, or it is `enough`."""
        events = len(self.events)
        with collection_frozen():
            while self.breach is None and not (enough is not None and enough()):
                event = self.experiment.model.next_move(self.state)
                stop = end()
                if event is None or (isinstance(event, TimePassed) and event.until > stop):
                    if self.state.now < stop and idle(self.state):
                        self._move(TimePassed(stop))
                    break
                if len(self.events) - events >= MOST_EVENTS:
                    raise UnsettledError(MOST_EVENTS, ())
                self._move(event)
        if self.breach is None:
            self.look()

    def _move(self, event: Event) -> None:
        """Make one move of the cluster; look at the laws if it changed something, and once more before time passes."""
        if self._unseen_calm and isinstance(event, TimePassed):
            self._unseen_calm = False
            self.look()
            if self.breach:
                return
        before = self.state
        self._happens(event)
        self.moves += 1
        if self.state.world is not before.world or _objects_changed(before.store, self.state.store):
            self._unseen_calm = True
            self.look()

    def _happens(self, event: Event) -> None:
        self.error_at = event
        step = self._table.step(self.state, event)
        if isinstance(step, Refusal):
            raise KcoreError(str(step))
        self.error_at = None
        self.events.append(event)
        if step.state is not self.state:
            self._offers = {}
            self.state = step.state


def _objects_changed(before: Store, after: Store) -> bool:
    """Tell whether anything but leases and events changed between two stores."""
    if after is before:
        return False
    changes = after.changes_since(before.revision)
    return changes is None or any(change.key.kind not in QUIET_KINDS for change in changes)


def _why(question: Property[ClusterState], state: ClusterState) -> Culprits:
    """Return why a question has no answer: who is to blame, where the property says so."""
    finding = question.holds(state)
    return finding if isinstance(finding, Culprits) else Culprits("it does not come true once all is mended")
