"""Memo: answers about values that never change, remembered by who the values are and not by what they say.

Models nothing of Kubernetes: it is what makes a question about a part that many objects share be worked out once. The
parts are kept alive as long as their answer is remembered, so that an identity stands for one value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

MOST = 1 << 15
"""How many answers are remembered; one more, and all are forgotten."""


class Memo(Generic[T]):
    """The pure function `answer` of some values, worked out once for the same ones."""

    __slots__ = ("_answer", "_known", "_most")

    def __init__(self, answer: Callable[..., T], most: int = MOST) -> None:
        """Begin with nothing remembered."""
        self._answer = answer
        self._most = most
        self._known: dict[tuple[int, ...], tuple[tuple[Any, ...], T]] = {}

    def __call__(self, *values: Any) -> T:
        """Return the answer for `values`."""
        identity = (id(values[0]),) if len(values) == 1 else tuple(map(id, values))
        known = self._known.get(identity)
        if known is not None:
            return known[1]
        answer = self._answer(*values)
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[identity] = (values, answer)
        return answer


class Noted:
    """Values, some together, that were noted, known again by who they are."""

    __slots__ = ("_known", "_most")

    def __init__(self, most: int = MOST) -> None:
        """Begin with nothing noted."""
        self._most = most
        self._known: dict[tuple[int, ...], tuple[Any, ...]] = {}

    def note(self, *values: Any) -> None:
        """Note these values."""
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[tuple(map(id, values))] = values

    def __contains__(self, values: tuple[Any, ...]) -> bool:
        """Tell whether these values were noted."""
        return tuple(map(id, values)) in self._known
