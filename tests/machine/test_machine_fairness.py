"""Liveness on all small graphs: verdicts are those of the definition, and every lasso shown is one."""

from __future__ import annotations

from itertools import chain, combinations

import attrs
from hypothesis import event, given
from hypothesis import strategies as st

from kcore.machine import (
    Fairness,
    Outcome,
    Property,
    Refusal,
    Rule,
    Start,
    Step,
    Table,
    TableSystem,
    Trace,
    converges,
    eventually,
    explore,
    leads_to,
    run,
)


@attrs.frozen
class A:
    """One of three events."""


@attrs.frozen
class B:
    """One of three events."""


@attrs.frozen
class C:
    """One of three events."""


EVENTS = (A, B, C)
SIZE = 5

Graph = tuple[tuple[int | None, ...], ...]
"""For each event, where it leads from each state; None where it does not apply."""

GRAPHS = st.tuples(*(st.tuples(*(st.none() | st.integers(0, SIZE - 1) for _ in range(SIZE))) for _ in EVENTS))
FAIRNESS = st.tuples(*(st.sampled_from(Fairness) for _ in EVENTS))
STATES = st.frozensets(st.integers(0, SIZE - 1), max_size=3)


def table(graph: Graph, fairness: tuple[Fairness, ...]) -> Table[int, object]:
    """The rules of a graph."""

    def rule(cls: type, leads: tuple[int | None, ...], owed: Fairness) -> Rule:
        name = f"event.{cls.__name__.lower()}"
        return Rule(
            name=name,
            event=cls,
            guard=lambda state, _event: Refusal(name, "not here") if leads[state] is None else None,
            effect=lambda state, _event: Step(leads[state]),
            choices=lambda state: [cls()],
            fairness=owed,
        )

    return Table([rule(*each) for each in zip(EVENTS, graph, fairness, strict=True)])


def steps(graph: Graph, state: int) -> dict[int, int]:
    """Where the events that change a state lead, by event."""
    return {number: leads[state] for number, leads in enumerate(graph) if leads[state] not in {None, state}}


def reach(graph: Graph, first: set[int], inside: frozenset[int]) -> set[int]:
    """What is reachable from some states without leaving others."""
    seen = first & inside
    while True:
        more = {target for state in seen for target in steps(graph, state).values()} & inside
        if more <= seen:
            return seen
        seen |= more


def is_fair(graph: Graph, fairness: tuple[Fairness, ...], states: frozenset[int], taken: set[int]) -> bool:
    """Whether going round some states for ever, taking some events, owes nothing to any event."""
    for number, owed in enumerate(fairness):
        enabled = [number in steps(graph, state) for state in states]
        if owed is Fairness.WEAK and all(enabled) and number not in taken:
            return False
        if owed is Fairness.STRONG and any(enabled) and number not in taken:
            return False
    return True


def has_fair_cycle(graph: Graph, fairness: tuple[Fairness, ...], region: set[int]) -> bool:
    """By definition: whether some set of states is strongly connected by steps that, all taken, owe nothing."""
    for states in map(frozenset, chain.from_iterable(combinations(sorted(region), n) for n in range(2, SIZE + 1))):
        taken = {number for state in states for number, target in steps(graph, state).items() if target in states}
        connected = all(reach(graph, {state}, states) == states for state in states)
        if connected and is_fair(graph, fairness, states, taken):
            return True
    return False


def expected(graph: Graph, fairness: tuple[Fairness, ...], region: set[int], *, may_end: bool) -> Outcome:
    """The verdict by definition, where the condition is owed in a region."""
    ends = not may_end and any(not steps(graph, state) for state in region)
    return Outcome.VIOLATED if ends or has_fair_cycle(graph, fairness, region) else Outcome.HOLDS


def check(graph: Graph, fairness: tuple[Fairness, ...], asked: Property, region: set[int]) -> None:
    """Compare the verdict with the definition and look at the run that is shown."""
    rules = table(graph, fairness)
    verdict = explore(TableSystem(rules, {Start("zero"): 0}), [asked]).verdicts[0]

    assert verdict.outcome is expected(graph, fairness, region, may_end=asked.kind.value == "converges")

    event(f"{asked.kind.value}: {verdict.outcome.value}")
    if verdict.trace is not None:
        look_at(graph, fairness, rules, verdict.trace, region)


def look_at(graph: Graph, fairness: tuple[Fairness, ...], rules: Table, trace: Trace, region: set[int]) -> None:
    """A run that breaks a property can be taken, ends in the region, and its loop is closed, inside and fair."""
    states = run(rules, 0, trace.events).states

    assert len(states) == len(trace) + 1
    if trace.loop is None:
        assert states[-1] in region
        assert steps(graph, states[-1]) == {}
    else:
        loop = states[trace.loop :]
        taken = {EVENTS.index(type(each)) for each in trace.events[trace.loop :]}
        assert loop[0] == loop[-1]
        assert len(loop) > 2
        assert region.issuperset(loop)
        assert is_fair(graph, fairness, frozenset(loop), taken)


@given(GRAPHS, FAIRNESS, STATES)
def test_eventually_is_judged_by_its_definition(graph, fairness, goal):
    """It is owed from the start until it is met."""
    region = reach(graph, {0}, frozenset(range(SIZE)) - goal)

    check(graph, fairness, eventually("met", lambda state: state in goal), region)


@given(GRAPHS, FAIRNESS, STATES, STATES)
def test_leads_to_is_judged_by_its_definition(graph, fairness, begun, goal):
    """It is owed from each reachable state of the premise until it is met."""
    everywhere = frozenset(range(SIZE))
    region = reach(graph, reach(graph, {0}, everywhere) & begun, everywhere - goal)

    check(graph, fairness, leads_to("led", lambda state: state in begun, lambda state: state in goal), region)


@given(GRAPHS, FAIRNESS)
def test_convergence_is_judged_by_its_definition(graph, fairness):
    """It is owed everywhere, and a run may end."""
    check(graph, fairness, converges("at rest"), reach(graph, {0}, frozenset(range(SIZE))))
