"""An occurrence that a component tells of, and the Event that it becomes.

Models what `Eventf` is given, in the core API (an event has a source, two times and a count) and in events.k8s.io (it
has a reporter, an action, a time and perhaps a series). The name of an event is that of its object and the nanosecond;
here what happens in one millisecond is counted on from its first nanosecond, so that names differ.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/tools/record/event.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.event import Event, EventSource
from kcore.api.core.references import ObjectReference
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.times import MicroTime, Time

NORMAL, WARNING = "Normal", "Warning"


@attrs.frozen(kw_only=True)
class Occurrence:
    """Something that `component` tells of the object `about`; `host` is the machine that it is on.

    With an `action` it is told through events.k8s.io, and may also concern `related`.
    """

    component: str
    host: str = ""
    about: ObjectReference
    reason: str
    message: str
    type: str = NORMAL
    action: str = ""
    related: ObjectReference | None = None

    @property
    def namespace(self) -> str:
        """Where its event lies: with the object, or in `default` where that has no namespace."""
        return self.about.namespace or "default"


def event_name(occurrence: Occurrence, now: int, number: int) -> str:
    """Return the name of the event of an occurrence at `now` (ms since 1970), the `number`-th of that millisecond."""
    return f"{occurrence.about.name}.{now * 1_000_000 + number:x}"


def core_event(occurrence: Occurrence, name: str, now: int) -> Event:
    """Return the first event of an occurrence in the core API."""
    at = Time(now // 1000)
    return Event(
        metadata=ObjectMeta(name=name, namespace=occurrence.namespace),
        involved_object=occurrence.about,
        reason=occurrence.reason,
        message=occurrence.message,
        source=EventSource(component=occurrence.component, host=occurrence.host),
        first_timestamp=at,
        last_timestamp=at,
        count=1,
        type=occurrence.type,
        reporting_component=occurrence.component,
        reporting_instance=occurrence.host,
    )


def new_event(occurrence: Occurrence, name: str, now: int) -> Event:
    """Return the first event of an occurrence in events.k8s.io, as it is stored."""
    return Event(
        metadata=ObjectMeta(name=name, namespace=occurrence.namespace),
        involved_object=occurrence.about,
        reason=occurrence.reason,
        message=occurrence.message,
        type=occurrence.type,
        event_time=MicroTime(now * 1000),
        action=occurrence.action,
        related=occurrence.related,
        reporting_component=occurrence.component,
        reporting_instance=f"{occurrence.component}-{occurrence.host}",
    )
