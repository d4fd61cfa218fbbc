"""The descheduler as a component: now and then it asks its policies who is to go, and evicts them.

Models its loop: one policy after the other, each on what the ones before leave; evictions through the eviction API, so
that budgets are kept; at most so many from one node in one round.

Upstream: https://github.com/kubernetes-sigs/descheduler/blob/master/pkg/descheduler/descheduler.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import attrs

from kcore.api.core.pod import Pod
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.instant import Instant
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.optional.descheduler.placed import placed
from kcore.optional.descheduler.policies import Policy
from kcore.reconcile.program import Telling, ask, play

INTERVAL = 300_000
"""How long (ms) it waits between two rounds."""

ROUND: Key = ("Round",)


@attrs.frozen(kw_only=True)
class DeschedulerConfig:
    """Its policies in their order, the time between two rounds (ms), and the most evictions a node and round."""

    policies: tuple[Policy, ...]
    interval: int = INTERVAL
    most_per_node: int | None = None


def reconcile(config: DeschedulerConfig, memory: Instant | None, view: View, _: Key) -> Turn:
    """Hold a round if it is time; `memory` is when the last one began."""
    if memory is not None and not view.elapsed(memory, config.interval):
        return Turn(memory=memory, wake_at=memory + config.interval)
    return play(_round(config, view), view.answers)


def _round(config: DeschedulerConfig, view: View) -> Telling[Turn]:
    """Evict those whom the policies name."""
    left, evicted = placed(view), Counter[str]()
    for policy in config.policies:
        for pod in policy(left):
            node = pod.spec.node_name
            if config.most_per_node is not None and evicted[node] >= config.most_per_node:
                continue
            answer = yield from ask(_eviction(pod))
            if answer.ok:
                evicted[node] += 1
                left = left.without((pod,))
                yield Note("descheduler.evicted", pod=str(key_of(pod)), node=node)
    since = Instant(view.now(), matters=config.interval)
    return Turn(memory=since, wake_at=since + config.interval)


def _eviction(pod: Pod) -> Request:
    meta = pod.metadata
    names = {"name": meta.name, "namespace": meta.namespace}
    body = Json.of({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": names})
    return Request(verb=Verb.CREATE, key=key_of(pod), subresource="eviction", body=body)


def _begin(change: Change, _: Store) -> Iterator[Work]:
    """Yield the round when a node comes."""
    if change.old is None:
        yield Work(LEADER, ROUND)


def _unheeded(_: Change, __: Store) -> Iterator[Work]:
    return iter(())


def descheduler(*policies: Policy, interval: int = INTERVAL, most_per_node: int | None = None) -> Component:
    """Return a descheduler with these policies."""
    return descheduler_of(DeschedulerConfig(policies=policies, interval=interval, most_per_node=most_per_node))


def descheduler_of(config: DeschedulerConfig) -> Component:
    """Return a descheduler with this configuration."""
    return Component(
        family="descheduler",
        watches={"Node": _begin, "Pod": _unheeded},
        reconcile=partial(reconcile, config),
        writes=frozenset({Write(Verb.CREATE, "Pod", "eviction")}),
    )
