"""What a recorder remembers of the events of one object, and what becomes of the next one.

Models the three stages of upstream's correlator: a source may tell 25 events about an object at once and one more each
5 minutes; ten that differ by their message alone within 10 minutes become one, which says that it combines them; and
what was told before raises the count of its event.

Not modelled: that only the latest 4096 are remembered.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/tools/record/events_cache.go
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import attrs

from kcore.api.core.event import Event
from kcore.api.evolve import evolve
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.times import Time
from kcore.client.instant import Instant
from kcore.client.record.event import Occurrence, core_event

BURST = 25
"""How many events a source may tell about an object at once."""

REFILL = 300_000
"""How long (ms) until it may tell one more."""

MOST_ALIKE = 10
"""From how many messages on events of one reason are combined."""

ALIKE_FOR = 600_000
"""For how long (ms) events of one reason count as alike, since the last of them."""

COMBINED = "(combined from similar events): "

_Key: TypeAlias = str


@attrs.frozen(kw_only=True)
class Similar:
    """The messages of one type and reason, at most MOST_ALIKE less one of them, and when the last was told."""

    messages: frozenset[str]
    last: Instant


@attrs.frozen(kw_only=True)
class Seen:
    """An event that was told: its name, how often, and first and last when (ms since 1970)."""

    name: str
    count: int
    first: Instant
    last: Instant


@attrs.frozen(kw_only=True)
class Told:
    """What one source has told about one object: when it may tell BURST at once again, and what it has told."""

    rested: Instant
    similar: FrozenMap[Similar] = EMPTY
    seen: FrozenMap[Seen] = EMPTY


NOTHING_TOLD = Told(rested=Instant(0, matters=0))


class Correlated(NamedTuple):
    """What becomes of an occurrence: what is remembered, and the event to write, None for none.

    The event is new if its count is 1; else it is there under its name, and is to be brought up to date.
    """

    told: Told
    event: Event | None


def correlate(told: Told, occurrence: Occurrence, name: str, now: int) -> Correlated:
    """Return what becomes of `occurrence` at `now` (ms since 1970); `name` is free for its event."""
    rested = max(told.rested, now) + REFILL
    if rested - now > BURST * REFILL:
        return Correlated(told, None)
    told = evolve(told, rested=Instant(rested, matters=0))
    told, key, message = _aggregated(told, occurrence, now)
    event = core_event(occurrence, name, now)
    if message != occurrence.message:
        event = evolve(event, message=message)
    return _observed(told, key, event, now)


def _aggregated(told: Told, occurrence: Occurrence, now: int) -> tuple[Told, _Key, str]:
    """Return what is remembered, the key under which the event is counted, and its message."""
    group = f"{occurrence.type}\0{occurrence.reason}"
    before = told.similar.get(group)
    recent = before is not None and now - before.last <= ALIKE_FOR
    messages = (before.messages if before and recent else frozenset()) | {occurrence.message}
    combined = len(messages) >= MOST_ALIKE
    kept = messages - {min(messages)} if combined else messages
    similar = Similar(messages=kept, last=Instant(now, matters=ALIKE_FOR + 1))
    told = evolve(told, similar=told.similar.set(group, similar))
    if combined:
        return told, group, COMBINED + occurrence.message
    return told, f"{group}\0{occurrence.about.field_path}\0{occurrence.message}", occurrence.message


def _observed(told: Told, key: _Key, event: Event, now: int) -> Correlated:
    """Return the event with its count, and what is remembered of it."""
    before = told.seen.get(key)
    if before is None:
        seen = Seen(name=event.metadata.name, count=1, first=Instant(now), last=Instant(now, matters=0))
        return Correlated(evolve(told, seen=told.seen.set(key, seen)), event)
    seen = evolve(before, count=before.count + 1)
    metadata = evolve(event.metadata, name=seen.name)
    again = evolve(event, metadata=metadata, count=seen.count, first_timestamp=Time(seen.first // 1000))
    return Correlated(evolve(told, seen=told.seen.set(key, seen)), again)
