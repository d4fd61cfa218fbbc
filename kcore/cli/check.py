"""`kcore check`: verdicts on Checks, and on plain manifests the answers to the standing questions."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from kcore.api.json import Json
from kcore.cli.options import scheduler_config
from kcore.cli.progress import progress
from kcore.cli.run import MODELLED
from kcore.errors import InputError
from kcore.manifests import Loaded, load
from kcore.report.answers import print_reports
from kcore.report.machine import FORMATS
from kcore.verify.answer import Report
from kcore.verify.check import is_check, parse_check
from kcore.verify.invent import DEFAULT_NODES
from kcore.verify.judge import run_check
from kcore.verify.scenario import SPEC_KINDS
from kcore.verify.tracefile import write_trace
from kcore.verify.zero import check_manifests

NOT_AS_EXPECTED = 1
WIDTH = 120
"""How wide the report is where there is no terminal, in columns."""


@click.command(name="check")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--nodes", type=click.IntRange(min=1), default=DEFAULT_NODES, help="Nodes to make for plain manifests.")
@click.option(
    "--output", "-o", type=click.Choice(["text", *FORMATS]), default="text", help="How to print what came out."
)
@click.option(
    "--traces",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the trace of each violation into this directory, for `kcore replay`.",
)
@scheduler_config
@click.pass_context
def check_command(
    ctx: click.Context, paths: tuple[str, ...], nodes: int, output: str, traces: Path | None, scheduler: Json
) -> None:
    """Ask what a cluster survives: the properties of Checks, or the standing questions about manifests.

    PATH is a file, a directory or - for standard input. Exit status 1 when an answer is not as expected.
    """
    loaded = load(paths, sys.stdin.buffer, modelled=MODELLED, beside=SPEC_KINDS)
    with progress() as tell:
        reports = _checks(loaded, scheduler, tell) or [check_manifests(loaded, nodes, tell, scheduler)]
    if output == "text":
        for finding in (note for report in reports for note in report.notes):
            click.echo(f"kcore: {finding}", err=True)
        terminal = sys.stdout.isatty()
        print_reports(Console(file=sys.stdout, width=None if terminal else WIDTH, highlight=False), reports)
    else:
        click.echo(FORMATS[output](reports))
    if traces is not None:
        _write(traces, reports)
    ctx.exit(NOT_AS_EXPECTED if any(report.failed for report in reports) else 0)


def _checks(loaded: Loaded, scheduler: Json, tell: object) -> list[Report]:
    """Return the reports of the Checks, none when there are none; they do not stand among manifests."""
    found = [document for document in loaded.documents if is_check(document.wire)]
    if not found:
        other = next((one for one in loaded.documents if (one.api_version, one.kind) in SPEC_KINDS), None)
        if other is not None:
            raise InputError("this is no Check", place=other.place(), expected="a Check or manifests; try `kcore run`")
        return []
    if len(found) < len(loaded.documents):
        problem = "a Check stands among other documents"
        raise InputError(problem, place=found[0].place(), expected="Checks alone, or manifests alone")
    checks = [parse_check(document.wire, document.place).with_scheduler(scheduler) for document in found]
    return [run_check(check, tell) for check in checks]  # type: ignore[arg-type]  # what `progress` yields


def _write(folder: Path, reports: Sequence[Report]) -> None:
    """Write the trace of each violation, named after its question and object."""
    folder.mkdir(parents=True, exist_ok=True)
    for report in reports:
        for answer in report.answers:
            if answer.trace is not None:
                name = re.sub(r"[^a-zA-Z0-9]+", "-", f"{answer.rule} {answer.about}").strip("-").lower()
                write_trace(folder / f"{name}.jsonl", answer.trace)
