"""What `kcore run` prints of a step: a JSON line for machines, or text as people know it from kubectl."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from kcore.report.get import get_all
from kcore.verify.run import Answer, StepResult

DONE: Mapping[str, str] = {
    "create": "created",
    "patch": "patched",
    "delete": "deleted",
    "update": "updated",
}


def result_line(result: StepResult) -> dict[str, Any]:
    """Return the JSON object of a step; one that settled also carries the objects by kind."""
    line: dict[str, Any] = {
        "step": result.number,
        "op": result.op,
        "responses": [{"code": answer.code, "reason": answer.reason or None} for answer in result.answers],
    }
    if result.settled:
        line["objects"] = result.objects
    return line


def print_result(result: StepResult, *, steps: bool) -> None:
    """Print a step: a heading if there are `steps` to tell apart, its answers, and the objects if it settled."""
    if steps:
        click.echo(f"# step {result.number}: {result.op}")
    for answer in result.answers:
        click.echo(_sentence(answer))
    if result.settled:
        click.echo("" if not steps else None, nl=not steps)
        for line in get_all(result.objects, result.state.now // 1000):
            click.echo(line)
    if steps:
        click.echo()


def _sentence(answer: Answer) -> str:
    """Return what kubectl would print of an answer."""
    if not answer.granted:
        return f"{answer.on}: {answer} - {answer.message}"
    return f"{answer.on} {DONE.get(answer.verb, answer.verb)}"
