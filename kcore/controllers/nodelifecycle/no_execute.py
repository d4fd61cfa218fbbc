"""Giving nodes up: the NoExecute taints that the queues let through.

Models the pass over the queues ten times a second: each zone gives up as many of its nodes as its limiter has tokens,
the longest waiting first; one that is ready by then is let go, one whose taint could not be written waits on.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/nodelifecycle/node_lifecycle_controller.go
"""

from __future__ import annotations

from typing import NamedTuple

import attrs

from kcore.api.core.node import Node
from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ObjectKey
from kcore.client.view import View
from kcore.controllers.nodelifecycle.health import READY, condition_of
from kcore.controllers.nodelifecycle.memory import Memory, Zone
from kcore.controllers.nodelifecycle.rate_limited_queue import RateLimitedTimedQueue
from kcore.controllers.nodelifecycle.taints import NOT_READY, UNREACHABLE, swap_taints
from kcore.reconcile.program import Program
from kcore.reconcile.together import together

UNREADABLE_WAIT = 50
"""After so many ms a node without the condition Ready is looked at again."""


class Outcome(NamedTuple):
    """Whether a node is done with; if not, how long (ms) it waits at least."""

    done: bool
    wait: int = 0


def do_no_execute_tainting_pass(memory: Memory, view: View) -> Program[Memory]:
    """Give up the nodes that the queues let through now; return what to remember."""
    due = [(key, zone) for key, zone in memory.zones.items() if zone.queue.waiting]
    if not due:
        return memory
    queues = yield from together(_try(zone.queue, view) for _, zone in due)
    tried = {key: Zone(zone.state, queue) for (key, zone), queue in zip(due, queues, strict=True)}
    return attrs.evolve(memory, zones=FrozenMap({**memory.zones, **tried}))


def next_pass(memory: Memory, now: int) -> int | None:
    """Return when (ms since 1970) the next pass after `now` finds something to do; None when only a tick may tell."""
    queues = [zone.queue for zone in memory.zones.values() if zone.queue.waiting]
    due = [queue.limiter.due(memory.begun, now) for queue in queues]
    return min((at for at in due if at is not None), default=None)


def _try(queue: RateLimitedTimedQueue, view: View) -> Program[RateLimitedTimedQueue]:
    """Let out of `queue` what may go now."""
    now = view.now()
    while queue.waiting:
        limiter = queue.limiter.accept(now)
        if limiter is None:
            break
        queue = attrs.evolve(queue, limiter=limiter)
        head = queue.waiting[0]
        if now < head.process_at:
            break
        outcome = yield from _taint(view, head.value)
        queue = queue.let_out(head.value) if outcome.done else queue.postponed(head.value, now + outcome.wait + 1)
    return queue


def _taint(view: View, name: str) -> Program[Outcome]:
    """Put the NoExecute taint that its condition Ready calls for on the node `name`, in place of the other."""
    node = view.get(ObjectKey("Node", "", name))
    if not isinstance(node, Node):
        return Outcome(done=True)
    ready = condition_of(node.status, READY)
    if ready is None:
        return Outcome(done=False, wait=UNREADABLE_WAIT)
    taints = {"False": (NOT_READY, UNREACHABLE), "Unknown": (UNREACHABLE, NOT_READY)}.get(ready.status)
    if taints is None:
        return Outcome(done=True)
    wanted, other = taints
    return Outcome(done=(yield from swap_taints(node, (wanted,), (other,), view.timestamp())))
