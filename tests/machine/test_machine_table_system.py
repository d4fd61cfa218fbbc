"""A table over any states at all is a system too: the same searches, with nothing remembered."""

from __future__ import annotations

import attrs
import pytest

from kcore.machine import (
    CellError,
    Cells,
    CellSystem,
    Fairness,
    ImpureError,
    Layout,
    Outcome,
    Quotient,
    Refusal,
    Rule,
    Start,
    Step,
    Table,
    TableSystem,
    TraceError,
    always,
    eventually,
    explore,
    explore_randomly,
    never,
    replay,
    sometimes,
)


@attrs.frozen
class Hand:
    """The hand of a dial with 12 places, and whether it was ever moved by hand."""

    place: int
    touched: bool = False


@attrs.frozen
class Tick:
    """The hand goes on by one."""


@attrs.frozen
class Touch:
    """Somebody turns the hand to 12."""


def may_touch(state: Hand, event: Touch) -> Refusal | None:
    return Refusal("dial.touch", "glued") if state.place == 11 else None


def dial(tick=lambda state, event: Step(attrs.evolve(state, place=(state.place + 1) % 12))) -> Table[Hand, object]:
    return Table(
        [
            Rule(
                name="dial.tick",
                event=Tick,
                guard=lambda state, event: None,
                effect=tick,
                choices=lambda state: [Tick()],
            ),
            Rule(
                name="dial.touch",
                event=Touch,
                guard=may_touch,
                effect=lambda state, event: Step(Hand(0, touched=True)),
                choices=lambda state: [Touch()],
                fairness=Fairness.WEAK,
            ),
        ]
    )


STARTS = {Start("noon"): Hand(0)}


def test_all_states_are_found():
    """Twelve places, touched or not; a touch that changes nothing is no transition."""
    coverage = explore(TableSystem(dial(), STARTS)).coverage

    assert (coverage.states, coverage.transitions, coverage.depth, coverage.terminal) == (24, 24 + 21, 12, 0)


def test_properties_are_decided_with_shortest_traces():
    """Safety, reachability and liveness, as for cells."""
    asked = [
        always("on the dial", lambda hand: 0 <= hand.place < 12),
        never("six after a touch", lambda hand: hand.touched and hand.place == 6),
        sometimes("eleven", lambda hand: hand.place == 11),
        eventually("somebody touches it", lambda hand: hand.touched),
        eventually("it is seven", lambda hand: hand.place == 7),
    ]
    findings = explore(TableSystem(dial(), STARTS), asked)
    run = replay(dial(), {"noon": lambda: Hand(0)}, findings["six after a touch"].trace)

    assert [v.outcome.value for v in findings.verdicts] == ["holds", "violated", "holds", "violated", "violated"]
    assert run.final == Hand(6, touched=True)
    assert len(findings["six after a touch"].trace) == 7


def test_a_fairly_endless_loop_passes_where_the_event_is_off():
    """A weakly fair touch may be put off for ever only by going through eleven, where it is glued."""
    trace = explore(TableSystem(dial(), STARTS), [eventually("touched", lambda hand: hand.touched)]).verdicts[0].trace

    assert (trace.events, trace.loop) == ((Tick(),) * 12, 0)


def test_a_fingerprint_of_ones_own_counts_states_as_one():
    """A quotient by what is forgotten: whether it was touched."""
    system = TableSystem(dial(), STARTS)
    coverage = explore(Quotient(system, lambda hand: hand.place + 1, "forgetting touches")).coverage

    assert (coverage.states, coverage.reductions) == (12, ("forgetting touches",))
    assert explore(TableSystem(dial(), STARTS, lambda hand: hand.place)).coverage.states == 12


def test_a_move_that_keeps_the_fingerprint_is_none():
    """What a fingerprint forgets changes nothing, and states are never compared, which may cost more than they do."""

    @attrs.frozen(eq=False)
    class Unequal(Hand):
        """A hand that can't be compared."""

        def __eq__(self, other: object) -> bool:
            raise AssertionError

        def __hash__(self) -> int:
            raise AssertionError

    system = TableSystem(dial(), {Start("noon"): Unequal(0)}, lambda hand: hand.place + 1)
    (start,) = (packed for _, packed in system.starts())

    assert [event for _, event, _ in system.moves(start)] == [Tick()]


def test_an_impure_rule_is_found():
    """A rule that steps elsewhere the second time is named, in explorations and in walks."""
    moods = iter(range(100_000))
    impure = dial(lambda state, event: Step(attrs.evolve(state, place=next(moods) % 12)))

    with pytest.raises(ImpureError, match=r"rule dial\.tick: the same state gave two different steps"):
        explore(TableSystem(impure, STARTS))
    with pytest.raises(ImpureError, match=r"rule dial\.tick"):
        explore_randomly(TableSystem(impure, STARTS), [], runs=1, steps=5)


def test_a_search_needs_a_start():
    """A system without starts has nothing to explore, and cells of two layouts nothing in common."""
    with pytest.raises(TraceError, match="needs a start"):
        explore(TableSystem(dial(), {}))
    with pytest.raises(CellError, match="needs a start"):
        CellSystem(Table([]), {})
    with pytest.raises(CellError, match="share one layout"):
        CellSystem(Table([]), {Start("a"): Cells.of(Layout(), {}), Start("b"): Cells.of(Layout(), {})})


def test_verdicts_print_as_a_line():
    """A verdict says what it is about, what it is, what was covered and why."""
    verdict = explore(TableSystem(dial(), STARTS), [never("eleven", lambda hand: hand.place == 11)]).verdicts[0]

    assert verdict.outcome is Outcome.VIOLATED
    assert str(verdict) == (
        "eleven: violated (23 states, 41 transitions, 11 steps deep, ended by having nothing left to decide): "
        "the condition held"
    )
