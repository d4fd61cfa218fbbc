"""Failed pods: how long a node waits before the next pod that failed on it is deleted.

Models the back-off by node, which keeps the controller and a kubelet that rejects its pods from running in a circle: a
second, doubled with each failure, to a quarter of an hour at most. A node without trouble for twice that long begins
anew, and so do all when the controller has observed another generation.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/util/flowcontrol/backoff.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.client.instant import Instant
from kcore.client.view import View

INITIAL = 1_000
"""The first wait, ms."""

LONGEST = 15 * 60_000
"""The longest wait, ms."""


class Wait(NamedTuple):
    """A node that waits `delay` ms since the time `since` (ms since 1970)."""

    since: Instant
    delay: int


@attrs.frozen(kw_only=True)
class Waits:
    """The waits by node, of a controller that had observed `generation`."""

    generation: int = 0
    nodes: FrozenMap[Wait] = EMPTY

    def of(self, generation: int) -> Waits:
        """Return the waits that count for `generation`: none of another one."""
        return self if self.generation == generation else Waits(generation=generation)

    def waiting(self, view: View) -> frozenset[str]:
        """Return the nodes that still wait."""
        return frozenset(node for node, wait in self.nodes.items() if not view.elapsed(wait.since, wait.delay))

    def after(self, nodes: Iterable[str], view: View) -> Waits:
        """Return the waits once a failed pod was deleted on each of `nodes`."""
        now = {node: Wait(Instant(view.now(), matters=2 * LONGEST + 1), self._next(node, view)) for node in nodes}
        return Waits(generation=self.generation, nodes=self.nodes.update(now)) if now else self

    def wake_at(self, nodes: Iterable[str], view: View) -> int | None:
        """Return when to look again after failed pods had to stay on `nodes`; None when there are none."""
        delays = [self.nodes[node].delay for node in nodes]
        return view.now() + min(delays) if delays else None

    def _next(self, node: str, view: View) -> int:
        wait = self.nodes.get(node)
        if wait is None or view.elapsed(wait.since, 2 * LONGEST + 1):
            return INITIAL
        return min(wait.delay * 2, LONGEST)


NO_WAITS = Waits()
