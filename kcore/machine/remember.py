"""Results remembered by what was read: a trie of successive reads, with the result at its leaf.

A pure computation that reads through a `Recorder` is determined by the answers it got. Its reads are numbers (tokens)
and so are the answers (ids of interned values); following the trie costs one look-up a read, and a run that reads
what an earlier one read is not repeated. What reads differently after the same answers is impure and refused by name.

Does not model forgetting: a memory lives as long as the search or run that it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from kcore.machine.errors import ImpureError

T = TypeVar("T")

LEAF = -1
"""The token of a node that holds a result. Reads are numbered 0, 1, 2, ... and, for folds, -2, -3, ..."""

Read = Callable[[int], int]
"""A source of reads: the id that a token has now."""

SAMPLE = 1024
"""Of so many hits one is computed again, unless a memory is told otherwise."""


class Recorder:
    """Reads through to a source and keeps (token, id) of each first read, in order; a second read asks nobody."""

    def __init__(self, source: Read) -> None:
        self._source = source
        self.reads: dict[int, int] = {}

    def __call__(self, token: int) -> int:
        """Return the id that a token has."""
        found = self.reads.get(token)
        if found is None:
            found = self.reads[token] = self._source(token)
        return found


class Trie(Generic[T]):
    """Remembered results of one computation. `root` is a node: (token, nodes by id), or (LEAF, result)."""

    __slots__ = ("name", "root")

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: tuple[int, Any] = (0, {})

    def find(self, read: Read) -> T:
        """Return the result for what a source reads now; raise LookupError where it is not known."""
        token, rest = self.root
        while token != LEAF:
            token, rest = rest[read(token)]
        result: T = rest
        return result

    def learn(self, reads: dict[int, int], result: T) -> None:
        """Add a result; raise ImpureError where the same answers led to another read or another result before."""
        holder: Any = None
        place, node = 0, self.root if self.root[0] == LEAF or self.root[1] else None
        for token, number in reads.items():
            if node is None:
                node = (token, {})
                self._attach(holder, place, node)
            elif node[0] != token:
                raise ImpureError(f"{self.name}: it read something else after it had read the same")
            holder, place = node[1], number
            node = holder.get(number)
        if node is None:
            self._attach(holder, place, (LEAF, result))
        elif node != (LEAF, result):
            raise ImpureError(f"{self.name}: it answered something else after it had read the same")

    def _attach(self, holder: dict[int, Any] | None, place: int, node: tuple[int, Any]) -> None:
        """Put a node where it belongs: at the root, or under the id that was read last."""
        if holder is None:
            self.root = node
        else:
            holder[place] = node


class Memory(Generic[T]):
    """Remembered results by site: one trie for each thing that computes, such as (controller, key, memory).

    `recall(site, source, compute)` returns compute(recorder), remembered. One hit in `sample` is computed again and
    compared, which raises ImpureError by the site's name where it differs.
    """

    def __init__(self, sample: int = SAMPLE) -> None:
        self._tries: dict[Hashable, Trie[T]] = {}
        self._sample = sample
        self.hits = 0
        self.misses = 0

    def recall(self, site: Hashable, source: Read, compute: Callable[[Recorder], T]) -> T:
        """Return the result of a computation on what a source reads now."""
        trie = self._tries.get(site)
        if trie is None:
            trie = self._tries[site] = Trie(str(site))
        try:
            result = trie.find(source)
        except LookupError:
            self.misses += 1
            return self._compute(trie, source, compute)
        self.hits += 1
        if self.hits % self._sample == 0:
            self._compute(trie, source, compute)
        return result

    def _compute(self, trie: Trie[T], source: Read, compute: Callable[[Recorder], T]) -> T:
        """Return the result, computed and learnt."""
        recorder = Recorder(source)
        result = compute(recorder)
        trie.learn(recorder.reads, result)
        return result
