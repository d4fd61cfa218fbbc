"""The Hypothesis state machine of a cluster: what it draws, what it finds, how it shrinks and how it tells of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fleet import FLEET, SOME, both_copies_in_the_end, fleet_controller, fleet_machine, no_copy_too_many
from hypothesis import settings
from small_clusters import QUICK, WEB, deployment, service

from kcore.cluster.events import Delivered, TurnTaken
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.errors import InputError, MisuseError
from kcore.faults.node_cut_off import NodeCutOff
from kcore.invariants.table import laws_under
from kcore.machine import always, converges, leads_to, never, replay
from kcore.testing import Act, ViolationError, cluster_machine, components_with, violation_of
from kcore.testing.acts import deletions, rollouts, uncordons
from kcore.testing.strategies import clusters, deployments
from kcore.users.delete import Delete
from kcore.users.patch import Cordon
from kcore.verify.origin import starts

HERE = Path(__file__).parent

FEW = settings(SOME, max_examples=8)


TestShop = cluster_machine(
    [deployment(2), service()],
    nodes=2,
    faults={"containerCrash": 1},
    acts=[rollouts(WEB, "web:v2")],
    config=QUICK,
    settings=FEW,
).TestCase


# What it finds


@pytest.mark.parametrize("timing", [Timing.LAGGING, Timing.LOSSY], ids=lambda timing: timing.value)
def test_a_controller_that_trusts_a_stale_cache_is_found_out(timing):
    """A careless reconcile makes a copy too many as soon as its cache lags, in a run that can't be shorter."""
    violation = violation_of(fleet_machine(timing=timing), SOME)

    assert violation is not None
    assert violation.property_name == "no copy too many"
    assert str(violation).startswith("no copy too many: too many copies: copy-")
    assert [type(event) for event in violation.trace.events].count(TurnTaken) == 2
    assert len(violation.trace) <= 8


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.INTERLEAVED], ids=lambda timing: timing.value)
def test_a_tamer_timing_does_not_find_it(timing):
    """Where caches are up to date the careless controller makes no mistake: the timing is what finds it."""
    assert violation_of(fleet_machine(timing=timing), SOME) is None


@pytest.mark.parametrize("timing", list(Timing), ids=lambda timing: timing.value)
def test_the_careful_controller_passes_under_every_timing(timing):
    """Stale caches, lost calls and restarts do it no harm, and it comes to its end when they stop."""
    machine = fleet_machine(
        careful=True,
        timing=timing,
        faults={"callAstray": 2, "processRestart": 1},
        eventually=[both_copies_in_the_end()],
    )

    assert violation_of(machine, SOME) is None


def test_a_question_that_has_no_answer_is_a_violation_with_its_run():
    """What does not come true once all is mended fails at the end of the run, with the property's name."""
    never_there = leads_to("a copy leads to ten", lambda state: bool(state.store.list("Secret")), lambda _: False)
    machine = fleet_machine(careful=True, timing=Timing.PROMPT, eventually=[never_there], within=5_000)
    violation = violation_of(machine, FEW)

    assert violation is not None
    assert violation.property_name == "a copy leads to ten"
    assert "once all is mended" in str(violation)


def test_what_is_cut_off_is_mended_before_the_end_is_asked_about():
    """A node that is cut off has its link again, and one that is cordoned takes pods, when the question is asked."""

    def mended(state):
        nodes = state.store.list("Node")
        return all(one.connected for one in state.world.machines.values()) and not any(
            one.spec.unschedulable for one in nodes
        )

    machine = cluster_machine(
        nodes=2,
        faults={"nodePartition": 2},
        acts=[Act(name="cordon", events=lambda _: [Cordon(node="n1")], most=1), uncordons()],
        laws=[],
        eventually=[always("all is mended", mended)],
        config=QUICK,
        within=10_000,
    )

    assert violation_of(machine, FEW) is None


def test_two_laws_are_told_apart():
    """Each property has an exception of its own, so that Hypothesis shrinks each for itself."""
    one, other = never("no copy", lambda state: bool(state.store.list("Secret"))), no_copy_too_many()
    machine = cluster_machine(
        [FLEET],
        nodes=0,
        timing=Timing.LAGGING,
        laws=[one, other],
        components=[fleet_controller(careful=False)],
        settled=False,
    )
    errors = {machine.errors[law.name] for law in (one, other)}

    assert len(errors) == 2
    assert all(issubclass(error, ViolationError) for error in errors)
    assert type(violation_of(machine, settings(SOME, report_multiple_bugs=False))) in errors


# Traces


def test_the_trace_of_a_violation_replays_to_it():
    """The last state of the trace, and none before, breaks the law for the same reason."""
    machine = fleet_machine()
    violation = violation_of(machine, SOME)
    model = machine.experiment.model
    states = replay(model.table, starts(model), violation.trace).states
    broken = [no_copy_too_many().broken(state) for state in states]

    assert len(states) == len(violation.trace) + 1
    assert broken[:-1] == [None] * len(violation.trace)
    assert broken[-1] == violation.culprits


REPLAY = """
import sys
from fleet import fleet_controller, no_copy_too_many
from kcore.machine import replay
from kcore.model import build_model
from kcore.verify.origin import starts
from kcore.verify.tracefile import parse_trace

model = build_model([fleet_controller(careful=False)])
trace = parse_trace(sys.stdin).trace
print(no_copy_too_many().broken(replay(model.table, starts(model), trace).final))
"""

FIND = """
from fleet import SOME, fleet_machine
from kcore.testing import violation_of

violation = violation_of(fleet_machine(), SOME)
print(violation, *violation.trace.events, sep="\\n")
"""


def run_python(code, *, given="", hash_seed="random"):
    """What a fresh process prints."""
    env = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONHASHSEED": hash_seed}
    arguments = [sys.executable, "-c", code]
    return subprocess.run(arguments, input=given, capture_output=True, check=True, env=env, text=True).stdout.strip()


def test_a_counterexample_replays_to_the_same_violation_in_a_fresh_process():
    """The lines of the report are all that a process needs that shares nothing with the one that found it."""
    violation = violation_of(fleet_machine(), SOME)
    lines = "\n".join(violation.__notes__).splitlines()
    trace = [line for line in lines if line.startswith("{")]

    assert run_python(REPLAY, given="\n".join(trace)) == str(violation.culprits)


def test_runs_under_different_hash_seeds_find_the_same():
    """What is found, and the way there, does not depend on how a process orders its sets."""
    one, other = run_python(FIND, hash_seed="1"), run_python(FIND, hash_seed="2")

    assert "too many copies" in one
    assert one == other


def test_a_violation_is_told_as_a_story():
    """The report holds the law by name, when what happened, and who is to blame."""
    notes = "\n".join(violation_of(fleet_machine(), SOME).__notes__)

    assert "state.law_no_copy_too_many()" in notes
    assert "Committed(fleet@m1): object.created object=Secret/copy-" in notes
    assert "Broken: no copy too many: too many copies" in notes


def test_an_error_in_a_reconcile_is_told_with_the_run_that_led_there():
    """A component that raises ends the run; the report says at which event."""

    def stumble(memory, view, key):
        raise ZeroDivisionError("the author's mistake")

    component = fleet_controller(careful=True)
    machine = cluster_machine(
        [FLEET],
        nodes=0,
        components=[type(component)(family="fleet", watches=component.watches, reconcile=stumble)],
        settled=False,
    )
    with pytest.raises(ZeroDivisionError) as raised:
        violation_of(machine, FEW)

    assert "An error ended it at: TurnTaken(" in "\n".join(raised.value.__notes__)


# What it draws


def test_there_is_a_rule_for_each_fault_and_each_act_and_for_time():
    """The names of the Hypothesis rules are those of the rule table and of the acts."""
    machine = cluster_machine(
        [deployment(1)],
        faults={"nodePartition": 1, "callAstray": 1},
        acts=[rollouts(WEB, "web:v2"), Cordon(node="n1"), Cordon(node="n2")],
        timing=Timing.LOSSY,
        laws=[],
        config=QUICK,
    )
    names = {rule.function.__name__ for rule in machine.setup_state().rules}

    assert names == {
        *("progress", "settle", "wait", "move"),
        *("cut_off_node", "reconnect_node", "lose_call"),
        *("set_image", "cordon_node"),
    }


def test_every_law_of_the_timing_is_an_invariant_unless_others_are_given():
    """By default a machine asks the laws that hold under its timing, each by its name."""
    for timing in Timing:
        machine = cluster_machine(nodes=1, timing=timing)
        invariants = [one.function.__doc__ for one in machine.setup_state().invariants]

        assert sorted(invariants) == sorted(law.name for law in laws_under(timing))


def test_a_fault_happens_as_often_as_its_budget_says():
    """Neither the drawn faults nor a bare act happen more often than they may."""
    most = []

    class Counting(
        cluster_machine([deployment(2)], nodes=2, faults={"containerCrash": 2}, acts=[Cordon(node="n1")], laws=[])
    ):
        def teardown(self):
            most.append(dict(self.run.happened))
            super().teardown()

    violation_of(Counting, SOME)

    assert max(one.get("crash_container", 0) for one in most) <= 2
    assert any("faults.crash_container" in one or "crash_container" in one for one in most)
    assert {one.get("cordon_node", 0) for one in most} == {0, 1}


def test_runs_are_not_trivially_short():
    """Examples take all their steps, and the cluster moves in most of them."""
    events = []

    class Measuring(cluster_machine([deployment(2)], nodes=2, faults={"containerCrash": 2}, laws=[], settled=False)):
        def teardown(self):
            events.append(len(self.trace))
            super().teardown()

    violation_of(Measuring, settings(SOME, stateful_step_count=50))

    assert sorted(events)[len(events) // 4] >= 20


def test_clusters_may_be_drawn():
    """A strategy in the place of manifests draws nodes and objects anew in each example; the start says which."""
    seen = set()

    class Drawn(cluster_machine(clusters(workloads=deployments(most=2), config=QUICK), config=QUICK)):
        def teardown(self):
            seen.add(self.trace.start)
            super().teardown()

    assert violation_of(Drawn, settings(FEW, stateful_step_count=5)) is None
    assert len(seen) > 1


def test_one_s_own_component_takes_the_place_of_the_one_of_its_family():
    """And the others keep their places; one of a new family comes last."""
    own = fleet_controller(careful=True)
    families = [one.family for one in components_with(own)]
    replaced = components_with(type(own)(family=families[0], watches={}, reconcile=own.reconcile))

    assert families[-1] == "fleet"
    assert [one.family for one in replaced] == families[:-1]
    assert replaced[0].reconcile is own.reconcile


# What it refuses


def test_a_fault_that_nobody_knows_is_refused_with_the_nearest_name():
    """A misspelt fault would be a fault that never happens."""
    with pytest.raises(MisuseError, match="did you mean nodePartition"):
        cluster_machine(nodes=1, faults={"nodePartitions": 1})


def test_a_law_that_no_state_can_break_is_refused():
    """Convergence is asked at the end of a run, or by a search."""
    with pytest.raises(MisuseError, match="converges"):
        cluster_machine(nodes=1, laws=[converges("it converges")])


def test_an_object_that_the_api_server_refuses_is_an_error():
    """A test of a cluster without its objects would pass for no reason."""
    with pytest.raises(InputError, match="replicas"):
        cluster_machine([deployment(-1)], nodes=1)


def test_two_acts_of_one_name_are_refused():
    """Each act is a Hypothesis rule, which is told by its name."""
    with pytest.raises(MisuseError, match="delete_pod"):
        cluster_machine(nodes=1, acts=[deletions(), deletions(most=1)])


def test_an_act_that_does_not_apply_is_not_offered():
    """A cluster without pods offers nobody to delete; time goes on."""
    act = Delete(target=Target(kind="Pod", namespace="default", selector="app=web"))
    machine = cluster_machine(nodes=1, acts=[act], laws=[always("nobody is deleted", lambda _: True)])

    assert violation_of(machine, FEW) is None


def test_time_may_be_drawn_move_by_move_where_the_order_is_open():
    """Under the wilder timings single moves are drawn too, deliveries among them."""
    kinds = set()

    class Moving(fleet_machine(careful=True)):
        def teardown(self):
            kinds.update(map(type, self.trace.events))
            super().teardown()

    violation_of(Moving, SOME)

    assert {Delivered, TurnTaken} <= kinds
    assert NodeCutOff not in kinds
