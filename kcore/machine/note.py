"""What happened in a step, for whoever narrates it: a name and fields, and the step that carries them.

Models the record only; no rule logs, formats or prints.

Does not model time or order: notes lie in the order in which their step made them.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

S = TypeVar("S")


@attrs.frozen(init=False)
class Note:
    """`Note("pod.bound", pod="default/web-0", node="n1")`: the fields keep the order in which they were written."""

    name: str
    fields: tuple[tuple[str, object], ...]

    def __init__(self, name: str, /, **fields: object) -> None:
        """Keep the fields in the order they were written."""
        self.__attrs_init__(name, tuple(fields.items()))

    def __str__(self) -> str:
        """Return `name key=value key=value`."""
        return " ".join((self.name, *(f"{name}={value}" for name, value in self.fields)))


@attrs.frozen
class Step(Generic[S]):
    """What an effect returns: the next state, and the notes of what happened on the way."""

    state: S
    notes: tuple[Note, ...] = ()
