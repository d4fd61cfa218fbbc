"""The Hypothesis rules of a cluster's machine: one for each fault and each act, and those that let time go on.

Models the seam between what may happen and what is drawn: an event is drawn among those that its rule offers now, and a
rule that offers nothing is not offered itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.machine import Property, Rule
from kcore.model.model import Event
from kcore.testing.acts import Act
from kcore.testing.cluster import Cluster
from kcore.testing.experiment import Experiment
from kcore.testing.run import ClusterRun
from kcore.testing.violation import identifier

if TYPE_CHECKING:
    from kcore.testing.machine import ClusterMachine

MOVES = 60
"""How many moves `progress` lets the cluster make at most."""

MOST_ORDERS = 2**16
"""From so many random orders `progress` draws one, where the timing leaves the order open; 0 is the cluster's own."""


def hypothesis_rules(experiment: Experiment, timing: Timing, waits: Sequence[int]) -> dict[str, Any]:
    """Return the Hypothesis rules by name."""
    rules: dict[str, Any] = {
        "settle": _settle(),
        "wait": _wait(waits),
        "progress": _progress(any_order=timing.freedom.order),
    }
    if timing.freedom.order:
        rules["move"] = _choice("move", ClusterRun.offered_moves)
    for fault in experiment.faults:
        name = identifier(fault.name.partition(".")[2])
        rules[name] = _choice(name, partial(_of_fault, fault))
    for act in experiment.acts:
        rules[act.name] = _choice(act.name, partial(_of_act, act))
    return rules


def _of_fault(fault: Rule[ClusterState, Any], run: ClusterRun) -> Sequence[Event]:
    return run.offered(fault)


def _of_act(act: Act, run: ClusterRun) -> Sequence[Event]:
    return run.offered_acts(act)


def _choice(name: str, offered: Callable[[ClusterRun], Sequence[Event]]) -> Any:
    """Return the Hypothesis rule that lets one of the offered events happen; not offered where there is none."""

    def happens(self: ClusterMachine, event: Event) -> None:
        self.run.choose(name, event)
        self.measure()

    drawn = st.runner().flatmap(lambda machine: st.sampled_from(offered(machine.run)))
    happens.__name__ = name
    return precondition(lambda machine: bool(offered(machine.run)))(rule(event=drawn)(happens))


def _progress(*, any_order: bool) -> Any:
    moves = st.integers(1, MOVES)
    orders = st.integers(0, MOST_ORDERS) if any_order else st.just(0)

    @rule(moves=moves, order=orders)
    def progress(self: ClusterMachine, moves: int, order: int) -> None:
        self.run.advance_moves(moves, order)
        self.measure()

    return progress


def _wait(waits: Sequence[int]) -> Any:
    durations = sorted(waits)
    any_of_them, shortest = st.sampled_from(durations), st.just(durations[0])

    @rule(ms=st.runner().flatmap(lambda machine: any_of_them if machine.run.patient else shortest))
    def wait(self: ClusterMachine, ms: int) -> None:
        self.run.wait(ms)
        self.measure()

    return wait


def _settle() -> Any:
    @rule()
    def settle(self: ClusterMachine) -> None:
        self.run.settle()
        self.measure()

    return settle


def hypothesis_invariants(experiment: Experiment) -> dict[str, Any]:
    """Return an invariant for each law, by its name."""
    return {f"law_{identifier(law.name)}": _law(law) for law in experiment.laws}


def _law(law: Property[ClusterState]) -> Any:
    """Return the invariant of a law; Hypothesis meets and names only the one that is broken."""

    def holds(self: ClusterMachine) -> None:
        self.check(law)

    holds.__name__ = f"law_{identifier(law.name)}"
    holds.__doc__ = law.name
    return precondition(lambda machine: machine.run.breaks(law))(invariant()(holds))


def beginning(clusters: st.SearchStrategy[Cluster]) -> Any:
    """Return the Hypothesis rule that draws the cluster before anything else."""

    @initialize(cluster=clusters)
    def begin_cluster(self: ClusterMachine, cluster: Cluster) -> None:
        self.begin(cluster)

    return begin_cluster
