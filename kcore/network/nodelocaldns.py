"""NodeLocal DNSCache: on each node a process that keeps what the DNS server answered, and answers that again.

Models that an answer is kept for as long as it may be, 30 s, and 5 s where there was none, and is given to every pod of
the node meanwhile, whatever has changed since and whether or not the server answers. A cluster has it where its
configuration says so; what a program or its library keeps by itself is the same thing for one pod.

Simplified: all pods of the node ask it, whichever resolver they name. An answer that is used again is not kept longer.

Not modelled: prefetching, answers that are served stale on purpose, and how many fit.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/cluster/addons/dns/nodelocaldns/nodelocaldns.yaml
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from kcore.api.object import ObjectKey
from kcore.client.component import Component
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.network.dns import FORWARDED, Answer

FAMILY = "node-local-dns"

DENIAL = 5
"""How long (s) it is kept that a name means nothing."""


@attrs.frozen(kw_only=True)
class Kept:
    """An answer of the DNS server, and until when (ms since 1970) it is kept."""

    answer: Answer
    until: Instant


def key_of_name(name: str) -> Key:
    """Return the key under which the answer for a full name is remembered."""
    return ObjectKey("Name", "", name)


def keeping(answer: Answer, now: int) -> Kept | None:
    """Return an answer as it is kept from `now` (ms since 1970) on; None for one that is somebody else's to keep."""
    if answer.refusal == FORWARDED:
        return None
    return Kept(answer=answer, until=awaited(now + 1000 * (DENIAL if answer.refusal else answer.ttl)))


def kept(memory: Mapping[Key, Any], name: str, now: int) -> Answer | None:
    """Return what is still kept for a full name, None when that has to be asked for."""
    found = memory.get(key_of_name(name))
    return found.answer if isinstance(found, Kept) and now < found.until else None


def reconcile(memory: Any, view: View, _: Key) -> Turn:
    """Forget an answer when its time is over."""
    if not isinstance(memory, Kept) or view.now() >= memory.until:
        return Turn()
    return Turn(memory=memory, wake_at=memory.until)


NODE_LOCAL_DNS = Component(family=FAMILY, watches={}, reconcile=reconcile, per_node=True)
