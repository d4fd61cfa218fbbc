"""The standing questions: what is asked of plain manifests, one row a question and object.

Models single disturbances of the settled cluster, each a prompt run of its own: the loss of a node or zone, the drain
of a node, a rollout of a workload (to an image that works, that never becomes ready, or that does not work and nobody
notices), and a restart of each part of the control plane. A row holds when every run of its question kept it.

Not modelled: two disturbances at a time, and other orders of what happens at one time: a Check asks for those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.cluster.state import ClusterState
from kcore.machine import Culprits, Finding, Kind, Outcome, Trace
from kcore.model import Model
from kcore.users.drain import Drain
from kcore.users.rollout import SetImage
from kcore.verify.asked import Asked, Statement
from kcore.verify.conditions import answering
from kcore.verify.disturbances import DISTURBANCES, name_of, selected, services, workloads
from kcore.verify.origin import Origin
from kcore.verify.tracefile import TraceFile
from kcore.verify.trials import Course, Trial, follow


@attrs.frozen(kw_only=True)
class Row:
    """The answer to one question about one object ("Service/default/web"); `outcome` None: not asked, `why` says why.

    `course` is the run that broke it.
    """

    question: str
    sentence: str
    about: str
    outcome: Outcome | None
    runs: int = 0
    why: str = ""
    course: Course | None = None
    asked: Asked | None = None
    trace: TraceFile | None = None

    @property
    def violated(self) -> bool:
        """Tell whether the answer is no."""
        return self.outcome is Outcome.VIOLATED


@attrs.frozen(kw_only=True)
class Question:
    """A question: `disturbances` are its trials, `of` the objects that it is about, `asked` what is asked of one."""

    name: str
    sentence: str
    of: Callable[[ClusterState], Sequence[str]]
    condition: str
    form: Kind
    disturbances: tuple[str, ...]

    def asked(self, about: str) -> Asked:
        """Return what is asked of one object."""
        return Asked(form=self.form, condition=Statement(name=self.condition, about=about))


def ask_all(model: Model, origin: Origin, base: ClusterState, tell: Callable[[str], None]) -> list[Row]:
    """Return the rows of all questions that are asked by trials; `tell` hears of each run as it begins."""
    disturbances = {name: tuple(make(base)) for name, make in DISTURBANCES.items()}
    wanted = {name: _wanted(base, name) for name in disturbances}
    courses: dict[str, list[Course]] = {name: [] for name in disturbances}
    for name, trials in disturbances.items():
        for trial in trials:
            asked = [*wanted[name].values(), *_own(name, trial)]
            if asked:
                tell(trial.name)
                courses[name].append(follow(model, base, trial, asked))
    rows = []
    for question in QUESTIONS:
        for about in question.of(base):
            relevant = [
                one for name in question.disturbances for one in courses[name] if _concerns(question, about, one)
            ]
            rows.append(_row(origin, base, question, about, relevant))
    return rows


def _wanted(base: ClusterState, disturbance: str) -> dict[str, Asked]:
    """Return what is asked in each run of a disturbance, by the name of the property."""
    found = [
        question.asked(about)
        for question in QUESTIONS
        if disturbance in question.disturbances and question.form is Kind.ALWAYS
        for about in question.of(base)
        if _holds(question, about, base)
    ]
    return {one.name: one for one in found}


def _own(disturbance: str, trial: Trial) -> list[Asked]:
    """Return what is asked of the object that a trial is about: that its rollout or drain ends."""
    event = trial.events[0]
    if disturbance == "drain" and isinstance(event, Drain):
        return [_DRAIN.asked(f"Node/{event.node}")]
    if disturbance == "rollout" and isinstance(event, SetImage):
        target = event.target
        return [_ROLLOUT.asked(f"{target.kind}/{target.namespace}/{target.name}")]
    return []


def _concerns(question: Question, about: str, course: Course) -> bool:
    """Tell whether a run answers a question about an object: any does, but for the end of a rollout or drain."""
    event = course.trial.events[0]
    if question.form is Kind.ALWAYS:
        return True
    if isinstance(event, SetImage):
        return about == f"{event.target.kind}/{event.target.namespace}/{event.target.name}"
    return isinstance(event, Drain) and about == f"Node/{event.node}"


def _row(origin: Origin, base: ClusterState, question: Question, about: str, courses: Sequence[Course]) -> Row:
    asked = question.asked(about)
    row = Row(question=question.name, sentence=question.sentence, about=about, outcome=None, asked=asked)
    if not _holds(question, about, base):
        return attrs.evolve(row, why="it does not answer to begin with")
    done = [one for one in courses if one.moments]
    if not done:
        return attrs.evolve(row, why=next((one.refused for one in courses), "there is nothing to disturb it with"))
    broken = next((one for one in done if asked.name in one.breaches), None)
    if broken is None:
        moving = next((one for one in done if not one.rests), None)
        if moving is not None:
            why = f"after {moving.trial.name} the cluster did not come to rest within the time of the run"
            return attrs.evolve(row, outcome=Outcome.BOUNDED, runs=len(done), why=why)
        return attrs.evolve(row, outcome=Outcome.HOLDS, runs=len(done))
    breach = broken.breaches[asked.name]
    events = tuple(moment.event for moment in broken.moments[: breach.at])
    trace = TraceFile(
        trace=Trace(start=origin.start, events=events), asked=asked, violated=f"{asked.name}: {breach.culprits}"
    )
    return attrs.evolve(
        row, outcome=Outcome.VIOLATED, runs=len(done), why=str(breach.culprits), course=broken, trace=trace
    )


def _holds(question: Question, about: str, base: ClusterState) -> bool:
    """Tell whether what is to hold always does so before anything is done."""
    return question.form is not Kind.ALWAYS or question.asked(about).condition.condition()(base) is True


def row_now(question: str, sentence: str, about: str, finding: Finding) -> Row:
    """Return the row of a question that the settled cluster answers by itself."""
    outcome = Outcome.HOLDS if finding is True else Outcome.VIOLATED
    why = str(finding) if isinstance(finding, Culprits) else ""
    return Row(question=question, sentence=sentence, about=about, outcome=outcome, runs=1, why=why)


def _of_nodes(state: ClusterState) -> list[str]:
    return [f"Node/{name}" for name in sorted(state.world.machines)]


def _sets(state: ClusterState) -> list[str]:
    return workloads(state, "StatefulSet")


def _ingresses(state: ClusterState) -> list[str]:
    return [name_of(key_of(one)) for one in state.store.list("Ingress")]


def _endpoint(name: str, words: str, *disturbances: str) -> Question:
    sentence = f"keeps an endpoint through {words}"
    return Question(
        name=f"endpoint-{name}",
        sentence=sentence,
        of=services,
        condition="answers",
        form=Kind.ALWAYS,
        disturbances=disturbances,
    )


_DRAIN = Question(
    name="drain-ends",
    sentence="its drain ends",
    of=_of_nodes,
    condition="drained",
    form=Kind.EVENTUALLY,
    disturbances=("drain",),
)
_ROLLOUT = Question(
    name="rollout-ends",
    sentence="a rollout ends",
    of=workloads,
    condition="rolled-out",
    form=Kind.EVENTUALLY,
    disturbances=("rollout",),
)
_IDENTITY = Question(
    name="identities",
    sentence="runs no identity twice, whatever is lost, drained or rolled out",
    of=_sets,
    condition="one-runs-at-most",
    form=Kind.ALWAYS,
    disturbances=("node", "zone", "drain", "rollout", "restart"),
)
_PATHS = Question(
    name="paths",
    sentence="leads each path to a pod that answers, whatever node or zone is lost, drained or rolled out",
    of=_ingresses,
    condition="routed",
    form=Kind.ALWAYS,
    disturbances=("node", "zone", "drain", "rollout"),
)

QUESTIONS: tuple[Question, ...] = (
    _endpoint("node", "the loss of any one node", "node"),
    _endpoint("zone", "the loss of any one zone", "zone"),
    _endpoint("drain", "the drain of any node", "drain"),
    _endpoint("rollout", "a rollout of each workload", "rollout"),
    _endpoint("bad-rollout", "a rollout of each workload to an image that never gets ready", "stuck"),
    _endpoint("unnoticed", "a rollout of each unprobed workload to an image that does not work", "broken"),
    _endpoint("restart", "a restart of each part of the control plane and the nodes", "restart"),
    _DRAIN,
    _ROLLOUT,
    _IDENTITY,
    _PATHS,
)


def served_now(state: ClusterState, service: str) -> Finding:
    """Tell whether a Service answers as the cluster has come up."""
    kind, namespace, name = service.split("/")
    key = ObjectKey(kind, namespace, name)
    if answering(state, key):
        return True
    pods = selected(state, key)
    why = "no pod that it selects is ready" if pods else "it selects no pod"
    return Culprits(why, *(name_of(key_of(pod)) for pod in pods))
