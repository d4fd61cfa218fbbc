"""Memory: what a kubelet remembers of a pod from one turn to the next.

All of it is forgotten when the kubelet restarts, as upstream's back-offs are.
"""

from __future__ import annotations

import attrs

from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.client.instant import Instant


@attrs.frozen(kw_only=True)
class Attempt:
    """The latest try to mount volumes, which failed for `reasons` by volume; the next is `delay` ms after `at`."""

    at: Instant
    delay: int
    reasons: FrozenMap[str]


@attrs.frozen(kw_only=True)
class PodMemory:
    """What a kubelet remembers of the pod `uid`.

    `delays` are the back-offs (ms) of its containers by name, `pulls` those of their images; `attempt` is the latest
    try to mount what is not there.
    """

    uid: str
    delays: FrozenMap[int] = EMPTY
    pulls: FrozenMap[int] = EMPTY
    attempt: Attempt | None = None
