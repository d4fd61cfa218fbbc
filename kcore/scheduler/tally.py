"""Tally: sums over all nodes, kept rather than made.

Models what upstream's PreFilter and PreScore count anew for each pod. A tally is remembered by what it counts; asked
for at a later snapshot, it takes away what the changed nodes gave before and adds what they give now.

Upstream: none; what is counted is each plugin's own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache

from kcore.scheduler.framework import Bucket, Contribution, NodeInfo
from kcore.scheduler.history import EMPTY, History

REMEMBERED = 4096
"""How many tallies are remembered."""


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

    def at(self, history: History, nodes: tuple[NodeInfo, ...]) -> Mapping[Bucket, int]:
        """Return the sums over `nodes`, which are those after `history`."""
        if history is self._seen:
            return self._sums
        changes = history.since(self._seen)
        if changes is None:
            self._sums.clear()
            self._given.clear()
            for node in nodes:
                self._change(node.node.metadata.name, node)
        else:
            for change in changes:
                self._change(change.name, change.new)
        self._seen = history
        return self._sums

    def _change(self, name: str, node: NodeInfo | None) -> None:
        """Count what the node called `name` adds now, in place of what it gave before."""
        before = self._given.get(name, ())
        after = () if node is None else tuple(self._contribution(self._question, node))
        if before == after:
            return
        self._given[name] = after
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
