"""What the node lifecycle controller remembers between two looks at all nodes.

Models the known nodes with their health, the zones with their states and queues, and the nodes whose pods could not be
marked. A zone that has lost all its nodes keeps its queue, in which nothing is left to do, until nodes come back to it.

Does not remember when a condition last changed, which nobody asks.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.client.instant import Instant
from kcore.controllers.nodelifecycle.config import NodeLifecycleConfig
from kcore.controllers.nodelifecycle.health import Health
from kcore.controllers.nodelifecycle.rate_limited_queue import Limiter, RateLimitedTimedQueue
from kcore.controllers.nodelifecycle.zones import ZoneState

_NOBODY: frozenset[str] = frozenset()


@attrs.frozen
class Zone:
    """A zone: its state (None: it has no nodes any more), and its nodes to give up."""

    state: ZoneState | None
    queue: RateLimitedTimedQueue


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered: `health` by node, `zones` by key, the nodes `to_retry`; `begun` and `next_tick` are ms."""

    begun: Instant
    next_tick: Instant
    health: FrozenMap[Health] = EMPTY
    zones: FrozenMap[Zone] = EMPTY
    to_retry: frozenset[str] = _NOBODY


class Zones:
    """The zones during one look at the nodes, which changes them in place."""

    def __init__(self, zones: FrozenMap[Zone], config: NodeLifecycleConfig, now: int) -> None:
        """Start from what is remembered."""
        self._queues = {key: zone.queue for key, zone in zones.items()}
        self.states = {key: zone.state for key, zone in zones.items() if zone.state is not None}
        self._config = config
        self._now = now

    def meet(self, zone: str) -> None:
        """Give a zone that is new, or has come back, a state and an empty queue."""
        if zone not in self.states:
            self.states[zone] = ZoneState.INITIAL
            self._queues[zone] = RateLimitedTimedQueue(Limiter.of(self._config.node_eviction_rate))

    def add(self, zone: str, node: str) -> None:
        """Queue `node` unless it is known."""
        self._queues[zone] = self._queues[zone].add(node, self._now)

    def remove(self, zone: str, node: str) -> None:
        """Forget `node`."""
        self._queues[zone] = self._queues[zone].remove(node)

    def set_rate(self, zone: str, rate: float) -> None:
        """Let nodes out at `rate` a second from now on; 0 for never."""
        self._queues[zone] = self._queues[zone].swap_limiter(rate, self._now)

    def frozen(self) -> FrozenMap[Zone]:
        """Return the zones to remember."""
        return FrozenMap({key: Zone(self.states.get(key), queue) for key, queue in self._queues.items()})
