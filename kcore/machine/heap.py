"""A persistent priority queue of timers: times in virtual milliseconds, each with a token.

A leftist heap: a push or a pop returns a new heap that shares nearly all of the old one, in O(log n). Equal times
leave in the order in which they entered. Nothing here recurses, so the depth of a heap does not matter.

Does not model cancellation: a timer that is no longer wanted is ignored by whoever pops it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import attrs

from kcore.errors import MisuseError

T = TypeVar("T")

# (time, sequence, token, rank, left, right): a tree whose root is the least (time, sequence).
_Node = tuple[int, int, T, int, "_Node[T] | None", "_Node[T] | None"]


def _join(time: int, sequence: int, token: T, one: _Node[T] | None, other: _Node[T] | None) -> _Node[T]:
    """Return a node over two subtrees, with the one of higher rank on the left."""
    rank_one = one[3] if one else 0
    rank_other = other[3] if other else 0
    if rank_one < rank_other:
        one, other, rank_other = other, one, rank_one
    return (time, sequence, token, rank_other + 1, one, other)


def _merge(one: _Node[T] | None, other: _Node[T] | None) -> _Node[T] | None:
    """Return the heap of both: down the two right spines by order, then up again rebuilding them."""
    spine: list[_Node[T]] = []
    while one is not None and other is not None:
        if (other[0], other[1]) < (one[0], one[1]):
            one, other = other, one
        spine.append(one)
        one = one[5]
    merged = other if one is None else one
    for time, sequence, token, _rank, left, _right in reversed(spine):
        merged = _join(time, sequence, token, left, merged)
    return merged


@attrs.frozen(eq=False, repr=False)
class Heap(Generic[T]):
    """Timers by (time, order of entry). Two heaps are equal when they would pop the same entries in the same order."""

    _root: _Node[T] | None = None
    _size: int = 0
    _next: int = 0

    def __len__(self) -> int:
        """Return the number of timers."""
        return self._size

    def push(self, time: int, token: T) -> Heap[T]:
        """Return the heap with one more timer, at `time` ms."""
        return Heap(_merge(self._root, (time, self._next, token, 1, None, None)), self._size + 1, self._next + 1)

    def peek(self) -> tuple[int, T] | None:
        """Return the (time, token) that is due first, or None where the heap is empty."""
        return None if self._root is None else (self._root[0], self._root[2])

    def pop(self) -> tuple[tuple[int, T], Heap[T]]:
        """Return the (time, token) that is due first and the heap without it; raise MisuseError on an empty heap."""
        if self._root is None:
            raise MisuseError("pop from an empty heap")
        time, _sequence, token, _rank, left, right = self._root
        return (time, token), Heap(_merge(left, right), self._size - 1, self._next)

    def __iter__(self) -> Iterator[tuple[int, T]]:
        """Yield every (time, token) in the order in which they would be popped."""
        nodes: list[_Node[T]] = []
        pending = [self._root]
        while pending:
            node = pending.pop()
            if node is not None:
                nodes.append(node)
                pending += (node[4], node[5])
        for node in sorted(nodes, key=lambda node: (node[0], node[1])):
            yield node[0], node[2]

    def __eq__(self, other: object) -> bool:
        """Return whether both pop the same entries in the same order."""
        return isinstance(other, Heap) and len(self) == len(other) and list(self) == list(other)

    def __hash__(self) -> int:
        """Return a hash of the entries in order."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Return the number of timers and the first of them."""
        return f"Heap(size={self._size}, first={self.peek()!r})"


EMPTY_HEAP: Heap[object] = Heap()
