"""History: how the nodes came to be as they are, so that what was known of them is brought up to date.

Models a log of node changes that snapshots share. From one snapshot to a later one the changed nodes are told, once
each; between snapshots of different futures nothing is.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/cache/snapshot.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import attrs
from pyrsistent import PVector, pvector

from kcore.scheduler.framework import NodeInfo

LONGEST = 10_000
"""A longer log is begun anew: whoever follows it then looks at all nodes once."""


class NodeChange(NamedTuple):
    """A node as it was and as it is; None where it was or is not there."""

    old: NodeInfo | None
    new: NodeInfo | None

    @property
    def name(self) -> str:
        """The node's name."""
        node = self.new or self.old
        return node.node.metadata.name if node else ""


@attrs.frozen(kw_only=True, eq=False)
class Beginning:
    """Where a log begins: two logs with one beginning are futures of one past."""


@attrs.frozen(kw_only=True, eq=False)
class History:
    """The changes since `beginning`."""

    beginning: Beginning
    log: PVector[NodeChange] = pvector()

    def after(self, change: NodeChange) -> History:
        """Return the history with one change more."""
        if len(self.log) >= LONGEST:
            return History(beginning=Beginning())
        return History(beginning=self.beginning, log=self.log.append(change))

    def since(self, seen: History) -> Iterable[NodeChange] | None:
        """Return the changes since `seen`, one for each node; None when this history did not pass there."""
        count, now = len(seen.log), len(self.log)
        if self.beginning is not seen.beginning or count > now:
            return None
        if count and self.log[count - 1] is not seen.log[count - 1]:
            return None
        if now - count == 1:
            return (self.log[count],)
        merged: dict[str, NodeChange] = {}
        for at in range(count, now):
            change = self.log[at]
            known = merged.get(change.name)
            merged[change.name] = change if known is None else NodeChange(known.old, change.new)
        return merged.values()


EMPTY = History(beginning=Beginning())
