"""What the scheduler says of a pod, as a table for people and as JSON for machines.

Nodes that fit come first, the best on top, with what each plugin's score adds to the total; then those that do not,
with the filter, its code and its reasons; then the nodes on which preemption would help, with whom it would send away;
then what became of the pod.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import attrs

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.machine import Note
from kcore.scheduler.explain import NodeVerdict
from kcore.scheduler.preemption import Candidate
from kcore.scheduler.whatif import Prospect

_MOMENTS = {"bound": " just before it was bound", "first": " when it was first looked at"}


@attrs.frozen(kw_only=True)
class Told:
    """One thing that happened to a pod: when (ms since the run began), what, and by or for which `other` pod."""

    NOTES: ClassVar[dict[str, str]] = {
        "pod.unschedulable": "no node takes it: {message}",
        "pod.nominated": "it is nominated for {node}",
        "pod.preempted": "{pod} is sent away from {node} for {by}",
        "pod.waits_for_volumes": "it is to go to {node} and waits for its volumes",
        "pod.waits_for_permission": "it is to go to {node} and waits for permission",
        "pod.bound": "it is bound to {node}",
    }

    at: int
    pod: str
    text: str
    other: str = ""

    @classmethod
    def of(cls, at: int, note: Note) -> Told:
        """Return what one of the scheduler's notes tells."""
        fields = {name: str(value) for name, value in note.fields}
        text = cls.NOTES[note.name].format(**fields)
        return cls(at=at, pod=fields["pod"], text=text, other=fields.get("by", ""))


@attrs.frozen(kw_only=True)
class Explained:
    """A pod as it is at the end, or was when it went; what the scheduler says of it `at` a moment; what befell it."""

    pod: Pod
    gone: bool = False
    at: str = "end"
    prospect: Prospect
    told: tuple[Told, ...] = ()


def lines(explained: Explained) -> Iterator[str]:
    """Yield the tables and what is said of the pod as a whole."""
    pod, found = explained.pod, explained.prospect
    verdicts = found.explanation.nodes
    fitting = sorted((one for one in verdicts if one.rejection is None), key=lambda one: (-one.total, one.node))
    refusing = [one for one in verdicts if one.rejection is not None]
    where = f", now on {pod.spec.node_name}" if pod.spec.node_name else ""
    where = ", gone by the end" if explained.gone else where
    moment = _MOMENTS.get(explained.at, "")
    yield f"{key_of(pod)}{where}: {len(fitting)} of {len(verdicts)} nodes fit{moment}"
    if fitting:
        plugins = sorted({name for one in fitting for name in one.scores})
        yield ""
        yield from _table(["NODE", "TOTAL", *plugins], [_scores(one, plugins) for one in fitting])
    if refusing:
        yield ""
        yield from _table(["NODE", "FILTER", "CODE", "WHY NOT"], [_refusal(one) for one in refusing])
    if found.message:
        yield ""
        yield found.message
    if found.candidates:
        yield ""
        yield from _table(["NODE", "PREEMPTION SENDS AWAY", "BROKEN BUDGETS", ""], [*_candidates(found)])
    if explained.told:
        yield ""
        yield from (f"{one.at / 1000:>8.2f}s  {one.text}" for one in explained.told)


def as_json(explained: Explained) -> dict[str, Any]:
    """Return the same as one JSON object."""
    pod, found = explained.pod, explained.prospect
    return {
        "pod": str(key_of(pod)),
        "node": pod.spec.node_name,
        "at": explained.at,
        "nodes": [_node(one) for one in found.explanation.nodes],
        "best": list(found.explanation.best),
        "message": found.message,
        "preemption": found.preemption and _preemption(found.preemption),
        "candidates": [_preemption(one) for one in found.candidates],
        "history": [{"ms": one.at, "text": one.text} for one in explained.told],
    }


def _node(verdict: NodeVerdict) -> dict[str, Any]:
    said = verdict.rejection
    if said is None:
        return {"node": verdict.node, "fits": True, "scores": dict(verdict.scores), "total": verdict.total}
    why = {"plugin": said.plugin, "code": said.code.value, "reasons": list(said.reasons)}
    return {"node": verdict.node, "fits": False, **why}


def _preemption(candidate: Candidate) -> dict[str, Any]:
    victims = [str(key_of(one)) for one in candidate.victims]
    return {"node": candidate.node, "victims": victims, "brokenBudgets": candidate.violations}


def _candidates(found: Prospect) -> Iterator[list[str]]:
    """Yield the rows of the nodes on which preemption would help, the chosen one first."""
    for one in sorted(found.candidates, key=lambda one: one is not found.preemption):
        victims = ", ".join(str(key_of(pod)) for pod in one.victims)
        yield [one.node, victims, str(one.violations), "chosen" if one is found.preemption else ""]


def _scores(verdict: NodeVerdict, plugins: Sequence[str]) -> list[str]:
    return [verdict.node, str(verdict.total), *(str(verdict.scores.get(name, "-")) for name in plugins)]


def _refusal(verdict: NodeVerdict) -> list[str]:
    said = verdict.rejection
    if said is None:
        return [verdict.node]
    return [verdict.node, said.plugin or "-", said.code.value, ", ".join(said.reasons) or "not asked"]


def _table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a table whose columns are as wide as what they hold."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        yield "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
