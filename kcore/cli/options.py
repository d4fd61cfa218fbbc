"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kcore.api.json import EMPTY, Json
from kcore.verify.configured import scheduler_file


def _read(_: click.Context, __: click.Parameter, path: Path | None) -> Json:
    return EMPTY if path is None else scheduler_file(path)


def scheduler_config(command: Any) -> Any:
    """Add `--scheduler-config FILE`, given to the command as `scheduler`: the configuration, empty where none is."""
    return click.option(
        "--scheduler-config",
        "scheduler",
        type=click.Path(path_type=Path),
        metavar="FILE",
        callback=_read,
        help="A KubeSchedulerConfiguration for the scheduler, in place of the default profile.",
    )(command)
