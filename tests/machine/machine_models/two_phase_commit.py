"""Two-phase commit: resource managers prepare, a transaction manager commits or aborts.

Models the subset of Gray and Lamport's "Consensus on Transaction Commit" that Stateright's example explores: the
managers' states, the set of those that are known to be prepared, and the set of messages ever sent, none of them lost.

Does not model crashes or timeouts. https://github.com/stateright/stateright/blob/master/examples/2pc.rs
"""

from __future__ import annotations

import enum

import attrs

from kcore.machine import (
    Alike,
    Cells,
    CellState,
    CellSystem,
    Layout,
    Property,
    Refusal,
    Rule,
    Site,
    Start,
    Step,
    Table,
    always,
    sometimes,
)


class Phase(enum.Enum):
    """The state of a resource manager, or of the transaction manager (which is never PREPARED)."""

    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


@attrs.frozen
class Manager:
    """A resource manager, whether its Prepared message was sent, and whether the transaction manager received it."""

    phase: Phase = Phase.WORKING
    sent: bool = False
    received: bool = False


@attrs.frozen
class Commit:
    """The transaction manager commits."""


@attrs.frozen
class Abort:
    """The transaction manager aborts."""


@attrs.frozen
class ReceivePrepared:
    """The transaction manager receives a Prepared message."""

    manager: int


@attrs.frozen
class Prepare:
    """A resource manager prepares and says so."""

    manager: int


@attrs.frozen
class ChooseToAbort:
    """A resource manager aborts of its own accord."""

    manager: int


@attrs.frozen
class ReceiveCommit:
    """A resource manager receives the Commit message."""

    manager: int


@attrs.frozen
class ReceiveAbort:
    """A resource manager receives the Abort message."""

    manager: int


def manager(number: int) -> tuple[str, int]:
    """Return the name of a resource manager's cell."""
    return ("manager", number)


def phase_of(state: CellState, event) -> Phase:
    """The state of the resource manager that an event is about."""
    return state[manager(event.manager)].phase


def write(state: CellState, event, **changes: object) -> Step[CellState]:
    """The step that changes the resource manager that an event is about."""
    name = manager(event.manager)
    return Step(state.set(name, attrs.evolve(state[name], **changes)))


def decide(state: CellState, phase: Phase) -> Step[CellState]:
    """The step that decides and says so to all."""
    return Step(state.update({"coordinator": phase, "messages": state["messages"] | {phase}}))


def may_commit(state: CellState, _event: Commit) -> Refusal | None:
    """Only when all are known to be prepared."""
    if state["coordinator"] is not Phase.WORKING:
        return Refusal("coordinator.commit", "it has decided")
    for number in range(state["size"]):
        if not state[manager(number)].received:
            return Refusal("coordinator.commit", "not all are known to be prepared", missing=number)
    return None


def may_abort(state: CellState, _event: Abort) -> Refusal | None:
    """Only before a decision."""
    return None if state["coordinator"] is Phase.WORKING else Refusal("coordinator.abort", "it has decided")


def may_receive_prepared(state: CellState, event: ReceivePrepared) -> Refusal | None:
    """Only before a decision, and only what was sent."""
    if not state[manager(event.manager)].sent:
        return Refusal("coordinator.receive_prepared", "no such message", manager=event.manager)
    if state["coordinator"] is not Phase.WORKING:
        return Refusal("coordinator.receive_prepared", "it has decided")
    return None


def may_prepare(state: CellState, event: Prepare) -> Refusal | None:
    """Only while working."""
    return None if phase_of(state, event) is Phase.WORKING else Refusal("manager.prepare", "not working")


def may_choose_to_abort(state: CellState, event: ChooseToAbort) -> Refusal | None:
    """Only while working."""
    return None if phase_of(state, event) is Phase.WORKING else Refusal("manager.choose_to_abort", "not working")


def may_receive_commit(state: CellState, event: ReceiveCommit) -> Refusal | None:
    """Only what was sent; messages are never used up."""
    return None if Phase.COMMITTED in state["messages"] else Refusal("manager.receive_commit", "no such message")


def may_receive_abort(state: CellState, event: ReceiveAbort) -> Refusal | None:
    """Only what was sent; messages are never used up."""
    return None if Phase.ABORTED in state["messages"] else Refusal("manager.receive_abort", "no such message")


def each_manager(event: type):
    """Return the choices of a rule that may happen to every resource manager."""
    return lambda state: [event(number) for number in range(state["size"])]


RULES: Table[CellState, object] = Table(
    [
        Rule(
            name="coordinator.commit",
            event=Commit,
            guard=may_commit,
            effect=lambda state, event: decide(state, Phase.COMMITTED),
            choices=lambda state: [Commit()],
        ),
        Rule(
            name="coordinator.abort",
            event=Abort,
            guard=may_abort,
            effect=lambda state, event: decide(state, Phase.ABORTED),
            choices=lambda state: [Abort()],
        ),
        Rule(
            name="coordinator.receive_prepared",
            event=ReceivePrepared,
            guard=may_receive_prepared,
            effect=lambda state, event: write(state, event, received=True),
            choices=each_manager(ReceivePrepared),
        ),
        Rule(
            name="manager.prepare",
            event=Prepare,
            guard=may_prepare,
            effect=lambda state, event: write(state, event, phase=Phase.PREPARED, sent=True),
            choices=each_manager(Prepare),
        ),
        Rule(
            name="manager.choose_to_abort",
            event=ChooseToAbort,
            guard=may_choose_to_abort,
            effect=lambda state, event: write(state, event, phase=Phase.ABORTED),
            choices=each_manager(ChooseToAbort),
        ),
        Rule(
            name="manager.receive_commit",
            event=ReceiveCommit,
            guard=may_receive_commit,
            effect=lambda state, event: write(state, event, phase=Phase.COMMITTED),
            choices=each_manager(ReceiveCommit),
        ),
        Rule(
            name="manager.receive_abort",
            event=ReceiveAbort,
            guard=may_receive_abort,
            effect=lambda state, event: write(state, event, phase=Phase.ABORTED),
            choices=each_manager(ReceiveAbort),
        ),
    ]
)


def start(managers: int) -> Cells:
    """Return the initial state: everyone working, nothing sent."""
    common = {"size": managers, "coordinator": Phase.WORKING, "messages": frozenset()}
    return Cells.of(Layout(), common | {manager(number): Manager() for number in range(managers)})


def sites(managers: int) -> list[Site]:
    """Return one site for the transaction manager and one for each resource manager with the messages about it."""

    def events_of(number: int):
        about = (ReceivePrepared, Prepare, ChooseToAbort, ReceiveCommit, ReceiveAbort)
        return lambda state: [event(number) for event in about]

    managing = [Site(f"manager {number}", events_of(number)) for number in range(managers)]
    return [Site("coordinator", lambda state: [Commit(), Abort()]), *managing]


def properties(managers: int) -> list[Property]:
    """Return what Stateright's example asks."""
    names = tuple(manager(number) for number in range(managers))

    def outcomes(state: CellState) -> frozenset[Phase]:
        return state.fold(names, add_phase, frozenset())

    return [
        sometimes("all abort", lambda state: outcomes(state) == {Phase.ABORTED}),
        sometimes("all commit", lambda state: outcomes(state) == {Phase.COMMITTED}),
        always("nobody commits while another aborts", lambda s: not {Phase.ABORTED, Phase.COMMITTED} <= outcomes(s)),
    ]


def add_phase(phases: frozenset[Phase], each: Manager) -> frozenset[Phase]:
    """The set of phases with one more."""
    return phases | {each.phase}


def two_phase_commit(managers: int, *, symmetric: bool = False) -> CellSystem:
    """Return the system with so many resource managers, which may count as alike."""
    alike = [Alike("resource managers", tuple(manager(number) for number in range(managers)))] if symmetric else []
    return CellSystem(RULES, {Start("two_phase_commit", managers=managers): start(managers)}, sites(managers), alike)
