"""How far a search has come: counts, handed to whoever wants to show them.

Does not model time: seconds and rates are measured by the caller, who is told often enough.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs


@attrs.frozen(kw_only=True)
class Progress:
    """Counts so far: different states seen, transitions taken, steps from a start, states that wait to be expanded."""

    states: int
    transitions: int
    depth: int
    waiting: int


ProgressHook = Callable[[Progress], None]


@attrs.frozen(kw_only=True)
class Reporting:
    """Whom to tell, and after how many expanded states each time."""

    hook: ProgressHook | None = None
    every: int = 50_000


SILENT = Reporting()
