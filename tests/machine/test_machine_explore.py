"""Exploration sees every state once, finds shortest traces and says honestly what it saw."""

from __future__ import annotations

import gc

import attrs
import pytest
from machine_models import two_phase_commit as model
from machine_models.two_phase_commit import RULES, Manager, Phase, manager, properties, sites, two_phase_commit

from kcore.machine import (
    UNLIMITED,
    Cells,
    CellSystem,
    Culprits,
    Layout,
    Limits,
    Outcome,
    PropertyError,
    Refusal,
    Reporting,
    Rule,
    Site,
    Start,
    Step,
    Table,
    TableSystem,
    always,
    bounded,
    collection_frozen,
    explore,
    never,
    replay,
    sometimes,
)

STARTS = {"two_phase_commit": model.start}


@pytest.mark.parametrize(
    ("managers", "states"),
    [
        pytest.param(3, 288, id="288 states with three resource managers"),
        pytest.param(5, 8_832, id="8,832 states with five resource managers"),
    ],
)
def test_two_phase_commit_has_its_known_number_of_states(managers, states):
    """The counts are those of Stateright's example, and its three properties hold."""
    findings = explore(two_phase_commit(managers), properties(managers))

    assert findings.coverage.states == states
    assert findings.coverage.limit is None
    assert [verdict.outcome for verdict in findings.verdicts] == [Outcome.HOLDS] * 3


def test_states_are_found_level_by_level():
    """A plain search over the table, keeping whole states, finds as many states within each number of steps."""
    seen = level = {model.start(3)}
    for steps in range(1, 11):
        level = {step.state for state in level for _event, step in RULES.steps(state)} - seen
        seen |= level

        assert explore(two_phase_commit(3), limits=Limits(steps=steps)).coverage.states == len(seen)
    assert len(seen) == 288


def test_a_system_of_whole_states_sees_the_same_states():
    """The table over opaque states and the remembered cells agree on states, transitions, depth and ends."""
    cells = model.start(3)
    whole = TableSystem(RULES, {Start("start"): cells}, lambda state: state.total)

    assert explore(whole).coverage == explore(two_phase_commit(3)).coverage


def test_sites_change_nothing_but_speed():
    """One site a rule or one site a process: the same states."""
    system = CellSystem(RULES, {Start("start"): model.start(3)})

    assert explore(system).coverage == explore(two_phase_commit(3)).coverage


def test_a_violation_has_a_shortest_trace_that_replays():
    """Two resource managers need five steps to commit, and the trace leads there from itself alone."""
    asked = never("somebody commits", lambda state: any(state[manager(n)].phase is Phase.COMMITTED for n in range(2)))
    verdict = explore(two_phase_commit(2), [asked]).verdicts[0]
    again = replay(RULES, STARTS, verdict.trace)

    assert verdict.outcome is Outcome.VIOLATED
    assert len(verdict.trace) == 6
    assert again.refusal is None
    assert [asked.broken(state) is None for state in again.states] == [True] * 6 + [False]


def test_a_violation_may_name_its_culprits():
    """A predicate that returns Culprits is broken, and they are in the verdict."""

    def nobody_aborts(state):
        aborted = [str(number) for number in range(3) if state[manager(number)].phase is Phase.ABORTED]
        return Culprits("aborted", *aborted) if aborted else True

    verdict = explore(two_phase_commit(3), [always("nobody aborts", nobody_aborts)]).verdicts[0]

    assert verdict.culprits == Culprits("aborted", "0")
    assert verdict.why == "aborted: 0"


def test_a_bound_that_is_exceeded_says_by_how_much():
    """A count above its bound is told with the count."""

    def prepared(state) -> int:
        return sum(state[manager(number)].phase is Phase.PREPARED for number in range(3))

    findings = explore(
        two_phase_commit(3), [bounded("two at most", prepared, 2), bounded("three at most", prepared, 3)]
    )

    assert findings["two at most"].why == "counted 3, at most 2 allowed"
    assert findings["three at most"].outcome is Outcome.HOLDS


def test_what_never_happens_is_said():
    """A `sometimes` that no state meets is violated, with no trace to show."""
    verdict = explore(two_phase_commit(2), [sometimes("it rains", lambda state: False)]).verdicts[0]

    assert (verdict.outcome, verdict.trace, verdict.why) == (Outcome.VIOLATED, None, "no reachable state meets it")


def test_a_witness_is_a_trace():
    """A `sometimes` that is met comes with the shortest run that meets it."""
    findings = explore(two_phase_commit(2), properties(2))
    again = replay(RULES, STARTS, findings["all commit"].trace)

    assert [again.final[manager(number)] for number in range(2)] == [
        Manager(Phase.COMMITTED, sent=True, received=True)
    ] * 2


@pytest.mark.parametrize(
    ("limits", "states", "why"),
    [
        pytest.param(Limits(states=100), 100, "the limit of 100 states", id="so many states"),
        pytest.param(Limits(steps=3), 67, "the limit of 3 steps", id="so many steps"),
    ],
)
def test_a_limit_is_told(limits, states, why):
    """What a limit ended is bounded: nothing is proved, and the limit is named."""
    findings = explore(two_phase_commit(3), [*properties(3)[2:], sometimes("it rains", lambda s: False)], limits=limits)

    assert findings.coverage.states == states
    assert [(verdict.outcome, verdict.why) for verdict in findings.verdicts] == [(Outcome.BOUNDED, why)] * 2


def test_limits_that_are_just_wide_enough_do_not_bound():
    """The last state and the last step are inside the limits."""
    for limits in (Limits(states=288), Limits(states=None, steps=11), UNLIMITED):
        assert explore(two_phase_commit(3), limits=limits).coverage.limit is None
    assert explore(two_phase_commit(3), limits=Limits(states=287)).coverage.limit == "the limit of 287 states"


def test_a_search_ends_when_nothing_is_left_to_decide():
    """A property broken in the start costs one state."""
    findings = explore(two_phase_commit(3), [never("anything", lambda state: True)])

    assert findings.coverage.states == 1
    assert findings["anything"].trace.events == ()


def test_progress_is_told_in_counts():
    """A hook is called each so many states, with numbers that grow."""
    told = []
    explore(two_phase_commit(3), properties(3), reporting=Reporting(hook=told.append, every=100))

    assert len(told) == 2
    assert told[0].states < told[1].states < 288
    assert all(each.waiting > 0 and each.transitions > each.states - 100 for each in told)


def test_two_starts_are_both_explored():
    """Starts that lead to different states add up, and an equal start counts once."""
    layout = Layout()
    one, other = (
        {"size": 0, "coordinator": phase, "messages": frozenset()} for phase in (Phase.WORKING, Phase.ABORTED)
    )
    starts = {Start("a"): Cells.of(layout, one), Start("b"): Cells.of(layout, other), Start("c"): Cells.of(layout, one)}
    findings = explore(
        CellSystem(RULES, starts, sites(0)), [never("decided", lambda state: state["coordinator"] is Phase.ABORTED)]
    )

    assert findings["decided"].trace.start == Start("b")
    assert explore(CellSystem(RULES, starts, sites(0))).coverage.states == 4


@attrs.frozen
class Spawn:
    pass


@attrs.frozen
class Stop:
    pod: int


def test_cells_may_come_into_being_in_a_search():
    """Names that nobody declared are met on the way: of n pods spawned so far each runs or has stopped."""
    most = 5

    def may_spawn(state, event) -> Refusal | None:
        return Refusal("pod.spawn", "enough") if state["spawned"] == most else None

    def spawn(state, event) -> Step:
        return Step(state.update({("pod", state["spawned"]): "running", "spawned": state["spawned"] + 1}))

    def may_stop(state, event) -> Refusal | None:
        return None if state.get(("pod", event.pod)) else Refusal("pod.stop", "it does not run")

    rules = [
        Rule(name="pod.spawn", event=Spawn, guard=may_spawn, effect=spawn, choices=lambda state: [Spawn()]),
        Rule(
            name="pod.stop",
            event=Stop,
            guard=may_stop,
            effect=lambda state, event: Step(state.set(("pod", event.pod), None)),
            choices=lambda state: [Stop(number) for number in range(most)],
        ),
    ]
    start = {Start("none"): Cells.of(Layout(), {"spawned": 0})}
    sites = [
        Site("spawn", lambda state: [Spawn()]),
        *(Site(f"pod {number}", lambda state, number=number: [Stop(number)]) for number in range(most)),
    ]

    for system in (CellSystem(Table(rules), start), CellSystem(Table(rules), start, sites)):
        assert explore(system).coverage.states == sum(2**spawned for spawned in range(most + 1))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(lambda: always("", lambda s: True), "named by a sentence", id="a property has a name"),
        pytest.param(lambda: always("p", True), "p: a predicate must be a function", id="a predicate is a function"),
        pytest.param(
            lambda: explore(two_phase_commit(1), [always("p", lambda s: None)]),
            "p: a predicate returns",
            id="None is no answer",
        ),
        pytest.param(
            lambda: explore(two_phase_commit(1), [always("p", lambda s: True)] * 2),
            "p: this name is given twice",
            id="names differ",
        ),
        pytest.param(
            lambda: explore(two_phase_commit(1))["p"], "p: it was not asked", id="only what was asked is answered"
        ),
    ],
)
def test_a_property_that_cannot_be_meant_is_refused(build, message):
    """The error names the property."""
    with pytest.raises(PropertyError, match=message):
        build()


def test_collection_is_frozen_inside_and_restored_after():
    """The collector is off inside, in a nested block too, and on again afterwards, after an error too."""
    seen = []

    def fail() -> None:
        with collection_frozen():
            with collection_frozen():
                seen.append(gc.isenabled())
            seen.append(gc.isenabled())
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert seen == [False, False]

    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
