"""A view of cells that records what is read: what rules and predicates get inside a search.

It answers as `Cells` do. A write makes a new view over the same record, which shows what was written; who reads back
its own write has read nothing.

Does not model the state itself: it asks a recorder, which asks whatever the search holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kcore.machine.cells import Layout, Name
from kcore.machine.errors import CellError
from kcore.machine.remember import Recorder

A = TypeVar("A")


class View:
    """Cells read through a recorder, and the writes made so far as ids by slot."""

    __slots__ = ("layout", "recorder", "writes")

    def __init__(self, layout: Layout, recorder: Recorder, writes: dict[int, int] | None = None) -> None:
        self.layout = layout
        self.recorder = recorder
        self.writes = writes or {}

    def __getitem__(self, name: Name) -> Any:
        value = self.get(name)
        if value is None:
            raise CellError(f"cell {name!r}: there is none")
        return value

    def get(self, name: Name) -> Any:
        """Return a cell's value, None where there is none."""
        slot = self.layout.slot(name)
        number = self.writes.get(slot)
        return self.layout.interner.values[self.recorder(slot) if number is None else number]

    def set(self, name: Name, value: object) -> View:
        """Return the view with one cell written; None removes it."""
        return self.update({name: value})

    def update(self, values: Mapping[Name, object]) -> View:
        """Return the view with several cells written."""
        layout = self.layout
        writes = {layout.slot(name): layout.interner.id_of(value) for name, value in values.items()}
        return View(layout, self.recorder, {**self.writes, **writes})

    def fold(self, names: tuple[Name, ...], step: Callable[[A, Any], A], start: A) -> A:
        """Return step(... step(start, first cell) ..., last cell), recorded as one read."""
        token = self.layout.fold(names, step, start)
        if self.writes.keys().isdisjoint(self.layout.folds[token].slots):
            result: A = self.layout.interner.values[self.recorder(token)]
            return result
        for name in names:
            start = step(start, self.get(name))
        return start

    def changes(self) -> tuple[tuple[int, int, int], ...]:
        """Return (slot, id before, id after) of each cell that the writes change, by slot; that they held was read."""
        before = ((slot, self.recorder(slot), number) for slot, number in sorted(self.writes.items()))
        return tuple(change for change in before if change[1] != change[2])
