"""The `kcore` command.

Exit status 0: all as expected; 1: a property is violated or a decision differs; 2: the input is wrong. Bad input is one
line on standard error, never a traceback.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from kcore import __version__
from kcore.cli.check import check_command
from kcore.cli.conform import conform_command
from kcore.cli.explain_scheduling import explain_scheduling_command
from kcore.cli.replay import replay_command
from kcore.cli.run import run_command
from kcore.errors import KcoreError

BAD_INPUT = 2


class _Commands(click.Group):
    """A group whose commands end with one line and exit status 2 on bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that closes the pipe early is no error."""
        try:
            return super().invoke(ctx)
        except KcoreError as error:
            click.echo(f"kcore: {error}", err=True)
            ctx.exit(BAD_INPUT)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(0)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kcore")
def main() -> None:
    """Kubernetes as one immutable value and a table of rules."""


main.add_command(check_command)
main.add_command(run_command)
main.add_command(replay_command)
main.add_command(conform_command)
main.add_command(explain_scheduling_command)
