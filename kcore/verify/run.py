"""Running a scenario: boot, then one step after the other, with the answers and, after each settle, the objects.

A run is one path through the model, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeAlias

import attrs

from kcore.api.convert import to_wire
from kcore.api.json import Wire
from kcore.api.object import ObjectKey
from kcore.apiserver.backup import save
from kcore.cluster.state import ClusterState
from kcore.errors import InputError, Place
from kcore.machine import Note, Refusal, Step
from kcore.model import Model, Plan, advance, boot, settle
from kcore.model.cloud import model_of
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply
from kcore.users.export import exported
from kcore.users.restore import Restore
from kcore.verify.scenario import Scenario
from kcore.verify.steps import Act, Found, Keep, NewCluster, Return, Settle, Wait
from kcore.verify.targets import NAMESPACE


@attrs.frozen(kw_only=True)
class Answer:
    """What the API server answered to one request of a step: `on` is "Deployment/web", `field` the first at fault."""

    verb: str
    on: str
    code: int
    reason: str = ""
    message: str = ""
    field: str = ""

    @property
    def granted(self) -> bool:
        """Tell whether the request was granted; a refusal may come without a reason."""
        return self.code < 400

    def __str__(self) -> str:
        """Return "201" or "422 Invalid"."""
        return f"{self.code} {self.reason}".strip()


@attrs.frozen(kw_only=True)
class StepResult:
    """What became of a step: its number, operation, answers, the state after it and whether it is a settled one.

    `notes` are all that were left on the way. `given` are the objects that every cluster has from its start; they are
    of no interest to a reader.
    """

    number: int
    op: str
    answers: tuple[Answer, ...]
    state: ClusterState
    settled: bool
    given: frozenset[ObjectKey]
    notes: tuple[Note, ...] = ()

    @property
    def objects(self) -> dict[str, list[Wire]]:
        """The objects by kind, as the API server returns them, without the given ones."""
        return objects(self.state, self.given)


Listener: TypeAlias = Callable[[int, tuple[Note, ...]], None]
"""Hears of the notes of each step of the model, with the time in ms since 1970."""


def run(scenario: Scenario, listener: Listener | None = None, *, model: Model | None = None) -> Iterator[StepResult]:
    """Yield the result of each step of `scenario`; InputError when a step can't be done.

    Without a `model` the scenario runs on all components, configured as it says.
    """
    model = model or model_of(scenario.config)
    plan = Plan(
        nodes=scenario.nodes,
        config=scenario.config,
        masters=scenario.masters,
        behaviors=scenario.behaviors,
        metrics=scenario.metrics,
    )
    state = boot(model, plan)
    given = frozenset(key for key in state.store.objects if key.kind != "Node")
    kept: dict[str, Restore | Apply] = {}
    for number, step in enumerate(scenario.steps):
        notes: list[Note] = []
        if isinstance(step, Keep):
            kept[step.name] = _taken(state, step.op)
        elif isinstance(step, NewCluster):
            state = boot(model, attrs.evolve(plan, nodes=step.nodes or plan.nodes, now=state.now))
        else:
            state = _do(model, state, _known(step, state, number, kept), number, notes, listener)
        yield StepResult(
            number=number,
            op=step.op,
            answers=tuple(_answer(note) for note in notes if note.name == ANSWERED),
            state=state,
            settled=step.op == "settle",
            given=given,
            notes=tuple(notes),
        )


def objects(state: ClusterState, given: Collection[ObjectKey] = ()) -> dict[str, list[Wire]]:
    """Return the objects of the cluster by kind, as the API server returns them, without the ones in `given`."""
    found: dict[str, list[Wire]] = {}
    for key in sorted(set(state.store.objects).difference(given)):
        found.setdefault(key.kind, []).append(to_wire(state.store.objects[key]))
    return found


def _taken(state: ClusterState, op: str) -> Restore | Apply:
    """Return what brings back what is kept of a state: a backup, or an export for another cluster."""
    if op == "export":
        return Apply(objects=exported(state.store), namespace=NAMESPACE)
    return Restore(save(state.store, state.now))


def _known(
    step: Act | Found | Return | Wait | Settle, state: ClusterState, number: int, kept: Mapping[str, Restore | Apply]
) -> Act | Wait | Settle:
    """Return the step with its event, where that depends on what is there or was kept."""
    if not isinstance(step, Found | Return):
        return step
    place = Place(field=f"steps[{number}].{step.op}")
    if isinstance(step, Found):
        event = step.find(state)
        if event is None:
            raise InputError("there is nothing of the kind", place=place, expected="a possible step")
        return Act(op=step.op, event=event)
    if not isinstance(kept.get(step.name), _BRINGS_BACK[step.op]):
        before = {"restore": "backup", "import": "export"}[step.op]
        problem = f"no {before} is called {step.name!r}"
        raise InputError(problem, place=place, expected=f"the name of a step {before} before")
    return Act(op=step.op, event=kept[step.name])


_BRINGS_BACK: Mapping[str, type[Restore | Apply]] = {"restore": Restore, "import": Apply}


def _do(
    model: Model,
    state: ClusterState,
    step: Act | Wait | Settle,
    number: int,
    notes: list[Note],
    listener: Listener | None,
) -> ClusterState:
    def watch(_: object, made: Step[ClusterState]) -> None:
        notes.extend(made.notes)
        if listener is not None and made.notes:
            listener(made.state.now, made.notes)

    if isinstance(step, Act):
        made = model.step(state, step.event)
        if isinstance(made, Refusal):
            raise InputError(str(made), place=Place(field=f"steps[{number}].{step.op}"), expected="a possible step")
        watch(step.event, made)
        return made.state
    if isinstance(step, Wait):
        return advance(model, state, state.now + step.duration, watcher=watch)
    return settle(model, state, quiet=step.quiet, limit=step.limit, watcher=watch).state


def _answer(note: Note) -> Answer:
    fields = dict(note.fields)
    return Answer(
        verb=str(fields["verb"]),
        on=str(fields["on"]),
        code=int(str(fields["code"])),
        reason=str(fields["reason"]),
        message=str(fields["message"]),
        field=str(fields["field"]),
    )
