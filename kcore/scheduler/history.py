"""History: how the nodes came to be as they are, so that what was known of them is brought up to date.

Models a log of node changes that snapshots share. From one snapshot to a later one the changed nodes are told, once
each; between snapshots of different futures nothing is, nor across more changes than are remembered.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/backend/cache/snapshot.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import attrs

from kcore.api.evolve import quick
from kcore.api.memo import Memo
from kcore.scheduler.framework import NodeInfo

GENERATION = 5000
"""The changes of this generation are remembered and those of the one before: so many at least, and twice that."""

Changed: TypeAlias = Mapping[str, NodeInfo | None]
"""The nodes that changed as they are now, by name; None for one that is gone."""


class Link(NamedTuple):
    """The latest change, and those before it in its generation."""

    name: str
    node: NodeInfo | None
    before: Link | None


@quick
@attrs.frozen(kw_only=True, eq=False)
class History:
    """How many changes there were, and the latest of them, those of this generation and of the one before."""

    count: int = 0
    recent: Link | None = attrs.field(default=None, repr=False)
    older: Link | None = attrs.field(default=None, repr=False)

    def after(self, name: str, node: NodeInfo | None) -> History:
        """Return the history after the node called `name` became `node` (None: is gone)."""
        count = self.count
        if count % GENERATION or not count:
            return History(count=count + 1, recent=Link(name, node, self.recent), older=self.older)
        return History(count=count + 1, recent=Link(name, node, None), older=self.recent)

    def since(self, seen: History) -> Changed | None:
        """Return the nodes that changed since `seen`; None when this history did not pass there, as far as is known."""
        if self is seen:
            return {}
        if self.count == seen.count + 1 and self.recent is not None and _is_after(self, seen):
            return {self.recent.name: self.recent.node}
        return _SINCE(self, seen)


def _is_after(history: History, seen: History) -> bool:
    """Tell whether `seen` is the history before the last change."""
    before = history.recent.before if history.recent else None
    return seen.recent is (history.older if before is None else before)


def _since(history: History, seen: History) -> Changed | None:
    """Return what changed; the latest change of a node is the one that counts."""
    steps = history.count - seen.count
    if steps < 0:
        return None
    changed: dict[str, NodeInfo | None] = {}
    link, older = history.recent, history.older
    for _ in range(steps):
        if link is None:
            link, older = older, None
        if link is None:
            return None
        changed.setdefault(link.name, link.node)
        link = link.before
    return changed if seen.recent is (older if link is None else link) else None


_SINCE = Memo(_since, most=64)
"""Whatever is kept of the nodes for one template was brought up to date at one time."""

EMPTY = History()
