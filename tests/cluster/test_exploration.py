"""Exhaustive searches of small clusters: how many states there are, and where they all end."""

from __future__ import annotations

import pytest
from cluster_models.bare import BARE
from cluster_models.pods import bare_pods, outcome
from cluster_models.writers import count, finished, no_update_is_lost, two_writers

from kcore.cluster.events import Committed, TurnTaken
from kcore.cluster.losses import ASTRAY, RESTART
from kcore.cluster.timing import Timing
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.kubelet import KUBELET
from kcore.machine import Outcome, always, explore, run, sometimes
from kcore.model import settle
from kcore.scheduler import SCHEDULER

REAL = (GARBAGE_COLLECTOR, SCHEDULER, KUBELET)


def settles_alike(model, system):
    """The property: where nothing is due any more, the pods are what a prompt run makes of them."""
    ((_, start),) = system.starts()
    wanted = outcome(settle(model, start).state, placed=False)
    return always(
        "every run ends alike", lambda state: bool(model.enabled(state)) or outcome(state, placed=False) == wanted
    )


@pytest.mark.parametrize(
    ("timing", "pods", "nodes", "budget", "states"),
    [
        pytest.param(Timing.PROMPT, 1, 1, {}, 7, id="prompt: one path"),
        pytest.param(Timing.PROMPT, 2, 2, {}, 12, id="prompt: one path for two pods on two nodes"),
        pytest.param(Timing.INTERLEAVED, 1, 1, {}, 9, id="interleaved: one pod"),
        pytest.param(Timing.INTERLEAVED, 2, 1, {}, 24, id="interleaved: two pods on one node"),
        pytest.param(Timing.INTERLEAVED, 2, 2, {}, 37, id="interleaved: two pods on two nodes"),
        pytest.param(Timing.INTERLEAVED, 3, 2, {}, 106, id="interleaved: three pods on two nodes"),
        pytest.param(Timing.LAGGING, 1, 1, {}, 23, id="lagging: one pod"),
        pytest.param(Timing.LAGGING, 2, 1, {}, 159, id="lagging: two pods on one node"),
        pytest.param(Timing.LAGGING, 2, 2, {}, 814, id="lagging: two pods on two nodes"),
        pytest.param(Timing.LOSSY, 1, 1, {ASTRAY: 1}, 61, id="lossy: one call goes astray"),
        pytest.param(Timing.LOSSY, 1, 1, {RESTART: 1}, 44, id="lossy: one restart"),
        pytest.param(Timing.LOSSY, 1, 1, {ASTRAY: 1, RESTART: 1}, 122, id="lossy: both"),
        pytest.param(Timing.LOSSY, 2, 1, {ASTRAY: 1}, 587, id="lossy: two pods, one call goes astray"),
    ],
)
def test_bare_pods_run_in_the_end_whatever_happens_on_the_way(timing, pods, nodes, budget, states):
    """All states are seen, their number is known, and where nothing is due all pods run."""
    model, system = bare_pods(timing, pods=pods, nodes=nodes, budget=budget)
    findings = explore(system, [settles_alike(model, system)])

    assert findings.verdicts[0].outcome is Outcome.HOLDS
    assert findings.coverage.limit is None
    assert findings.coverage.states == states
    assert findings.coverage.terminal >= 1


def graph(system):
    """The states of a whole search by fingerprint, and for each the states from which a move leads there."""
    ((_, start),) = system.starts()
    begun = system.fingerprint(start)
    states, before, waiting = {begun: start}, {begun: []}, [begun]
    for here in waiting:
        for delta, _, successor in system.moves(states[here]):
            there = here + delta
            if there not in states:
                states[there], before[there] = successor, []
                waiting.append(there)
            before[there].append(here)
    return states, before


def reaching(ends, before):
    """The states from which there is a way to one of `ends`."""
    reached, waiting = set(ends), list(ends)
    for there in waiting:
        new = set(before[there]) - reached
        reached |= new
        waiting += new
    return reached


@pytest.mark.parametrize(
    ("timing", "budget"),
    [
        pytest.param(Timing.INTERLEAVED, {}, id="interleaved"),
        pytest.param(Timing.LAGGING, {}, id="lagging"),
        pytest.param(Timing.LOSSY, {ASTRAY: 1}, id="lossy: a call goes astray"),
        pytest.param(Timing.LOSSY, {RESTART: 1}, id="lossy: a restart"),
    ],
)
@pytest.mark.parametrize("components", [BARE, REAL], ids=["a kubelet of a few lines", "the real kubelet"])
def test_a_pod_gets_to_run_from_wherever_a_run_has_come(components, timing, budget):
    """There is always a way to the end, and nobody leaves it again: nothing waits for ever, or runs in circles."""
    model, system = bare_pods(timing, budget=budget, components=components)
    ((_, start),) = system.starts()
    wanted = outcome(settle(model, start).state)
    states, before = graph(system)
    ends = {here for here, state in states.items() if outcome(state) == wanted}

    assert reaching(ends, before) == states.keys()
    assert reaching(states.keys() - ends, before).isdisjoint(ends)


@pytest.mark.parametrize(
    ("timing", "budget", "states", "most"),
    [
        pytest.param(Timing.INTERLEAVED, {}, 28, 2, id="interleaved"),
        pytest.param(Timing.LAGGING, {}, 84, 2, id="lagging"),
        pytest.param(Timing.LOSSY, {ASTRAY: 1}, 407, 3, id="lossy: a call goes astray"),
        pytest.param(Timing.LOSSY, {RESTART: 1}, 167, 2, id="lossy: a restart"),
    ],
)
def test_two_careful_writers_lose_no_update_under_any_interleaving(timing, budget, states, most):
    """The counter is at least what was acknowledged; only a lost answer makes somebody count twice."""
    model, system = two_writers(timing, budget=budget)
    asked = (
        no_update_is_lost(),
        always("both count in the end", lambda state: bool(model.enabled(state)) or finished(state) == 2),
        always("nobody counts for no reason", lambda state: count(state) <= most),
        sometimes("the counter gets to its most", lambda state: count(state) == most),
    )
    findings = explore(system, asked)

    assert [one.outcome for one in findings.verdicts] == [Outcome.HOLDS] * 4
    assert explore(system).coverage.states == states


def test_two_careless_writers_lose_an_update():
    """Without the precondition on the version both write 1: the property can fail, and its story is the shortest."""
    model, system = two_writers(Timing.INTERLEAVED, careful=False)
    verdict = explore(system, [no_update_is_lost()])["no update is lost"]

    assert verdict.outcome is Outcome.VIOLATED
    assert [type(event) for event in verdict.trace.events] == [TurnTaken, TurnTaken, Committed, Committed]
    ((_, start),) = system.starts()
    assert count(run(model.table, start, verdict.trace.events).final) == 1


def test_a_prompt_run_can_not_show_the_lost_update():
    """The careless pass where turns are not interleaved: the timing is what finds them."""
    _, system = two_writers(Timing.PROMPT, careful=False)

    assert explore(system, [no_update_is_lost()])["no update is lost"].outcome is Outcome.HOLDS
