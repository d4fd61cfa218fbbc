"""A trace: where a run started and the events it took, which is all that is needed to run it again.

Models finite runs, and infinite ones as a lasso: a stem, then a loop for ever.

Does not model the states on the way (replay makes them) nor a file format (the floors above encode events).
"""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

E = TypeVar("E")


@attrs.frozen(init=False)
class Start:
    """`Start("two_phase_commit", managers=3)`: the name of an initial state and the parameters that make it."""

    name: str
    params: tuple[tuple[str, object], ...]

    def __init__(self, name: str, /, **params: object) -> None:
        """Keep the parameters by name, so that one start is written one way."""
        self.__attrs_init__(name, tuple(sorted(params.items())))

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.params)})"


@attrs.frozen(kw_only=True)
class Trace(Generic[E]):
    """A start and its events; `loop` is the index of the first event of the loop of a lasso, None for a finite run."""

    start: Start
    events: tuple[E, ...] = ()
    loop: int | None = None

    def __len__(self) -> int:
        return len(self.events)

    def __str__(self) -> str:
        lines = [f"start {self.start}"]
        for index, event in enumerate(self.events):
            if index == self.loop:
                lines.append("then for ever:")
            lines.append(f"{index + 1:4} {event}")
        return "\n".join(lines)
