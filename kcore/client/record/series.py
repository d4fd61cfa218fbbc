"""Series: how a recorder of events.k8s.io tells of the same again.

Models that events of one type, action, reason and object are one, whatever they say: the second time it gets a series,
which counts on and says when it was last so. One that has not come for 6 minutes is told anew.

Not modelled: that a series is counted at once only the second time, and else written every 30 minutes and at its end.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/tools/events/event_broadcaster.go
"""

from __future__ import annotations

from kcore.api.core.event import EventSeries
from kcore.api.evolve import evolve
from kcore.api.times import MicroTime
from kcore.client.instant import Instant
from kcore.client.record.event import Occurrence, new_event
from kcore.client.record.events_cache import Correlated, Seen, Told

FINISH_TIME = 360_000
"""For how long (ms) after the last of its events a series goes on."""


def correlate_series(told: Told, occurrence: Occurrence, name: str, now: int) -> Correlated:
    """Return what becomes of `occurrence` at `now` (ms since 1970); `name` is free for its event."""
    related = occurrence.related
    key = "\0".join((occurrence.type, occurrence.action, occurrence.reason, "" if related is None else related.uid))
    before, last = told.seen.get(key), Instant(now, matters=FINISH_TIME)
    seen = Seen(name=name, count=1, first=Instant(now), last=last)
    if before is not None and now - before.last < FINISH_TIME:
        seen = evolve(before, count=before.count + 1, last=last)
    event = new_event(occurrence, seen.name, int(seen.first))
    if seen.count > 1:
        event = evolve(event, series=EventSeries(count=seen.count, last_observed_time=MicroTime(now * 1000)))
    return Correlated(evolve(told, seen=told.seen.set(key, seen)), event)
