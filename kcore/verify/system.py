"""A cluster as a system: what the searches of `kcore.machine` take.

Models a model's table over cluster states, told apart by fingerprints. States that differ in what decides nothing later
count as one (see `kcore.cluster.fingerprint`), for liveness too: events of a cluster name processes and keys, not
versions, so that what a fair run owes to one is the same in all of them.

A move of a prompt run goes on as long as nothing else can happen (see `kcore.verify.passage`): the states that it
passes through are judged and not kept. Liveness and random walks take each event for itself.

Not modelled: searches of clusters of different models.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import attrs

from kcore.api.evolve import evolve
from kcore.cluster.events import Delivered, TimePassed
from kcore.cluster.fingerprint import Fingerprinter
from kcore.cluster.state import ClusterState
from kcore.errors import MisuseError
from kcore.machine import Fairness, ImpureError, Start, System
from kcore.machine.system import Move
from kcore.model.model import Event, Model
from kcore.verify.passage import QUIET, Passage, Passenger

T = TypeVar("T")


@attrs.frozen(eq=False)
class Place:
    """Where a search is: a state with its fingerprint."""

    state: ClusterState
    fingerprint: int


ClusterMove: TypeAlias = Move[Event | Passage, Place]


class ClusterSystem:
    """The system of a cluster; unreduced it still forgets what can't decide."""

    def __init__(
        self, passenger: Passenger, starts: Mapping[Start, ClusterState], fingerprint: Fingerprinter, *, passing: bool
    ) -> None:
        """Search from `starts`; with `passing`, states in which nothing else can happen are passed through."""
        self._passenger = passenger
        self._starts = dict(starts)
        self._fingerprint = fingerprint
        self._passing = passing
        self._asked: dict[str, Callable[[ClusterState], object]] = {}
        self._cut: dict[tuple[int, int], tuple[Event, ...]] = {}
        self.passed = 0

    @property
    def reductions(self) -> tuple[str, ...]:
        """What makes several states count as one."""
        found = ("alike pods and nodes", "ties by name broken one way") if self._fingerprint.symmetry else ()
        return (*found, "passing through states in which one event alone can happen") if self._passing else found

    def starts(self) -> Sequence[tuple[Start, Place]]:
        """Return the initial states with their names, in the order given."""
        return [(start, Place(state, self._fingerprint(state))) for start, state in self._starts.items()]

    def fingerprint(self, packed: Place) -> int:
        """Return the fingerprint of a state."""
        return packed.fingerprint

    def moves(self, packed: Place) -> Sequence[ClusterMove]:
        """Return the moves, what the cluster does of itself first; those that keep the fingerprint are left out."""
        found: list[ClusterMove] = []
        for event in self._passenger.events(packed.state):
            events, state = self._pass(packed.state, event)
            if state is not packed.state:
                there = self._fingerprint(state)
                if there != packed.fingerprint:
                    if self._passing and self._passenger.next(state, packed.state.now) is not None:
                        self._cut.setdefault((packed.fingerprint, there), events)
                    taken = Passage(events) if len(events) > 1 else event
                    found.append((there - packed.fingerprint, taken, Place(state, there)))
        return found

    def build(self, _packed: Place, patch: Place) -> Place:
        """Return the successor, which the move carries."""
        return patch

    def way(self, packed: Place, delta: int, owed: Hashable = None) -> tuple[Sequence[Any], Place]:
        """Return the single events that change the fingerprint by `delta`, and the state that they lead to."""
        wanted = packed.fingerprint + delta
        cut = self._cut.get((packed.fingerprint, wanted))
        if cut is not None:
            state = packed.state
            for event in cut:
                state = self._passenger.step(state, event)
            return cut, Place(state, wanted)
        for event in self._passenger.events(packed.state):
            if owed in {None, self.owed(event)}:
                events, state = self._pass(packed.state, event)
                if self._fingerprint(state) == wanted:
                    return events, Place(state, wanted)
        message = "no move leads there"
        raise MisuseError(message)

    def judge(self, predicate: Callable[[ClusterState], T], name: str) -> Callable[[Place], T]:
        """Return the predicate on places; one that has not said anything yet (None) is asked of what is passed too."""
        self._asked[name] = predicate

        def judged(packed: Place) -> T:
            found = predicate(packed.state)
            if found is not None:
                self._asked.pop(name, None)
            return found

        return judged

    def fairness(self, event: Event | Passage) -> Fairness:
        """Return the fairness of the event's rule."""
        single = event.events[0] if isinstance(event, Passage) else event
        return self._passenger.model.table.rule_of(single).fairness

    def owed(self, event: Event | Passage) -> Hashable:
        """Return the event without the time or the revision that it goes up to."""
        if isinstance(event, TimePassed):
            return TimePassed
        return (Delivered, event.process) if isinstance(event, Delivered) else event

    def audit(self, packed: Place) -> None:
        """Raise ImpureError where a second run of the rules makes other moves."""
        for event in self._passenger.events(packed.state):
            one, other = (self._fingerprint(self._passenger.step(packed.state, event)) for _ in range(2))
            if one != other:
                rule = self._passenger.model.table.rule_of(event).name
                raise ImpureError(f"rule {rule}: the same state gave two different steps")

    def stepwise(self) -> ClusterSystem:
        """Return this system in which each move is one event."""
        return ClusterSystem(self._passenger, self._starts, self._fingerprint, passing=False)

    def unreduced(self) -> ClusterSystem:
        """Return this system with alike pods and nodes told apart, and each move one event."""
        return ClusterSystem(self._passenger, self._starts, self._fingerprint.unreduced(), passing=False)

    def _pass(self, origin: ClusterState, event: Event) -> tuple[tuple[Event, ...], ClusterState]:
        """Take `event`, and what follows from it alone; stop at the first state that decides something.

        Return to where it began if it goes round in a circle from which nobody leaves, of which all states were seen.
        """
        passenger, circle = self._passenger, set[int]()
        state, events = passenger.step(origin, event), [event]
        while self._passing and not self._decides(state):
            following = passenger.next(state, origin.now)
            if following is None:
                break
            if isinstance(following, TimePassed) and passenger.settled and not any(state.budget.values()):
                here = self._fingerprint(state)
                if here in circle:
                    return (), origin
                circle.add(here)
            self.passed += 1
            state = passenger.step(state, following)
            events.append(following)
        return tuple(events), state

    def _decides(self, state: ClusterState) -> bool:
        for predicate in self._asked.values():  # noqa: SIM110 - a generator would cost as much again
            if predicate(state) is not None:
                return True
        return False


def cluster_system(
    model: Model,
    starts: Mapping[Start, ClusterState],
    *,
    symmetry: bool = True,
    settled: bool = False,
    passing: bool = True,
    named: Iterable[str] = (),
) -> System[Place, Place, ClusterState, Any]:
    """Return `model` from `starts` as `explore` and `explore_randomly` take it.

    With `symmetry`, states that differ only in the names of alike pods and nodes count as one; `named` are the names
    that people's acts and properties mention: what bears one is like nothing else. With `settled`, faults and people
    act when the cluster has settled, and at no other time. With `passing`, what a prompt cluster does of itself is
    passed through.
    """
    nodes = frozenset(name for state in starts.values() for name in state.world.machines)
    given = frozenset(name for state in starts.values() for name in _given_names(state))
    fingerprint = Fingerprinter(
        symmetry=symmetry,
        nodes=nodes.difference(named),
        fixed=(given - nodes).union(named),
        quiet=QUIET + 1 if settled else 0,
        watches={family: frozenset(component.watches) for family, component in model.components.items()},
    )
    passenger = Passenger(model=model, settled=settled)
    begun = {start: _just_settled(state) for start, state in starts.items()} if settled else starts
    return ClusterSystem(passenger, begun, fingerprint, passing=passing)


def _just_settled(state: ClusterState) -> ClusterState:
    """Return a state that settled a while ago as if it just had."""
    return evolve(state, last_change=max(state.last_change, state.now - QUIET))


def _given_names(state: ClusterState) -> Iterable[str]:
    """Yield the names of the objects that somebody named."""
    return (key.name for key, found in state.store.objects.items() if not found.metadata.generate_name)
