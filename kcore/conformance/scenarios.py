"""How far the model agrees with a recorded run: the answer to every request, and the facts after every settle.

Models what agreement is: each answer is compared with the recorded one at its place; each fact that either side has
counts once; where real runs ended differently, the nearest of the recorded outcomes counts; where pods land is the
scheduler's free choice among equals and counts only where the scenario asks for it. A run that can't be made agrees in
nothing. What a scenario of one's own says that a step shows counts once each.

Does not model: how long anything took.

Upstream: none; the runs were recorded on Kubernetes 1.36.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import attrs

from kcore.api.fields.check import Path as FieldPath
from kcore.api.json import canonical
from kcore.conformance.facts import Facts, facts
from kcore.errors import InputError, KcoreError, Place
from kcore.manifests import Document, load
from kcore.model import Model
from kcore.verify.moment import Moment
from kcore.verify.reader import Locate, Reader, mapping
from kcore.verify.run import StepResult, run
from kcore.verify.scenario import SPEC_KINDS, is_scenario, parse_scenario
from kcore.verify.shown import parse_shown


@attrs.frozen(kw_only=True)
class Difference:
    """Where the model differs: a step, what it is about, and the two values, None where there is none."""

    step: int
    about: str
    real: Any
    model: Any

    def __str__(self) -> str:
        """Return one line: `step 3, pods: -:web Running …: real 1, model none`."""
        real, model = ("none" if value is None else canonical(value) for value in (self.real, self.model))
        return f"step {self.step}, {self.about}: real {real}, model {model}"


@attrs.frozen(kw_only=True)
class ScenarioAgreement:
    """How a scenario fared: `agreed` of `total` answers and facts; `problem` says why it could not be run, if so."""

    name: str
    agreed: int
    total: int
    differences: tuple[Difference, ...] = ()
    problem: str = ""

    @property
    def whole(self) -> bool:
        """Whether it was run and agrees in everything."""
        return not self.problem and self.agreed == self.total

    def __str__(self) -> str:
        """Return one line: the figures, and why there was no run."""
        text = f"{self.name}: {self.agreed} of {self.total} agree"
        return f"{text}; not run: {self.problem}" if self.problem else text


@attrs.frozen(kw_only=True)
class Held:
    """What was held against each other in one place: how many entries, and those that differ."""

    entries: int
    differences: tuple[Difference, ...] = ()


def compare(path: Path, model: Model | None = None) -> ScenarioAgreement:
    """Run the scenario in the file at `path` and return how far it agrees; InputError when there is no scenario."""
    document = read_scenario(path)
    results, problem = _results(document, model)
    return agreement(document, results, problem)


def agreement(document: Document, results: Sequence[StepResult], problem: str = "") -> ScenarioAgreement:
    """Return how far the results of a scenario's steps agree with it; `problem` says why there are none, if so."""
    steps = [Reader(step, at, document.place) for at, step in Reader(document.wire, (), document.place).items("steps")]
    strict = document.metadata.get("placement") == "strict"
    found = {result.number: result for result in results}
    held = [one for number, step in enumerate(steps) for one in _held(number, step, found.get(number), strict=strict)]
    differences = tuple(difference for one in held for difference in one.differences)
    total = sum(one.entries for one in held)
    return ScenarioAgreement(
        name=document.name,
        agreed=total - len(differences),
        total=total,
        differences=differences,
        problem=problem,
    )


def read_scenario(path: Path) -> Document:
    """Return the one document of the file, a scenario; InputError where it is none."""
    documents = load([str(path)], beside=SPEC_KINDS).documents
    if len(documents) != 1 or not is_scenario(documents[0].wire):
        raise InputError("no Scenario in this file", place=Place(file=str(path)), expected="one Scenario, nothing else")
    return documents[0]


def _results(document: Document, model: Model | None) -> tuple[Sequence[StepResult], str]:
    """Return what became of each step; or nothing, and why the scenario can't be run."""
    try:
        scenario = parse_scenario(document.wire, document.place)
        return list(run(scenario, model=model)), ""
    except KcoreError as error:
        return (), str(error)


def _held(number: int, step: Reader, result: StepResult | None, *, strict: bool) -> Iterator[Held]:
    """Yield what was held against the expectations of a step."""
    responses = step.optional("expectResponses", list)
    if responses is not None:
        yield _responses(
            number, [str(one) for one in responses], [str(one) for one in result.answers] if result else []
        )
    outcomes = [_outcome(value, at, step.locate) for at, value in step.items("expect")]
    if outcomes:
        given = facts(result.objects) if result and result.settled else {}
        yield nearest(number, outcomes, given, strict=strict)
    for at, value in step.items("shows"):
        yield _shown(number, value, at, step.locate, result)


def _shown(number: int, value: object, path: FieldPath, locate: Locate, result: StepResult | None) -> Held:
    """Return whether a step shows what a scenario of one's own says of it."""
    shown = parse_shown(value, path, locate)
    wrong = "it was not run" if result is None else shown.wrong(Moment(state=result.state, notes=result.notes))
    if not wrong:
        return Held(entries=1)
    said = Difference(step=number, about=shown.about, real=mapping(value, path, locate), model=wrong)
    return Held(entries=1, differences=(said,))


def _outcome(value: object, path: FieldPath, locate: Locate) -> Facts:
    """Return the facts that a file lists for one outcome."""
    sections = mapping(value, path, locate)
    return {section: dict(mapping(part, (*path, section), locate)) for section, part in sections.items()}


def _responses(number: int, recorded: Sequence[str], given: Sequence[str]) -> Held:
    pairs = list(zip_longest(recorded, given))
    return Held(
        entries=len(pairs),
        differences=tuple(
            Difference(step=number, about=f"response {index}", real=real, model=model)
            for index, (real, model) in enumerate(pairs)
            if real != model
        ),
    )


def nearest(number: int, recorded: Sequence[Facts], given: Facts, *, strict: bool) -> Held:
    """Return how far the facts after step `number` agree with the recorded outcome that differs least."""
    outcomes = [
        _facts(number, _entries(outcome, strict=strict), _entries(given, strict=strict)) for outcome in recorded
    ]
    return min(outcomes, key=lambda held: len(held.differences))


def _entries(found: Facts, *, strict: bool) -> dict[str, Any]:
    """Return the facts that count, each called "section: key"."""
    counted = {section: part for section, part in found.items() if strict or section != "placement"}
    return {f"{section}: {key}": value for section, part in counted.items() for key, value in part.items()}


def _facts(number: int, recorded: Mapping[str, Any], given: Mapping[str, Any]) -> Held:
    about = sorted(recorded.keys() | given.keys())
    return Held(
        entries=len(about),
        differences=tuple(
            Difference(step=number, about=key, real=recorded.get(key), model=given.get(key))
            for key in about
            if recorded.get(key) != given.get(key)
        ),
    )
