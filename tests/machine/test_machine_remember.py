"""Remembered results are those that would be computed, and what is impure is refused by name."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_models.two_phase_commit import properties, two_phase_commit

from kcore.machine import (
    Cells,
    CellSystem,
    ImpureError,
    Layout,
    Memory,
    Recorder,
    Refusal,
    Rule,
    RuleError,
    Site,
    Start,
    Step,
    Table,
    always,
    explore,
)


def chase(read) -> tuple[int, ...]:
    """Follow pointers: what is read next depends on what was read."""
    place, seen = 0, []
    while place not in seen:
        seen.append(place)
        place = read(place)
    return tuple(seen)


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=5, max_size=30))
def test_what_is_remembered_is_what_would_be_computed(sources):
    """Over any series of sources a memory gives the answers of the computation itself."""
    memory: Memory = Memory(sample=3)
    for source in sources:
        assert memory.recall("chase", source.__getitem__, chase) == chase(source.__getitem__)


def test_a_hit_computes_nothing():
    """The second time nothing runs; what was not read may change."""
    memory: Memory = Memory()
    runs = []

    def compute(read) -> int:
        runs.append(1)
        return read(0) + read(0)

    assert memory.recall("a", [1, 2].__getitem__, compute) == 2
    assert memory.recall("a", [1, 3].__getitem__, compute) == 2
    assert memory.recall("b", [1, 2].__getitem__, compute) == 2
    assert (len(runs), memory.hits, memory.misses) == (2, 1, 2)


def test_a_recorder_keeps_first_reads_in_order():
    """Each token is asked of the source once."""
    recorder = Recorder({3: 30, 1: 10}.__getitem__)

    assert [recorder(3), recorder(1), recorder(3)] == [30, 10, 30]
    assert list(recorder.reads.items()) == [(3, 30), (1, 10)]


def test_an_impure_computation_is_refused_by_name():
    """A sampled hit that gives another answer names its site."""
    memory: Memory = Memory(sample=2)
    answers = iter(range(10))

    def turn() -> tuple:
        return memory.recall("turn of web", [1].__getitem__, lambda read: (read(0), next(answers)))

    assert turn() == turn() == (1, 0)
    with pytest.raises(ImpureError, match="turn of web: it answered something else"):
        turn()


def test_a_computation_that_reads_otherwise_is_refused_by_name():
    """After the same answers the same is read next."""
    memory: Memory = Memory()
    memory.recall("site", [1, 5, 6].__getitem__, lambda read: (read(0), read(1)))

    with pytest.raises(ImpureError, match="site: it read something else"):
        memory.recall("site", [1, 7, 6].__getitem__, lambda read: (read(0), read(2)))


@attrs.frozen
class Tick:
    pass


@attrs.frozen
class Tock:
    pass


def clock(effect, guard=lambda state, event: None, sites=None) -> CellSystem:
    """A counter to 3000 that ticks by an effect."""

    def may_tick(state, event) -> Refusal | None:
        return guard(state, event) or (None if state["n"] < 3000 else Refusal("clock.tick", "done"))

    tick = Rule(name="clock.tick", event=Tick, guard=may_tick, effect=effect, choices=lambda state: [Tick()])
    tock = Rule(
        name="clock.tock",
        event=Tock,
        guard=lambda state, event: Refusal("clock.tock", "never") if state["n"] < 2 else None,
        effect=lambda state, event: Step(state.set("tocked", value=True)),
        choices=lambda state: [Tock()],
    )
    return CellSystem(Table([tick, tock]), {Start("clock"): Cells.of(Layout(), {"n": 0})}, sites)


def test_an_impure_rule_is_refused_by_name():
    """A rule whose effect depends on what it did not read is found by an audit."""
    steps = iter(range(1, 10_000))
    system = clock(lambda state, event: Step(state.set("n", state["n"] + next(steps) % 7 + 1)))

    with pytest.raises(ImpureError, match=r"rule clock\.tick: it did something else after the same reads"):
        explore(system)


def test_an_impure_guard_is_refused_by_name():
    """A rule that applies only sometimes is found by an audit."""
    asked = iter(range(10_000))
    system = clock(
        lambda state, event: Step(state.set("n", state["n"] + 1)),
        guard=lambda state, event: Refusal("clock.tick", "moody") if next(asked) % 3 == 2 else None,
    )

    with pytest.raises(ImpureError, match=r"rule clock\.tick"):
        explore(system)


def test_an_impure_predicate_is_refused_by_its_property():
    """A predicate is audited as rules are."""
    system = clock(lambda state, event: Step(state.set("n", state["n"] + 1)))
    asked = iter(range(100_000))

    with pytest.raises(ImpureError, match="property the clock is well"):
        explore(system, [always("the clock is well", lambda state: state["n"] >= 0 and next(asked) < 5)])


def test_sites_that_miss_an_event_are_refused():
    """An event that the table enables and no site offers is named with its rule."""
    system = clock(
        lambda state, event: Step(state.set("n", state["n"] + 1)), sites=[Site("clock", lambda state: [Tick()])]
    )

    with pytest.raises(ImpureError, match=r"rule clock.tock: Tock\(\) is enabled and no site offers it"):
        explore(system)


def test_sites_that_offer_an_event_twice_are_refused():
    """An event belongs to one site."""
    offers = [Site("one", lambda state: [Tick(), Tock()]), Site("two", lambda state: [Tick()])]
    system = clock(lambda state, event: Step(state.set("n", state["n"] + 1)), sites=offers)

    with pytest.raises(ImpureError, match=r"rule clock.tick: a site offers Tick\(\)"):
        explore(system)


def test_an_effect_that_makes_up_a_state_is_refused():
    """Inside a search an effect must write to the state that it was given."""
    made_up = Cells.of(Layout(), {"n": 7})

    with pytest.raises(RuleError, match=r"clock\.tick: effect must return the state it was given"):
        explore(clock(lambda state, event: Step(made_up)))


@settings(max_examples=20)
@given(st.lists(st.integers(0, 30), min_size=10, max_size=20))
def test_remembered_moves_are_those_of_the_rules(draws):
    """Along any walk the moves of a system that has seen much are those of one that has seen nothing."""
    known = two_phase_commit(3)
    explore(known, properties(3))
    _start, packed = known.starts()[0]
    for draw in draws:
        fresh = two_phase_commit(3)
        _start, again = fresh.starts()[0]
        for name, value in known.cells(packed).items():
            again = fresh.build(again, ((fresh.layout.slot(name), fresh.layout.interner.id_of(value)),))
        ours, theirs = known.moves(packed), fresh.moves(again)

        assert known.fingerprint(packed) == fresh.fingerprint(again)
        assert [(delta, event) for delta, event, _patch in ours] == [(delta, event) for delta, event, _patch in theirs]

        if not ours:
            break
        delta, _event, patch = ours[draw % len(ours)]
        before, packed = known.fingerprint(packed), known.build(packed, patch)
        assert known.fingerprint(packed) == before + delta == known.cells(packed).total
