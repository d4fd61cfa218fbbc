"""The Hypothesis state machine of a cluster, made from the rule table.

Models a test in which everything that may go wrong is drawn: one Hypothesis rule for each fault, for each act of a
person, and for progress (so many moves of the cluster, so much time, or until it is quiet); under the wilder timings
also for single moves, in any order that the timing allows. Each law is an invariant of its own. A run is a function of
what was drawn, and of nothing else.

Does not model the search: Hypothesis draws, shrinks and reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import attrs
from hypothesis import HealthCheck, Phase, note, target
from hypothesis import event as label
from hypothesis import settings as Settings  # noqa: N812 - `settings` is what callers call theirs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from kcore.api.frozenmap import EMPTY
from kcore.client.component import Component
from kcore.cluster.config import DEFAULT_CONFIG, ClusterConfig
from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.invariants.table import laws_under
from kcore.machine import Property, Trace
from kcore.model import NodeSpec, build_model
from kcore.model.cloud import model_of
from kcore.model.model import Event
from kcore.testing.acts import Act, acts_of
from kcore.testing.cluster import Cluster, Given, given_cluster
from kcore.testing.experiment import Asked, Experiment, fault_rules, laws_of, mending_rules, questions_of
from kcore.testing.hypothesis_rules import beginning, hypothesis_invariants, hypothesis_rules
from kcore.testing.measures import MEASURES
from kcore.testing.run import ClusterRun
from kcore.testing.story import story
from kcore.testing.violation import ViolationError, error_classes
from kcore.users.rules import UserEvent

WAITS = (1_000, 15_000, 60_000, 400_000)
"""How long may pass at once (ms): a moment, a heartbeat, until a silent node is unready, until its pods are evicted."""

Measure: TypeAlias = Callable[[ClusterState], float]
"""How far a state is on the way to what is looked for."""


class ClusterMachine(RuleBasedStateMachine):
    """A cluster under test; made by `cluster_machine`. `TestCase` is what a test runner collects."""

    experiment: ClassVar[Experiment]
    measures: ClassVar[Mapping[str, Measure]]
    errors: ClassVar[Mapping[str, type[ViolationError]]]
    begun: ClassVar[tuple[Cluster, ClusterState] | None] = None

    def __init__(self) -> None:
        super().__init__()
        self._peaks: dict[str, float] = {}
        self._run: ClusterRun | None = None
        if self.begun is not None:
            cluster, state = self.begun
            self._run = ClusterRun(self.experiment, state, cluster.start)

    @property
    def run(self) -> ClusterRun:
        """The run of this example."""
        if self._run is None:
            raise AttributeError("the cluster has not been drawn yet")
        return self._run

    @property
    def state(self) -> ClusterState:
        """The state that the cluster is in."""
        return self.run.state

    @property
    def trace(self) -> Trace[Event]:
        """The run so far, which replays from itself alone."""
        return self.run.trace

    def begin(self, cluster: Cluster) -> None:
        """Boot a cluster that was drawn."""
        self._run = ClusterRun(self.experiment, cluster.boot(self.experiment.model), cluster.start)

    def measure(self) -> None:
        """Remember how far this run has come."""
        for name, of in self.measures.items():
            self._peaks[name] = max(self._peaks.get(name, 0.0), float(of(self.state)))

    def check(self, law: Property[ClusterState]) -> None:
        """Raise the violation of a law, if it is the one that this run broke."""
        if self.run.breach is not None and self.run.breaks(law):
            raise self.errors[law.name](law.name, self.run.breach.culprits, self.trace)

    def teardown(self) -> None:
        """Ask the questions, hand Hypothesis the labels and targets of this run, and tell its story if it failed."""
        run = self._run
        if run is None:
            return
        broken = run.breach is not None or run.error_at is not None
        try:
            if not broken:
                run.finish()
                self._report(run)
            if not broken and run.breach is not None:
                name = run.breach.property.name
                raise self.errors[name](name, run.breach.culprits, run.trace)
        finally:
            note(_Told(run))

    def _report(self, run: ClusterRun) -> None:
        for name in sorted(run.happened):
            label(f"happened: {name}")
        label("moves of the cluster", _bucket(run.moves))
        label("times settled", str(run.settled))
        for name, peak in self._peaks.items():
            target(peak, label=name)


@attrs.frozen
class _Told:
    """The story of a run, told only where Hypothesis shows it."""

    run: ClusterRun

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - the signature of pretty printing
        printer.text(story(self.run))


def cluster_machine(  # noqa: PLR0913 - the front door: each parameter is a choice of its own and has a default
    given: Given | Cluster | st.SearchStrategy[Cluster] = (),
    *,
    nodes: int | Sequence[NodeSpec] = 3,
    timing: Timing = Timing.PROMPT,
    faults: Mapping[str, int] = EMPTY,
    acts: Iterable[Act | UserEvent] = (),
    laws: Iterable[Asked] | None = None,
    eventually: Iterable[Asked] = (),
    within: int = 900_000,
    components: Iterable[Component] | None = None,
    config: ClusterConfig = DEFAULT_CONFIG,
    settled: bool = True,
    waits: Sequence[int] = WAITS,
    measures: Mapping[str, Measure] = MEASURES,
    settings: Settings | None = None,
    name: str = "Cluster",
) -> type[ClusterMachine]:
    """Return the Hypothesis state machine of a cluster; its `TestCase` is what a test runner collects.

    `given` are manifests or objects for `nodes`, a `Cluster`, or a strategy of clusters, which then say their own
    nodes, timing, budgets, configuration and whether they have `settled` when the run begins.
    `faults` says which may happen and how often ({"nodeCrash": 1}; "total" bounds their sum), `acts` what people may do
    (a bare event: once).
    `laws` have to hold after every event, by default those of kcore under this timing; `eventually` has to come true
    once all is mended, within `within` ms.
    `components` are the processes of the cluster, `components_with(MINE)` for one's own among them.
    `waits` are the durations (ms) that may pass at once; `measures` are what Hypothesis tries to make large.
    """
    if isinstance(given, st.SearchStrategy):
        cluster: Cluster | st.SearchStrategy[Cluster] = given
    elif isinstance(given, Cluster):
        cluster, timing = given, given.plan.timing
    else:
        cluster = given_cluster(given, nodes=nodes, timing=timing, faults=faults, config=config, settled=settled)
    model = model_of(config) if components is None else build_model(components)
    budget = cluster.plan.budget if isinstance(cluster, Cluster) else faults
    experiment = Experiment(
        model=model,
        faults=fault_rules(model, budget),
        mends=mending_rules(model),
        acts=acts_of(acts, lambda event: model.table.rule_of(event).name),
        laws=laws_of(laws_under(timing) if laws is None else laws),
        questions=questions_of(eventually),
        within=within,
    )
    namespace = {"experiment": experiment, "measures": measures, **hypothesis_rules(experiment, timing, waits)}
    machine = _machine_class(name, namespace, cluster)
    machine.TestCase.settings = _patient(Settings()) if settings is None else settings
    return machine


def violation_of(machine: type[ClusterMachine], settings: Settings | None = None) -> ViolationError | None:
    """Return the shrunk violation that Hypothesis finds, None when it finds none."""
    try:
        run_state_machine_as_test(machine, settings=settings or machine.TestCase.settings)
    except ViolationError as violation:
        return violation
    return None


def _machine_class(
    name: str, namespace: dict[str, Any], cluster: Cluster | st.SearchStrategy[Cluster]
) -> type[ClusterMachine]:
    """Return the class of a machine, with an invariant a law, that begins with `cluster` or draws it."""
    experiment: Experiment = namespace["experiment"]
    if isinstance(cluster, Cluster):
        start = {"begun": (cluster, cluster.boot(experiment.model))}
    else:
        start = {"begin_cluster": beginning(cluster)}
    counts = f"{len(experiment.laws)} laws, {len(experiment.questions)} questions"
    own = {
        "__doc__": f"A cluster under test: {counts}.",
        "errors": error_classes((*experiment.laws, *experiment.questions)),
        **hypothesis_invariants(experiment),
    }
    return type(name, (ClusterMachine,), {**namespace, **own, **start})


def _patient(settings: Settings) -> Settings:
    """Return the settings without what tells nothing of a cluster: deadlines, health checks, lines of source."""
    phases = tuple(phase for phase in settings.phases if phase is not Phase.explain)
    return Settings(settings, deadline=None, phases=phases, suppress_health_check=list(HealthCheck))


def _bucket(count: int) -> str:
    """Return an order of magnitude as words, so that labels are few."""
    return next((f"at most {most:,}" for most in (10, 100, 1_000, 10_000) if count <= most), "more than 10,000")
