"""Timing: how far reading, writing and hearing of a write may drift apart in a run.

A turn reads, a commit writes, a delivery lets a cache hear. `PROMPT` does the three at once in one fixed fair order;
each further timing sets one of them free. Seconds play no part in it: under every timing, time moves only when nothing
else can.
"""

from __future__ import annotations

import enum

import attrs


class Timing(enum.Enum):
    """The four timings, from the tamest to the wildest."""

    PROMPT = "prompt"
    INTERLEAVED = "interleaved"
    LAGGING = "lagging"
    LOSSY = "lossy"

    __hash__ = object.__hash__  # a member is equal to itself alone, and looked up with every step

    @property
    def freedom(self) -> Freedom:
        """What this timing sets free."""
        return FREEDOM[self]


@attrs.frozen(kw_only=True)
class Freedom:
    """What a timing sets free.

    `order`: any process may take the next turn, and its writes commit one by one between those of others; `lag`:
    caches advance by their own deliveries; `loss`: requests and answers get lost or doubled, and processes crash
    between writes.
    """

    order: bool
    lag: bool
    loss: bool


FREEDOM = {
    Timing.PROMPT: Freedom(order=False, lag=False, loss=False),
    Timing.INTERLEAVED: Freedom(order=True, lag=False, loss=False),
    Timing.LAGGING: Freedom(order=True, lag=True, loss=False),
    Timing.LOSSY: Freedom(order=True, lag=True, loss=True),
}
