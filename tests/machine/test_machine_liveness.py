"""Liveness on fair runs: lassos are found where fairness allows them, and nowhere else."""

from __future__ import annotations

import pytest
from machine_models import crossing as model
from machine_models.crossing import Pass, Turn, crossing

from kcore.machine import (
    Fairness,
    Limits,
    Outcome,
    Reporting,
    Start,
    always,
    converges,
    eventually,
    explore,
    leads_to,
    replay,
    stays,
)

PASSED = eventually("the car passes", lambda state: state["car"] == "gone")
SERVED = leads_to("green leads to passing", lambda s: s["light"] == "green", lambda s: s["car"] == "gone")


@pytest.mark.parametrize(
    ("fairness", "stays_green", "hums", "expected"),
    [
        pytest.param(Fairness.NONE, False, False, Outcome.VIOLATED, id="without fairness the light may turn for ever"),
        pytest.param(
            Fairness.WEAK, False, False, Outcome.VIOLATED, id="weak fairness does not help while the light turns"
        ),
        pytest.param(Fairness.STRONG, False, False, Outcome.HOLDS, id="strong fairness lets the car pass"),
        pytest.param(Fairness.NONE, True, True, Outcome.VIOLATED, id="without fairness it may hum for ever"),
        pytest.param(Fairness.WEAK, True, True, Outcome.VIOLATED, id="red may hum for ever, as the light owes nothing"),
        pytest.param(Fairness.NONE, True, False, Outcome.HOLDS, id="where only one thing is left to happen it happens"),
    ],
)
@pytest.mark.parametrize("asked", [PASSED, SERVED], ids=["asked of the start", "asked from green on"])
def test_fairness_decides(asked, fairness, stays_green, hums, expected):
    """An eventually holds exactly where no fair run goes round without it."""
    if asked is SERVED and hums and fairness is Fairness.WEAK:
        expected = Outcome.HOLDS
    verdict = explore(crossing(fairness, stays_green=stays_green, hums=hums), [asked]).verdicts[0]

    assert verdict.outcome is expected
    assert (verdict.trace is None) == (expected is Outcome.HOLDS)


def test_a_lasso_is_a_stem_and_a_loop():
    """Under weak fairness the loop goes through red, where passing is off; and it comes back to where it began."""
    verdict = explore(crossing(Fairness.WEAK), [PASSED]).verdicts[0]
    run = replay(model.rules(Fairness.WEAK), {"crossing": model.start}, verdict.trace)

    assert verdict.trace.start == Start("crossing", stays_green=False, hums=False)
    assert (verdict.trace.events, verdict.trace.loop) == ((Turn(), Turn()), 0)
    assert run.final == run.states[0]
    assert str(verdict.trace).splitlines()[1] == "then for ever:"


def test_a_loop_contains_what_is_owed():
    """From green on, a weakly fair loop that hums must still turn to red, where nothing is owed."""
    verdict = explore(crossing(Fairness.WEAK, hums=True), [SERVED]).verdicts[0]
    states = replay(model.rules(Fairness.WEAK), {"crossing": model.start}, verdict.trace).states
    loop = states[verdict.trace.loop :]

    assert verdict.outcome is Outcome.VIOLATED
    assert {state["light"] for state in loop} == {"red", "green"}
    assert loop[0] == loop[-1]
    assert Pass() not in verdict.trace.events


def test_a_run_that_ends_without_is_a_violation():
    """A terminal state in which the condition is owed breaks an eventually, with the run that gets there."""
    never_blue = eventually("the light is blue", lambda state: state["light"] == "blue")
    verdict = explore(crossing(Fairness.NONE, stays_green=True), [never_blue]).verdicts[0]

    assert verdict.why == "the run ends, and the condition is not met"
    assert verdict.trace.events == (Turn(), Pass())


def test_convergence_is_the_end_of_change():
    """A light that turns for ever does not converge; one that stays green does; a quiet state counts as the end."""
    asked = converges("it comes to rest")
    quiet = converges("it comes to rest or hums", lambda state: state["car"] == "gone")

    assert explore(crossing(Fairness.STRONG), [asked]).verdicts[0].outcome is Outcome.VIOLATED
    assert explore(crossing(Fairness.STRONG), [quiet]).verdicts[0].outcome is Outcome.HOLDS
    assert explore(crossing(Fairness.NONE, stays_green=True), [asked]).verdicts[0].outcome is Outcome.HOLDS


def test_what_stays_is_not_undone():
    """Gone stays gone; green does not stay green, and the step that undoes it is shown."""
    gone = stays("gone stays gone", lambda state: state["car"] == "gone")
    green = stays("green stays green", lambda state: state["light"] == "green")
    findings = explore(crossing(Fairness.NONE), [gone, green])

    assert findings["gone stays gone"].outcome is Outcome.HOLDS
    assert findings["green stays green"].trace.events == (Turn(), Turn())


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        pytest.param(1, Outcome.VIOLATED, id="one step is not enough"),
        pytest.param(2, Outcome.HOLDS, id="two steps are"),
    ],
)
def test_a_condition_may_be_due_within_steps(within, expected):
    """Turn, then pass: two steps, fair or not."""
    asked = eventually("soon", lambda state: state["car"] == "gone", within=within)
    verdict = explore(crossing(Fairness.NONE, stays_green=True), [asked]).verdicts[0]

    assert verdict.outcome is expected
    assert verdict.trace is None or verdict.trace.events == (Turn(),)


def test_a_delay_without_end_is_late_too():
    """Under strong fairness the car passes in the end, and yet not within any number of steps."""
    asked = eventually("soon", lambda state: state["car"] == "gone", within=50)

    assert len(explore(crossing(Fairness.STRONG), [asked]).verdicts[0].trace) == 50


def test_a_limit_leaves_liveness_open():
    """What lies behind the limit may break it; what was seen to break it, breaks it."""
    strong = explore(crossing(Fairness.STRONG, hums=True), [PASSED], limits=Limits(states=3)).verdicts[0]
    none = explore(crossing(Fairness.NONE, hums=True), [PASSED], limits=Limits(steps=2)).verdicts[0]

    assert (strong.outcome, strong.why) == (Outcome.BOUNDED, "the limit of 3 states")
    assert (none.outcome, none.trace.events) == (Outcome.VIOLATED, (Turn(), Turn()))


def test_an_eventually_met_before_the_limit_holds():
    """Once every run has met the condition, the rest of the states does not matter."""
    green = eventually("it turns green", lambda state: state["light"] == "green")

    assert explore(crossing(Fairness.NONE), [green], limits=Limits(steps=1)).verdicts[0].outcome is Outcome.HOLDS


def test_progress_is_told_while_the_graph_is_built():
    """Building the graph tells its counts too."""
    told = []
    explore(crossing(Fairness.STRONG, hums=True), [PASSED], reporting=Reporting(hook=told.append, every=2))

    assert [each.waiting >= 0 for each in told] == [True] * 3


def test_safety_and_liveness_are_asked_together():
    """Verdicts come in the order of the properties, whatever pass they come from."""
    safe = always("the car is somewhere", lambda state: state["car"] in {"waiting", "gone"})
    findings = explore(crossing(Fairness.STRONG), [PASSED, safe, SERVED])

    assert [verdict.property for verdict in findings.verdicts] == [PASSED.name, safe.name, SERVED.name]
    assert {verdict.outcome for verdict in findings.verdicts} == {Outcome.HOLDS}
    assert findings.coverage.states == 4
