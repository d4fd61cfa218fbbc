"""The time to live of events: an hour after an event was last written it is gone.

Models the lease that etcd holds for each event, as a process that deletes it: watchers hear of it as of any deletion.
Each time that an event comes again it lives for another hour. A cluster that has this process keeps events at all.

Not modelled: that leases are shared by the events of a minute, and that a write which says nothing of a time counts.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/event/storage/storage.go
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from kcore.api.core.event import Event
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View

FAMILY = "event-ttl"

EVENT_TTL = 3_600_000
"""How long (ms) an event is kept since it was last written: upstream's --event-ttl."""


def reconcile(ttl: int, _: Any, view: View, key: Key) -> Turn:
    """Delete the event at `key` if its time has come, else look again when it will have."""
    event = view.get(ObjectKey(*key))
    if not isinstance(event, Event):
        return Turn()
    end = last_written(event) + ttl
    if view.now() < end:
        return Turn(wake_at=end)
    options = Options(uid=event.metadata.uid, resource_version=event.metadata.resource_version)
    request = Request(verb=Verb.DELETE, key=ObjectKey(*key), options=options)
    return Turn(requests=(Call(request=request, accepts=frozenset({"NotFound", "Conflict"})),))


def last_written(event: Event) -> int:
    """Return when the event last came, ms since 1970, as far as it says so."""
    seconds = [one for one in (event.metadata.creation_timestamp, event.last_timestamp) if one is not None]
    series = event.series.last_observed_time if event.series is not None else None
    micros = [one for one in (event.event_time, series) if one is not None]
    return max(*(one * 1000 for one in seconds), *(one // 1000 for one in micros), 0, 0)


def event_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield an event that is new or has come again."""
    if change.new is not None:
        yield Work(LEADER, change.key)


def eventttl(ttl: int = EVENT_TTL) -> Component:
    """Return the component that deletes events `ttl` ms after they were last written."""
    return Component(
        family=FAMILY,
        watches={"Event": event_changed},
        reconcile=partial(reconcile, ttl),
        writes=frozenset({Write(Verb.DELETE, "Event")}),
    )
