"""Tally: sums over all nodes, kept rather than made.

Models what upstream's PreFilter and PreScore count anew for each pod. A tally is remembered by what it counts; asked
for at a later snapshot, it takes away what the changed nodes added before and adds what they add now.

Upstream: none; what is counted is each plugin's own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache

from kcore.scheduler.framework import Bucket, Contribution, NodeInfo
from kcore.scheduler.history import EMPTY, History

REMEMBERED = 4096
"""How many tallies are remembered."""


class Tally:
    """The sums of one contribution for one question, at the history that was seen last."""

    __slots__ = ("_contribution", "_question", "_seen", "_sums")

    def __init__(self, contribution: Contribution, question: Hashable) -> None:
        """Start from no nodes at all."""
        self._contribution = contribution
        self._question = question
        self._seen: History = EMPTY
        self._sums: dict[Bucket, int] = {}

    def at(self, history: History, nodes: tuple[NodeInfo, ...]) -> Mapping[Bucket, int]:
        """Return the sums over `nodes`, which are those after `history`."""
        if history is self._seen:
            return self._sums
        changes = history.since(self._seen)
        if changes is None:
            self._sums.clear()
            for node in nodes:
                self._add(node, 1)
        else:
            for old, new in changes:
                self._add(old, -1)
                self._add(new, 1)
        self._seen = history
        return self._sums

    def _add(self, node: NodeInfo | None, sign: int) -> None:
        if node is None:
            return
        sums = self._sums
        for bucket, amount in self._contribution(self._question, node):
            total = sums.get(bucket, 0) + sign * amount
            if total:
                sums[bucket] = total
            else:
                sums.pop(bucket, None)


@lru_cache(maxsize=REMEMBERED)
def tally(contribution: Contribution, question: Hashable) -> Tally:
    """Return the tally that is kept for a question."""
    return Tally(contribution, question)
