"""Progress of long work: a line that moves on a terminal, nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that says what is being done; the line is gone once the work is through."""
    console = Console(file=sys.stderr, stderr=True)
    if not console.is_terminal:
        yield _silent
        return
    with console.status("") as status:
        yield status.update


def _silent(_: str) -> None:
    """Say nothing."""
