"""Judging a Check: its searches one after the other, and a verdict for each property, as honest as what was seen.

Models the order of searches: all states within limits first, then random runs for what is not decided yet. A property
that is expected to hold has failed with anything less than that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from kcore.cluster.state import ClusterState
from kcore.cluster.timing import Timing
from kcore.errors import InputError
from kcore.machine import Limits, Outcome, Property, System, Verdict, explore, explore_randomly
from kcore.machine.progress import Progress, Reporting
from kcore.model import Model
from kcore.model.cloud import model_of
from kcore.model.model import Event
from kcore.verify.answer import Answer, Report
from kcore.verify.asked import Asked
from kcore.verify.check import Check, Explore, Random
from kcore.verify.codec import encode_event
from kcore.verify.replay import moments_of
from kcore.verify.story import story
from kcore.verify.system import Place, cluster_system
from kcore.verify.timed import judge_timed
from kcore.verify.tracefile import TraceFile

Tell = Callable[[str], None]
Searched = System[Place, Place, ClusterState, Any]
EVERY = 1_000
DECIDED = frozenset({Outcome.HOLDS, Outcome.VIOLATED})


def run_check(check: Check, tell: Tell = lambda _: None) -> Report:
    """Return the answers of a check, one a property; InputError where the API server refuses what is given."""
    model = model_of(check.origin.plan.config, check.acts)
    tell(f"{check.name}: bringing it up")
    base = check.origin.boot(model)
    verdicts = _verdicts(check, model, base, tell)
    answers = tuple(_answer(check, model, base, asked, verdicts[asked.name]) for asked in check.asked)
    return Report(title=f"{check.place.file}: {check.name}" if check.place.file else check.name, answers=answers)


def _verdicts(check: Check, model: Model, base: ClusterState, tell: Tell) -> dict[str, Verdict[Event]]:
    """Return the verdict on each property by its name."""
    starts = {check.origin.start: base}
    system = cluster_system(model, starts, settled=check.settled, named=_named(check, base))
    found: dict[str, Verdict[Event]] = {}
    for search in check.searches:
        for asked in check.asked:
            if asked.within is not None and asked.name not in found:
                tell(f"{check.name}: {asked.name}")
                found[asked.name] = _timed(check, model, system, asked, search)
        open_ = [one.to_property() for one in check.asked if _open(one, found)]
        if open_:
            for verdict in _search(search, system, open_, _reporting(check, tell)):
                if verdict.property not in found or verdict.outcome in DECIDED:
                    found[verdict.property] = verdict
    return found


def _open(asked: Asked, found: dict[str, Verdict[Event]]) -> bool:
    verdict = found.get(asked.name)
    return asked.within is None and (verdict is None or verdict.outcome not in DECIDED)


def _search(
    search: Explore | Random, system: Searched, asked: Sequence[Property[ClusterState]], reporting: Reporting
) -> Sequence[Verdict[Event]]:
    """Return what one search says of the properties."""
    if isinstance(search, Explore):
        limits = Limits(states=search.states, steps=search.depth)
        return explore(system, asked, limits=limits, reporting=reporting).verdicts
    runs, steps, seed = search.runs, search.steps, search.seed
    return explore_randomly(system, asked, runs=runs, steps=steps, seed=seed, reporting=reporting).verdicts


def _timed(check: Check, model: Model, system: Searched, asked: Asked, search: Explore | Random) -> Verdict[Event]:
    if check.origin.plan.timing is not Timing.PROMPT or not check.settled:
        raise InputError(f"{asked.name}: within a time", place=check.place, expected="timing: prompt, settled: true")
    states = search.states if isinstance(search, Explore) else search.runs
    condition = asked.condition.condition()
    return judge_timed(model, system, asked.name, condition, asked.within or 0, states)


def _reporting(check: Check, tell: Tell) -> Reporting:
    def hook(progress: Progress) -> None:
        tell(f"{check.name}: {progress.states:,} states, {progress.waiting:,} waiting")

    return Reporting(hook=hook, every=EVERY)


def _named(check: Check, base: ClusterState) -> frozenset[str]:
    """Return the names that acts and properties mention: what bears one is like nothing else."""
    texts = [one.condition.cel + one.condition.about for one in check.asked]
    texts += [one.premise.cel for one in check.asked if one.premise is not None]
    texts += [json.dumps(encode_event(event)) for act in check.acts if not _any(act) for event in act.events(base)]
    return frozenset(word for text in texts for word in re.findall(r"[\w.-]+", text))


def _any(act: object) -> bool:
    """Tell whether an act is about whatever is there: then it names nothing."""
    return str(getattr(act, "name", "")).rpartition(" ")[2] in {"forceDelete", "deleteAny", "drainAny"}


def _answer(check: Check, model: Model, base: ClusterState, asked: Asked, verdict: Verdict[Event]) -> Answer:
    """Return the answer that a verdict is."""
    told: tuple[str, ...] = ()
    trace = None
    if verdict.outcome is Outcome.VIOLATED and verdict.trace is not None:
        violated = f"{asked.name}: {verdict.culprits or verdict.why}"
        trace = TraceFile(trace=verdict.trace, asked=asked, violated=violated)
        told = story(base, moments_of(model, base, verdict.trace.events))
    why = str(verdict.culprits) if verdict.culprits is not None else verdict.why
    return Answer(
        rule=asked.name,
        sentence=f"{asked.form.value.replace('_', ' ')}: {asked.name}",
        outcome=verdict.outcome,
        expected=check.expect,
        covered=str(verdict.coverage),
        why=why if verdict.outcome is Outcome.VIOLATED else "",
        story=told,
        trace=trace,
        place=check.place,
    )
