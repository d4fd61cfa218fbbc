"""Random walks and replay: reproducible, never outside what is reachable, and shortened to what matters."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from machine_models import crossing, two_phase_commit
from machine_models.crossing import Pass, Turn
from machine_models.two_phase_commit import RULES, Abort, Phase, Prepare, ReceiveAbort, manager, properties

from kcore.machine import (
    Fairness,
    Note,
    Outcome,
    Reporting,
    Start,
    Trace,
    TraceError,
    always,
    eventually,
    explore_randomly,
    leads_to,
    never,
    replay,
    run,
    shorten,
    sometimes,
    stays,
    walk,
)

STARTS = {"two_phase_commit": two_phase_commit.start}


@given(st.integers(0, 2**64 - 1), st.integers(0, 60))
def test_a_walk_is_reproducible_and_replays(seed, steps):
    """The same seed gives the same events, each of which applies where it comes, in the table itself."""
    trace = walk(two_phase_commit.two_phase_commit(3), steps=steps, seed=seed)
    again = replay(RULES, STARTS, trace)

    assert trace == walk(two_phase_commit.two_phase_commit(3), steps=steps, seed=seed)
    assert again.refusal is None
    assert len(again.states) == len(trace) + 1
    assert again == replay(RULES, STARTS, trace)


def test_seeds_make_a_difference():
    """Twenty seeds give more than one walk."""
    assert len({walk(two_phase_commit.two_phase_commit(3), steps=20, seed=seed) for seed in range(20)}) > 1


def test_walks_prove_nothing_and_find_much():
    """What holds is not found broken; what is met has a witness; what is broken has a trace."""
    asked = [*properties(3), never("somebody prepares", lambda s: any(s[manager(n)].sent for n in range(3)))]
    findings = explore_randomly(two_phase_commit.two_phase_commit(3), asked, runs=300, steps=40)

    assert [v.outcome for v in findings.verdicts] == [
        Outcome.HOLDS,
        Outcome.HOLDS,
        Outcome.NOT_FOUND,
        Outcome.VIOLATED,
    ]
    assert findings.coverage.limit == "300 random runs of at most 40 steps"
    assert findings == explore_randomly(two_phase_commit.two_phase_commit(3), asked, runs=300, steps=40)


def test_a_witness_that_is_not_met_is_not_found():
    """A `sometimes` that no walk meets may still be met."""
    rain = sometimes("it rains", lambda state: False)

    assert (
        explore_randomly(two_phase_commit.two_phase_commit(2), [rain], runs=5, steps=9)["it rains"].why
        == "no run met it"
    )


def test_walks_end_when_nothing_is_left_to_decide():
    """A property broken at once costs one run, and progress is told in counts."""
    told = []
    findings = explore_randomly(
        two_phase_commit.two_phase_commit(2),
        [always("nothing", lambda state: False)],
        runs=100,
        steps=5,
        reporting=Reporting(hook=told.append, every=2),
    )

    assert findings.coverage.limit == "1 random runs of at most 5 steps"
    assert [each.states for each in told] == list(range(2, findings.coverage.states + 1, 2)) != []


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        pytest.param(
            eventually("blue", lambda s: s["light"] == "blue"),
            Outcome.VIOLATED,
            id="an end without breaks an eventually",
        ),
        pytest.param(
            eventually("gone", lambda s: s["car"] == "gone"), Outcome.NOT_FOUND, id="what comes is not missed"
        ),
        pytest.param(
            eventually("at once", lambda s: s["car"] == "gone", within=1),
            Outcome.VIOLATED,
            id="what comes late is late",
        ),
        pytest.param(
            eventually("soon", lambda s: s["car"] == "gone", within=2),
            Outcome.NOT_FOUND,
            id="what comes in time is not late",
        ),
        pytest.param(
            leads_to("green, blue", lambda s: s["light"] == "green", lambda s: s["light"] == "blue"),
            Outcome.VIOLATED,
            id="an end without breaks a leads_to",
        ),
        pytest.param(
            leads_to("blue, red", lambda s: s["light"] == "blue", lambda s: s["light"] == "red"),
            Outcome.NOT_FOUND,
            id="what never begins is not owed",
        ),
        pytest.param(stays("red", lambda s: s["light"] == "red"), Outcome.VIOLATED, id="red does not stay red"),
        pytest.param(stays("green", lambda s: s["light"] == "green"), Outcome.NOT_FOUND, id="green stays green"),
    ],
)
def test_walks_that_end_judge_liveness(asked, outcome):
    """On a crossing whose light stays green every walk ends after two steps."""
    system = crossing.crossing(Fairness.NONE, stays_green=True)
    verdict = explore_randomly(system, [asked], runs=3, steps=10).verdicts[0]

    assert verdict.outcome is outcome


def test_a_replay_stops_at_the_first_refusal():
    """What came before is kept, and the refusal says why not."""
    named = Start("crossing")
    found = replay(
        crossing.rules(Fairness.NONE), {"crossing": crossing.start}, Trace(start=named, events=(Turn(), Turn(), Pass()))
    )

    assert len(found.states) == 3
    assert found.final == found.states[0]
    assert str(found.refusal) == "car.pass_light: the light is red (car=c1)"


def test_a_replay_keeps_the_notes():
    """Each step's notes are there, by step."""
    rules = crossing.rules(Fairness.NONE).rules
    loud = attrs.evolve(rules[2], effect=lambda s, e: attrs.evolve(rules[2].effect(s, e), notes=(Note("car.passed"),)))
    table = type(crossing.rules(Fairness.NONE))([*rules[:2], loud])

    assert run(table, crossing.start(), [Turn(), Pass()]).notes == ((), (Note("car.passed"),))


def test_an_unknown_start_is_named():
    """A trace whose start nobody knows is refused with those that are known."""
    with pytest.raises(TraceError, match="start 'harbour': unknown; there are two_phase_commit"):
        replay(RULES, STARTS, Trace(start=Start("harbour")))


@given(st.integers(0, 10_000))
def test_a_shortened_trace_still_breaks_the_property_and_has_nothing_to_spare(seed):
    """Two managers that abort on a message need the decision and the two deliveries, in whatever run it was found."""
    messages = never(
        "two were told to abort",
        lambda s: s["coordinator"] is Phase.ABORTED and all(s[manager(n)].phase is Phase.ABORTED for n in (0, 1)),
    )
    trace = walk(two_phase_commit.two_phase_commit(3), steps=200, seed=seed)
    final = replay(RULES, STARTS, trace).final
    if messages.broken(final) is None:
        return
    short = shorten(RULES, STARTS, trace, messages)
    states = replay(RULES, STARTS, short).states

    assert len(short) == 3
    assert [messages.broken(state) is None for state in states] == [True, True, True, False]


def test_shortening_drops_what_is_refused_without_the_rest():
    """Leaving out the decision makes the deliveries that follow it impossible, and they go with it."""
    start = Start("two_phase_commit", managers=2)
    trace = Trace(start=start, events=(Abort(), ReceiveAbort(0), Prepare(1)))
    asked = never("one has prepared", lambda state: state[manager(1)].sent)

    assert shorten(RULES, STARTS, trace, asked) == Trace(start=start, events=(Prepare(1),))


def test_shortening_keeps_a_witness():
    """A `sometimes` is met as well with what is left, and a start that meets it needs no events at all."""
    trace = Trace(start=Start("two_phase_commit", managers=2), events=(Prepare(0), Prepare(1), Abort()))
    decided = sometimes("decided", lambda state: state["coordinator"] is Phase.ABORTED)
    begun = sometimes("begun", lambda state: state["size"] == 2)

    assert shorten(RULES, STARTS, trace, decided).events == (Abort(),)
    assert shorten(RULES, STARTS, trace, begun).events == ()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param(
            never("rain", lambda state: False), "rain: the trace does not decide it", id="a trace that breaks nothing"
        ),
        pytest.param(
            eventually("sun", lambda state: True), "sun: only a run that decides", id="a property of whole runs"
        ),
    ],
)
def test_what_cannot_be_shortened_is_refused(asked, message):
    """Shortening needs a state that decides."""
    with pytest.raises(TraceError, match=message):
        shorten(RULES, STARTS, Trace(start=Start("two_phase_commit", managers=2), events=(Abort(),)), asked)
