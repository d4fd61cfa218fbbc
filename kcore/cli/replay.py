"""`kcore replay`: a trace run again from itself alone, and whether it still breaks what it broke."""

from __future__ import annotations

from pathlib import Path

import click

from kcore.report.retell import FORMS
from kcore.verify.replay import replay_trace
from kcore.verify.tracefile import read_trace

VIOLATED = 1


@click.command(name="replay")
@click.argument("trace", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="TRACE")
@click.option("--as", "form", type=click.Choice(["story", *FORMS]), default="story", help="How to tell it.")
@click.pass_context
def replay_command(ctx: click.Context, trace: Path, form: str) -> None:
    """Run a trace again and tell what happens.

    Exit status 1 when the property is violated again, 0 when that no longer happens. `--as kubectl` prints the commands
    that people can type, `--as pytest` a test that fails as long as the property is violated.
    """
    file = read_trace(trace)
    if form != "story":
        click.echo(FORMS[form](file))
        return
    replayed = replay_trace(file)
    for line in replayed.story:
        click.echo(line)
    if replayed.refused:
        done = len(replayed.moments)
        click.echo(f"the run ends after {done} of {replayed.events} events: {replayed.refused}")
    if replayed.culprits is not None and file.asked is not None:
        click.echo(f"violated: {file.asked.name}: {replayed.culprits}")
        ctx.exit(VIOLATED)
    click.echo("no longer violated" if file.asked is not None else f"no property can be judged: {file.violated}")
