"""Event: a line of what happened, for people.

Models all fields. The same objects are served as events.k8s.io/v1 under other field names.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.references import ObjectReference
from kcore.api.object import ApiObject
from kcore.api.struct import Struct, wire
from kcore.api.times import MicroTime, Time


@attrs.frozen(kw_only=True, cache_hash=True)
class EventSource(Struct):
    """The component that reports, and its host."""

    component: str = ""
    host: str = ""


@attrs.frozen(kw_only=True, cache_hash=True)
class EventSeries(Struct):
    """How often an event came again, and when last, in microseconds since 1970."""

    count: int = 0
    last_observed_time: MicroTime | None = None


_NO_OBJECT = ObjectReference()
_NO_SOURCE = EventSource()


@attrs.frozen(kw_only=True, cache_hash=True)
class Event(ApiObject):
    """What happened to `involved_object`: `type` is Normal or Warning; timestamps are seconds since 1970."""

    involved_object: ObjectReference = _NO_OBJECT
    reason: str = ""
    message: str = ""
    source: EventSource = _NO_SOURCE
    first_timestamp: Time | None = None
    last_timestamp: Time | None = None
    count: int = 0
    type: str = ""
    event_time: MicroTime | None = None
    series: EventSeries | None = None
    action: str = ""
    related: ObjectReference | None = None
    reporting_component: str = wire(default="", always=True)
    reporting_instance: str = wire(default="", always=True)
