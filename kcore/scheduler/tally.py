"""Tally: sums over all nodes, kept rather than made.

Models what upstream's PreFilter and PreScore count anew for each pod. A tally is remembered by what it counts; asked
for at a later snapshot, it takes away what the changed nodes gave before and adds what they give now.

Upstream: none; what is counted is each plugin's own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Protocol

from kcore.scheduler.framework import Bucket, Contribution, NodeInfo
from kcore.scheduler.history import EMPTY, Changed, History

REMEMBERED = 4096
"""How many tallies are remembered."""


class Nodes(Protocol):
    """Whoever knows all nodes; there may be many, so they are asked for where nothing is known of them yet."""

    @property
    def nodes(self) -> Iterable[NodeInfo]:
        """The nodes as of one moment."""


class Tally:
    """The sums of one contribution for one question, at the history that was seen last."""

    __slots__ = ("_contribution", "_given", "_question", "_seen", "_sums")

    def __init__(self, contribution: Contribution, question: Hashable) -> None:
        """Start from no nodes at all."""
        self._contribution = contribution
        self._question = question
        self._seen: History = EMPTY
        self._sums: dict[Bucket, int] = {}
        self._given: dict[str, tuple[tuple[Bucket, int], ...]] = {}

    def at(self, history: History, cluster: Nodes) -> Mapping[Bucket, int]:
        """Return the sums over the nodes of `cluster`, which are those after `history`."""
        if history is self._seen:
            return self._sums
        changes = history.since(self._seen)
        if changes is None:
            self._sums.clear()
            self._given.clear()
            changes = {node.node.metadata.name: node for node in cluster.nodes}
        self._seen = history
        self._count(changes)
        return self._sums

    def _count(self, changes: Changed) -> None:
        """Count what the changed nodes add now, in place of what they gave before."""
        contribution, question, given = self._contribution, self._question, self._given
        for name, node in changes.items():
            before = given.get(name, ())
            after = () if node is None else contribution(question, node)
            if before == after:
                continue
            if after:
                given[name] = after
            else:
                del given[name]
            self._add(before, -1)
            self._add(after, 1)

    def _add(self, given: Iterable[tuple[Bucket, int]], sign: int) -> None:
        sums = self._sums
        for bucket, amount in given:
            total = sums.get(bucket, 0) + sign * amount
            if total:
                sums[bucket] = total
            else:
                sums.pop(bucket, None)


@lru_cache(maxsize=REMEMBERED)
def tally(contribution: Contribution, question: Hashable) -> Tally:
    """Return the tally that is kept for a question."""
    return Tally(contribution, question)
